"""A command that is talked to while it runs: over pipes, or on a terminal of its own."""

import fcntl
import os
import re
import shlex
import signal
import struct
import subprocess
import termios
import threading
import time

from .client import PATIENCE, Result
from .failure import Failure


class Session:
    """A running command. What it writes is collected by a thread for each stream; `expect` waits for text."""

    def __init__(self, argv, environment, terminal=None):
        self.argv, self.output, self.errors = argv, bytearray(), bytearray()
        self.seen, self.changed = 0, threading.Condition()
        if terminal:
            self._on_a_terminal(environment, *terminal)
        else:
            self._over_pipes(environment)

    def _over_pipes(self, environment):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(self.argv, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0)
        self.input = self.process.stdin.fileno()
        self.readers = [
            self._reader(self.process.stdout.fileno(), self.output),
            self._reader(self.process.stderr.fileno(), self.errors),
        ]

    def _on_a_terminal(self, environment, rows, columns):
        self.input, theirs = os.openpty()
        self.resize(rows, columns)
        # A session of its own, whose controlling terminal is the standard input, is what a shell in a window has.
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *self.argv], env=environment, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        self.readers = [self._reader(self.input, self.output)]

    def _reader(self, descriptor, into):
        def read():
            while True:
                try:
                    some = os.read(descriptor, 65536)
                except OSError:  # a terminal whose other side is gone
                    some = b""
                with self.changed:
                    into.extend(some)
                    self.changed.notify_all()
                if not some:
                    return

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        return thread

    def resize(self, rows, columns):
        fcntl.ioctl(self.input, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def send(self, text):
        os.write(self.input, text if isinstance(text, bytes) else text.encode())
        return self

    def close_input(self):
        self.process.stdin.close()
        return self

    def signal(self, number):
        self.process.send_signal(number)
        return self

    def expect(self, pattern):
        """Waits until what was written since the last call matches; returns the match."""
        deadline = time.monotonic() + PATIENCE
        sought = re.compile(pattern.encode() if isinstance(pattern, str) else pattern, re.M)
        with self.changed:
            while True:
                found = sought.search(bytes(self.output), self.seen)
                if found:
                    self.seen = found.end()
                    return found
                over = not any(reader.is_alive() for reader in self.readers)
                if over or not self.changed.wait(max(0, deadline - time.monotonic())):
                    rest = bytes(self.output[self.seen :])
                    raise Failure(f"{pattern!r} did not appear in the output of `{self.name}`: {rest!r} {self.errors!r}")

    def expect_meanwhile(self, pattern, act):
        """Does something again and again until the text is there: nobody tells when a client has begun to listen."""
        deadline = time.monotonic() + PATIENCE
        while not re.search(pattern.encode(), bytes(self.output[self.seen :])) and time.monotonic() < deadline:
            act()
            time.sleep(0.1)
        return self.expect(pattern)

    def finish(self):
        """Waits for the command's end."""
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failure(f"`{self.name}` has not ended: {bytes(self.output)!r} {bytes(self.errors)!r}") from None
        for reader in self.readers:
            reader.join(PATIENCE)
        return Result(self.argv, code, bytes(self.output), bytes(self.errors))

    def stop(self):
        """Ends it whatever it does, and gives back its descriptors."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        for reader in self.readers:
            reader.join(PATIENCE)
        if self.process.stdin is None:
            os.close(self.input)

    @property
    def name(self):
        return shlex.join(self.argv)[:300]
