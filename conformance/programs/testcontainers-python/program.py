"""A test's own web server: its port is published wherever there is room, and the test waits until it answers."""

import sys
import urllib.request

from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy, LogMessageWaitStrategy

IMAGE = "busybox:latest"
SERVE = "echo it works >/tmp/index.html; echo serving; exec httpd -f -p 8080 -h /tmp"


def main():
    server = DockerContainer(IMAGE).with_command(["sh", "-c", SERVE]).with_exposed_ports(8080).with_env("WHO", "a test")
    with server.waiting_for(LogMessageWaitStrategy("serving")):
        HttpWaitStrategy(8080, "/index.html").for_status_code(200).wait_until_ready(server)
        address = f"http://{server.get_container_host_ip()}:{server.get_exposed_port(8080)}"
        assert fetch(address) == b"it works\n"
        code, output = server.exec(["sh", "-c", "echo $WHO"])
        assert (code, output) == (0, b"a test\n"), (code, output)
        out, err = server.get_logs()
        assert (out, err) == (b"serving\n", b""), (out, err)
    try:
        fetch(address)
    except OSError:
        return 0
    raise AssertionError(f"{address} is still served")


def fetch(address):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(f"{address}/index.html", timeout=10).read()


if __name__ == "__main__":
    sys.exit(main())
