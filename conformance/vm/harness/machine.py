"""A machine under QEMU: started, reached over ssh, rebooted, and cut from power."""

import pathlib
import shlex
import shutil
import subprocess
import time

COMMAND_LINE = "root=/dev/vda rw console=ttyS0 net.ifnames=0 mitigations=off quiet"


class Machine:
    """One disk of its own, copied from the directory that `make` has filled."""

    def __init__(self, options, directory):
        self.made, self.qemu = pathlib.Path(options.machine), shlex.split(options.qemu)
        self.port, self.old_kernel = options.port, False
        self.disk, self.console, self.control = directory / "disk.img", directory / "console", directory / "ssh"
        self.process = self.connection = None
        subprocess.run(["cp", "--sparse=always", self.made / "disk.img", self.disk], check=True)

    def start(self, cache="unsafe"):
        """Boots, and waits until ssh answers."""
        old = "old-" if self.old_kernel else ""
        command = [
            *self.qemu, "-accel", "tcg,thread=multi,tb-size=512", "-cpu", "Haswell-v4", "-smp", "2", "-m", "3G",
            "-display", "none", "-serial", f"file:{self.console}", "-monitor", "none", "-no-reboot",
            "-kernel", self.made / f"{old}vmlinuz", "-initrd", self.made / f"{old}initrd.img", "-append", COMMAND_LINE,
            "-drive", f"file={self.disk},if=virtio,format=raw,cache={cache}",
            "-netdev", f"user,id=n0,hostfwd=tcp:127.0.0.1:{self.port}-:22", "-device", "virtio-net-pci,netdev=n0",
            "-device", "virtio-rng-pci",
        ]  # fmt: skip
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL)
        self._wait_for_ssh()

    def _wait_for_ssh(self, patience=300):
        end = time.monotonic() + patience
        while self.ssh("true", check=False, timeout=30).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"the machine does not come up: see {self.console}")
            time.sleep(0.5)
        self._connect(end)

    def _connect(self, end):
        """Makes one connection for everything that is said until the machine ends: to make one takes seconds there."""
        nothing = subprocess.DEVNULL
        self.connection = subprocess.Popen(self._ssh("-M", "-N"), stdin=nothing, stdout=nothing, stderr=nothing)
        while not self.control.exists():
            if self.connection.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"the machine takes no connection that stays: see {self.console}")
            time.sleep(0.1)

    def _disconnect(self):
        if self.connection:
            self.connection.kill()
            self.connection.wait()
            self.connection = None
        self.control.unlink(missing_ok=True)

    def _ssh(self, *options):
        return [
            "ssh", "-q", "-p", str(self.port), "-i", str(self.made / "key"), "-S", str(self.control), "-o", "BatchMode=yes",
            "-o", "ConnectTimeout=20", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", *options,
            "root@127.0.0.1",
        ]  # fmt: skip

    def ssh_command(self, script):
        """The command whose output is that of a script in there."""
        return [*self._ssh(), script]

    def ssh(self, script, check=True, timeout=300, stdin=None):
        """Runs a script in there. What it says is one text, errors included."""
        command = self.ssh_command(script)
        try:
            done = subprocess.run(
                command, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout
            )
        except subprocess.TimeoutExpired as late:
            output = (late.stdout or b"").decode(errors="replace")
            done = subprocess.CompletedProcess(command, 124, output + f"\n(no end after {timeout} s)")
        if check and done.returncode != 0:
            raise AssertionError(f"`{script}` ended with {done.returncode}:\n{done.stdout}")
        return done

    def put(self, source, target, mode="0755"):
        """Copies a file into the machine."""
        with open(source, "rb") as content:
            script = f"cat >{shlex.quote(target)} && chmod {mode} {shlex.quote(target)}"
            subprocess.run(self.ssh_command(script), stdin=content, check=True, timeout=300)

    def write(self, text, target, mode="0644"):
        """The same with the text of a file."""
        self.ssh(f"cat >{shlex.quote(target)} && chmod {mode} {shlex.quote(target)}", stdin=text)

    def reboot(self):
        """Shuts down as an operator would, and boots again."""
        self.shut_down()
        self.start()

    def shut_down(self):
        self.ssh("systemctl poweroff", check=False)
        try:
            self.process.wait(180)
            self._disconnect()
        except subprocess.TimeoutExpired:
            self.cut_power()
            raise AssertionError(f"the machine does not go down: see {self.console}") from None

    def cut_power(self):
        """Ends it at once. What its disk has been told is on it, and nothing of what its kernel has still in memory."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._disconnect()

    def keep(self, place):
        """Leaves disk and console for somebody to look at."""
        self.cut_power()
        shutil.copy(self.console, place)
        subprocess.run(["cp", "--sparse=always", self.disk, place], check=True)
