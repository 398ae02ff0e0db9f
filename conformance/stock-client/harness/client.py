"""One finished command of the stock client, and what it is compared with."""

import shlex
import subprocess

from .failure import Failure, same

PATIENCE = 60


class Result:
    """Exit code, output and errors of a command that has ended."""

    def __init__(self, argv, code, stdout, stderr):
        self.argv, self.code, self.raw, self.raw_errors = argv, code, stdout, stderr

    @property
    def stdout(self):
        return self.raw.decode(errors="replace")

    @property
    def stderr(self):
        return self.raw_errors.decode(errors="replace")

    @property
    def text(self):
        """The output without the line end after it."""
        return self.stdout.rstrip("\n")

    @property
    def lines(self):
        return self.text.split("\n") if self.text else []

    def ok(self, stdout=None, stderr=None):
        """Exit code 0, and where given, exactly this output (the last line end aside); returns the output."""
        return self.ends(0, stdout, stderr).text

    def fails(self, stderr, code=1, stdout=None):
        """The exit code, and exactly these errors (the last line end aside)."""
        return self.ends(code, stdout, stderr)

    def ends(self, code, stdout=None, stderr=None):
        command = shlex.join(str(word) for word in self.argv)[:300]
        if self.code != code:
            raise Failure(f"`{command}` ended with {self.code} instead of {code}: {self.stderr.strip() or self.text}")
        if stdout is not None:
            same(self.text, stdout, f"output of `{command}`")
        if stderr is not None:
            same(self.stderr.rstrip("\n"), stderr, f"errors of `{command}`")
        return self


def run(argv, environment, stdin=b""):
    """Runs a command to its end; one that does not end is killed, and fails the case."""
    try:
        done = subprocess.run(argv, env=environment, input=stdin, capture_output=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired as late:
        raise Failure(f"`{shlex.join(argv)[:300]}` has not ended after {PATIENCE} s: {late.stdout!r}") from None
    return Result(argv, done.returncode, done.stdout, done.stderr)
