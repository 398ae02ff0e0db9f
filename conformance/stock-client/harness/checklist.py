"""Which commands and flags the cases have used, against those that the client has."""

from . import commands


class Checklist:
    def __init__(self):
        self.seen = []

    def saw(self, words):
        self.seen.append(tuple(words))

    def failures(self, run, table):
        """A line for each command and flag that no case uses and `table` does not excuse, and for excuses that are none."""
        known = commands.read(run)
        excused = {}
        for command, flags in _excuses(table):
            excused.setdefault(command, set()).update(flags)
        used = self._used(known)
        for command in sorted(set(known.values()), key=lambda command: command.path):
            name = " ".join(command.path)
            excuse = _excuse(command, excused)
            if excuse == {"*"}:
                continue
            if command not in used:
                yield f"no case drives `docker {name}`"
                continue
            for flag in sorted(command.kinds_of_flags(), key=max):
                is_excused = bool(flag & excuse)
                if (flag in used[command]) == is_excused:
                    yield f"`docker {name} {max(flag, key=len)}` is " + ("driven, and excused" if is_excused else "driven by no case")

    def _used(self, known):
        """The flags that were used, by command."""
        root, used = known[()], {known[()]: set()}
        for words in self.seen:
            words = list(words)
            ahead = []
            while words and words[0].startswith("-"):
                takes_value = root.flags.get(words[0].partition("=")[0], (None, False))[1] and "=" not in words[0]
                ahead += [words.pop(0) for _ in range(1 + takes_value)]
            used[root] |= root.used(ahead)
            for length in (3, 2, 1):
                command = known.get(tuple(words[:length]))
                if command:
                    used.setdefault(command, set()).update(command.used(words[length:]))
                    break
        # Both read the same flags.
        run, create = known[("run",)], known[("create",)]
        both = used.get(run, set()) | used.get(create, set())
        used.update({command: both for command in (run, create) if command in used})
        return used


def _excuses(table):
    for line in table.read_text().splitlines():
        if line and not line.startswith("#"):
            command, flags, _reason = line.split("\t")
            yield tuple(command.split()), set(flags.split())


def _excuse(command, excused):
    """The flags that are excused: of any of its names, `*` for the whole command or a group that it is in."""
    found = set()
    # `create` reads the flags of `run`.
    names = command.names | ({("run",)} if ("create",) in command.names else set())
    for name in names:
        for length in range(1, len(name) + 1):
            flags = excused.get(name[:length], set())
            if flags == {"*"}:
                return flags
            if length == len(name):
                found |= flags
    return found | (excused.get((), set()) if not command.path else set())
