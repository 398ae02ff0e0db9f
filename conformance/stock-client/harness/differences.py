"""What engines do differently on purpose: one line each in `differences.tsv`, read here."""

import json
import re


class Differences:
    """The lines that hold for one engine."""

    def __init__(self, path, engine):
        self.rows, self.used = {}, set()
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if not line or line.startswith("#"):
                continue
            try:
                key, where, value, _reason = line.split("\t")
                value = json.loads(value)
            except ValueError as wrong:
                raise SystemExit(f"{path}:{number}: {wrong}") from None
            if engine.is_one_of(where):
                self.rows[key] = value

    def expected(self, key, usual):
        """What is expected of this engine where Docker 28 does what `usual` says."""
        if key not in self.rows:
            return usual
        self.used.add(key)
        value = self.rows[key]
        return re.compile(value) if hasattr(usual, "pattern") else value

    def unused(self):
        return sorted(set(self.rows) - self.used)
