"""The client's commands and flags, as its own help tells them: for engines of an older API it tells fewer."""

import re

FLAG = re.compile(r"^\s+(?:-(\w), )?\s*--([\w-]+)( \S+)?(?:\s{2,}|$)")
NAME = re.compile(r"^  ([a-z][\w-]*)\*?\s{2,}")
# What follows their first argument is not theirs.
PROGRAMS = {("run",), ("create",), ("exec",), ("top",)}


class Command:
    """One command: all its names, its flags with whether they take a value, and the commands below it."""

    def __init__(self, path, text):
        self.path, self.flags, self.below, self.names = path, {}, [], {path}
        part = ""
        for line in text.splitlines():
            if line and not line.startswith(" "):
                part = line.rstrip(":")
                continue
            flag, name = FLAG.match(line), NAME.match(line)
            if "Options" in part and flag:
                names = {"--" + flag[2]} | ({"-" + flag[1]} if flag[1] else set())
                for each in names:
                    self.flags[each] = (frozenset(names), bool(flag[3]))
            elif part.endswith("Commands") and name:
                self.below.append(name[1])
            elif part == "Aliases" and line.strip():
                self.names.update(tuple(alias.split()[1:]) for alias in line.split(","))

    def kinds_of_flags(self):
        return {names for names, _ in self.flags.values()} - {frozenset({"--help"})}

    def used(self, words):
        """The flags among words that follow its name."""
        words, used = list(words), set()
        while words:
            word = words.pop(0)
            if word == "--" or not word.startswith("-") or word == "-":
                if word == "--" or self.names & PROGRAMS:
                    break
                continue
            name, joined, _ = word.partition("=")
            names = [name] if name.startswith("--") else self._letters(name)
            for each in names:
                kind, takes_value = self.flags.get(each, (frozenset({each}), False))
                used.add(kind)
            if takes_value and not joined and (word.startswith("--") or len(name) == len(names) + 1) and words:
                words.pop(0)
        return used

    def _letters(self, word):
        """`-aq` is two flags, `-n5` one with its value."""
        letters = []
        for letter in word[1:]:
            letters.append("-" + letter)
            if self.flags.get("-" + letter, (None, False))[1]:
                break
        return letters


def read(run, path=()):
    """Every command, by every name that it has."""
    command = Command(path, run(*path, "--help").stdout)
    found = {} if command.below else {name: command for name in command.names}
    for name in command.below:
        found.update(read(run, (*path, name)))
    if not path:
        found[()] = command
    return found
