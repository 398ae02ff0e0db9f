"""Which tests are not expected to pass, and why: one line each in `expectations.tsv`, read here."""

ENGINES = {"corten", "docker", "both"}


class Expectations:
    """The lines that hold for one engine: whole files are not run, single tests are run and have to fail."""

    def __init__(self, path, engine):
        self.left_out, self.failing = set(), set()
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if not line or line.startswith("#"):
                continue
            test, where, reason = line.split("\t")
            if where not in ENGINES or not reason:
                raise SystemExit(f"{path}:{number}: no engine or no reason")
            if test in self.left_out | self.failing:
                raise SystemExit(f"{path}:{number}: `{test}` stands here twice")
            if "::" not in test:
                self.left_out.add(test)
            elif where in (engine.kind, "both"):
                self.failing.add(test)

    def contradictions(self, outcomes, everything):
        """A line for each test that did what the table does not say. `everything`: tests that were not run are missed."""
        wrong = []
        for test, outcome in sorted(outcomes.items()):
            if outcome == "failed" and test not in self.failing:
                wrong.append(f"FAIL  {test}")
            elif outcome != "failed" and test in self.failing:
                wrong.append(f"STALE {test}: {outcome}, and expected to fail")
        if everything:
            wrong += [f"STALE {test}: no such test" for test in sorted(self.failing - set(outcomes))]
        return wrong
