"""A case, and what it has in hand while it runs."""

import itertools
import json
import re

from images.archive import small

from . import client
from .failure import Failure, Skipped, has, same, true
from .session import Session

ID = re.compile(r"[0-9a-f]{64}")
SHORT_ID = re.compile(r"[0-9a-f]{12}")

_numbers = itertools.count(1)
CASES = []


class Case:
    def __init__(self, group, title, alone, function):
        self.group, self.title, self.alone, self.function = group, title, alone, function


def group(name):
    """The decorator for the cases of one file: `@case("what is true")`, `alone` where others would disturb it."""

    def case(title, alone=False):
        def keep(function):
            CASES.append(Case(name, title, alone, function))
            return function

        return keep

    return case


class Hand:
    """What one case works with: the client, names of its own, and what is to be removed after it."""

    same, true, has = staticmethod(same), staticmethod(true), staticmethod(has)

    def __init__(self, surroundings, directory):
        self.surroundings, self.directory = surroundings, directory
        self.image, self.engine = surroundings.image, surroundings.engine
        self.registries = surroundings.registries
        self.environment = dict(surroundings.environment)
        self.number, self.names, self.sessions, self.leftovers = next(_numbers), itertools.count(1), [], []
        self.containers = []

    def needs_all_capabilities(self):
        """Docker gives privileged containers every capability there is, and fails where it has not got them itself."""
        with open("/proc/self/status") as status:
            bounding = next(int(line.split()[1], 16) for line in status if line.startswith("CapBnd"))
        with open("/proc/sys/kernel/cap_last_cap") as last:
            if not self.engine.corten and bounding != (2 << int(last.read())) - 1:
                raise Skipped("this machine keeps capabilities from the engine")

    def over_tls(self):
        """Where the engine is served over TLS, and the directory with the certificates of its clients."""
        if not self.surroundings.tls:
            raise Skipped("nobody has said where the engine is served over TLS (--tls)")
        return self.surroundings.tls

    # Commands

    def docker(self, *words, stdin=b""):
        return client.run(self._argv(words), self.environment, stdin)

    def start(self, *words):
        """A command over pipes that is talked to while it runs."""
        return self._session(words, None)

    def terminal(self, *words, rows=24, columns=80):
        """The same on a terminal."""
        return self._session(words, (rows, columns))

    def _session(self, words, terminal):
        session = Session(self._argv(words), self.environment, terminal)
        self.sessions.append(session)
        return session

    def _argv(self, words):
        words = [str(word) for word in words]
        self.surroundings.checklist.saw(words)
        return [self.surroundings.client, *words]

    # Objects

    def name(self):
        """A container's name that nobody else has; whatever has it at the end is removed."""
        name = f"stock-{self.number}-{next(self.names)}"
        self.containers.append(name)
        return name

    def word(self):
        """A name for anything else."""
        return f"stock-{self.number}-{next(self.names)}"

    def later(self, *words):
        """A command for the end, whatever happens until then."""
        self.leftovers.append(words)

    def running(self, *flags, command=("sleep", "600")):
        """The name of a container that runs."""
        name = self.name()
        self.docker("run", "-d", "--init", "--name", name, *flags, self.image, *command).ok()
        return name

    def ended(self, *flags, command=("true",)):
        """The name of a container that has run."""
        name = self.name()
        self.docker("run", "--name", name, *flags, self.image, *command)
        return name

    def small_image(self, *names, **options):
        """Loads an image under these names that nobody else has (options as those of `small`); its id."""
        id, archive = small(names, self.word(), **options)
        self.docker("load", "-q", stdin=archive).ok()
        self.later("rmi", "-f", id)
        return id

    # Looks

    def inspect(self, name, template):
        """One value of what inspect says."""
        return json.loads(self.docker("inspect", "--format", "{{json " + template + "}}", name).ok())

    def here(self, key, usual, **words):
        """What is expected of this engine: `usual`, if the table of differences has no line `key` for it; `words` stand
        in both in braces."""
        value = self.surroundings.differences.expected(key, usual)
        return value.format(**words) if words else value

    def gone(self, name):
        true(self.docker("inspect", name).code == 1, f"`{name}` is still there")

    def finish(self):
        for session in self.sessions:
            session.stop()
        if self.containers:
            client.run(self._argv(["rm", "-f", "-v", *self.containers]), self.environment)
        for words in reversed(self.leftovers):
            client.run(self._argv(words), self.environment)


def play(case, surroundings, directory):
    """Runs a case: `ok`, `skip` or `FAIL`, and the reason."""
    hand = Hand(surroundings, directory)
    try:
        case.function(hand)
    except Skipped as reason:
        return "skip", str(reason)
    except Failure as failure:
        return "FAIL", str(failure)
    except Exception as wrong:  # a case that cannot read the answer has failed, and the others go on
        return "FAIL", f"{type(wrong).__name__}: {wrong} (line {wrong.__traceback__.tb_next.tb_lineno})"
    finally:
        hand.finish()
    return "ok", ""
