"""Which tests of a suite are not expected to pass, and why: a table with a line for each."""

ENGINES = {"corten", "docker", "both"}


class Expectations:
    """The lines of a table that hold for one engine, and those, for whichever, that `is_left_out` says are not run."""

    def __init__(self, path, kind, is_left_out=lambda _: False):
        self.failing, self.left_out = set(), set()
        seen = set()
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if not line or line.startswith("# "):
                continue
            fields = line.split("\t")
            if len(fields) != 3 or fields[1] not in ENGINES or not fields[2]:
                raise SystemExit(f"{path}:{number}: not a test, an engine and a reason")
            if fields[0] in seen:
                raise SystemExit(f"{path}:{number}: `{fields[0]}` stands here twice")
            seen.add(fields[0])
            if is_left_out(fields[0]):
                self.left_out.add(fields[0])
            elif fields[1] in (kind, "both"):
                self.failing.add(fields[0])

    def contradictions(self, outcomes, everything):
        """A line for each test that did what the table does not say. `everything`: those of the table that did not run are missed."""
        wrong = []
        for test, outcome in sorted(outcomes.items()):
            if outcome == "failed" and test not in self.failing:
                wrong.append(f"FAIL  {test}")
            elif outcome != "failed" and test in self.failing:
                wrong.append(f"STALE {test}: {outcome}, and expected to fail")
        if everything:
            wrong += [f"STALE {test}: did not run" for test in sorted(self.failing - set(outcomes))]
        return wrong


def report(engine, table, outcomes, everything):
    """Tells what became of a suite, and how its runner ends. `outcomes`: `passed`, `failed` or `skipped` by test."""
    counts = {word: sum(outcome == word for outcome in outcomes.values()) for word in ("passed", "failed", "skipped")}
    print(f"{engine.name}: {len(outcomes)} tests,", ", ".join(f"{number} {word}" for word, number in counts.items()))
    wrong = table.contradictions(outcomes, everything)
    for line in wrong:
        print(line)
    return 1 if wrong or not counts["passed"] else 0
