"""Which commands and flags the cases have used, against a list of those that exist."""

# Objects whose commands have a name with and without them: `docker container ls` is `docker ps`.
GROUPS = ("container", "context", "image", "network", "system", "volume")


class Checklist:
    def __init__(self):
        self.used = {}

    def saw(self, words):
        words = list(words)
        while words and words[0] in ("-H", "--host", "--config", "-c", "--context"):
            del words[:2]
        command = words[0] if words else ""
        if command in GROUPS and len(words) > 1:
            command = " ".join(words[:2])
        flags = self.used.setdefault(command, set())
        for word in words[1:]:
            if word.startswith("--"):
                flags.add(word.split("=")[0])
            elif word.startswith("-"):
                flags.update("-" + letter for letter in word[1:])

    def missing(self, table):
        """Lines `command<TAB>--flag|-f:type,…` of commands that no case has used, and flags of those it has."""
        for line in table.splitlines():
            command, _, flags = line.removeprefix("docker ").partition("\t")
            if command not in self.used:
                continue
            unused = []
            for flag in filter(None, flags.split(",")):
                names = flag.partition(":")[0].split("|")
                if not self.used[command].intersection(names):
                    unused.append(names[0])
            if unused:
                yield f"{command}: {' '.join(unused)}"

    def unused_commands(self, table):
        for line in table.splitlines():
            command = line.removeprefix("docker ").partition("\t")[0]
            if command not in self.used and command not in GROUPS:
                yield command
