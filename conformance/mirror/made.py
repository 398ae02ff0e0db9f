"""Images that suites ask for by name and that no archive holds: what those tests use of them, around Debian's static busybox."""

import subprocess

from images import busybox

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

HELLO = """#!/bin/sh
echo
echo 'Hello from Docker!'
echo 'This image stands in for the one of that name.'
"""

UHTTPD = """#!/bin/sh
exec httpd "$@"
"""

# name: command, files
IMAGES = {
    "busybox": (["sh"], {}),
    "hello-world": (["/hello"], {"hello": HELLO}),
    "uhttpd": (
        ["/usr/sbin/run_uhttpd", "-f", "-p", "80", "-h", "/www"],
        {"usr/sbin/run_uhttpd": UHTTPD, "etc/config/uhttpd": "# of uhttpd\nconfig uhttpd main\n", "www/index.html": "<p>It works</p>\n"},
    ),
}


def archive(name, program="/bin/busybox"):
    """The bytes of an archive as `docker save` writes it."""
    command, files = IMAGES[name]
    applets = subprocess.run([program, "--list"], check=True, capture_output=True, text=True).stdout.split()
    # The program itself is among them.
    links = [applet for applet in applets if applet != "busybox"]
    with open(program, "rb") as file:
        return busybox.archive(file.read(), f"{name}:latest", {"Env": [PATH], "Cmd": command}, links, files)
