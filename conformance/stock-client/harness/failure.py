"""What a case ends with when the engine did not do what is written."""


class Failure(Exception):
    """One expectation that was not met; its text is the whole report."""


class Skipped(Exception):
    """A case that cannot be tried on this machine; its text says why."""


def same(actual, expected, what):
    """Two values are equal; `expected` may be a compiled pattern that the whole of a text has to match."""
    if hasattr(expected, "fullmatch"):
        if not expected.fullmatch(actual):
            raise Failure(f"{what}: {actual!r} does not match {expected.pattern!r}")
    elif actual != expected:
        raise Failure(f"{what}: {actual!r} instead of {expected!r}")


def true(condition, what):
    """`condition` holds; `what` says what was wrong where it does not."""
    if not condition:
        raise Failure(what)


def has(document, types):
    """Each path of a document (`Config.Labels`) leads to a value of its type."""
    for path, kind in types.items():
        value = document
        for word in path.split("."):
            true(isinstance(value, dict) and word in value, f"`{path}` is missing")
            value = value[word]
        same(type(value), kind, f"type of {path} ({value!r})")
