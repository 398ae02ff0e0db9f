"""A machine with Corten installed as `system install` does it."""

import pathlib
import tempfile

from images import busybox

PROGRAM = "/usr/local/bin/corten"
IMAGE = "/root/busybox.tar"


class Installed:
    """What cases have in hand: the machine, and Corten in it once `install` was called."""

    def __init__(self, machine, options):
        self.machine, self.options = machine, options

    def boot(self, cache="unsafe"):
        """Starts the machine and copies program and image into it."""
        self.machine.start(cache)
        self.machine.put(self.options.corten, PROGRAM)
        content = pathlib.Path("/bin/busybox").read_bytes()
        with tempfile.NamedTemporaryFile() as archive:
            archive.write(busybox.archive(content, "busybox:latest"))
            archive.flush()
            self.machine.put(archive.name, IMAGE, "0644")

    def install(self):
        """The units, enabled, and the image."""
        self.sh("corten system install && systemctl enable -q --now corten.socket corten-boot.service && corten load -q -i busybox.tar")

    def sh(self, script, timeout=300):
        """What a script says, without the last newline; it must succeed."""
        return self.machine.ssh(script, timeout=timeout).stdout.rstrip("\n")

    def fails(self, script):
        """What a script says that must fail."""
        done = self.machine.ssh(script, check=False)
        assert done.returncode != 0, f"`{script}` succeeded:\n{done.stdout}"
        return done.stdout.rstrip("\n")

    def says(self, script, expected):
        """A script says exactly this."""
        output = self.sh(script)
        assert output == expected, f"`{script}` says\n{output}\nand not\n{expected}"

    def is_clean(self):
        """Nothing is left over once what was under way has been finished."""
        self.sh("corten system settle")
        output = self.machine.ssh("corten system check", check=False)
        assert output.returncode == 0, f"`corten system check`:\n{output.stdout}"
