"""What a load has promised, from its lines, and what of it is broken. Pure.

An object is a key (`container/NAME`, …) with facts. What was done holds; what had only begun may hold or not.
"""

import json


class Promises:
    """Facts by key. `open` has the keys of what had begun when the power went: they are looked at, and then believed."""

    def __init__(self):
        self.facts, self.open, self.failures, self.done = {}, {}, [], 0

    def hear(self, line):
        """One line of the load's output, without its newline."""
        word, key, text = line.split(" ", 2)
        change = json.loads(text)
        if word == "begin":
            self.open.setdefault(key, {}).update(change)
        elif word == "failed":
            self.open.pop(key, None)
            self.failures.append(f"{key}: {change}")
        else:
            self._apply(key, change)

    def _apply(self, key, change):
        self.done += 1
        self.open.pop(key, None)
        facts = self.facts.setdefault(key, {})
        if "renamed" in change:
            new = key.split("/")[0] + "/" + change["renamed"]
            self.open.pop(new, None)
            self.facts[new] = self.facts.pop(key)
            return
        if change.pop("stopped", False):
            # A boot brings it back; who is stopped by hand and says `unless-stopped` stays so.
            change["runs"] = facts.get("policy") == "always"
        facts.update(change)

    def broken(self, found):
        """Lines about what was promised and is not so; `found` are facts by key."""
        for key, facts in sorted(self.facts.items()):
            pending, there = self.open.get(key, {}), found.get(key)
            if "renamed" in pending:
                new = key.split("/")[0] + "/" + pending["renamed"]
                if (there is None) == (found.get(new) is None):
                    yield f"{key} was being renamed {new}, and both or neither are there"
            elif "exists" not in pending:
                yield from self._differences(key, facts, pending, there)

    @staticmethod
    def _differences(key, facts, pending, there):
        if there is None:
            if facts.get("exists"):
                yield f"{key} is missing: {facts}"
        elif facts.get("exists") is False:
            yield f"{key} is back"
        elif facts.get("exists"):
            being_changed = {"runs", *pending} if "stopped" in pending else pending
            for name, value in facts.items():
                if name in there and name not in being_changed and there[name] != value:
                    yield f"{key}: {name} is {there[name]} and not {value}"

    def unknown(self, found):
        """Lines about what is there and nobody has begun to make."""
        for key in sorted(found):
            if key not in self.facts and key not in self.open:
                yield f"{key} is there, and nobody made it"

    def believe(self, found):
        """From now on, what is there counts as promised: it has survived."""
        self.facts = {key: {"exists": True, **there} for key, there in found.items()}
        self.open, self.failures = {}, []
