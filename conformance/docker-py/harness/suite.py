"""docker-py's tests: which files, in which processes, and what became of each test."""

import os
import subprocess
import xml.etree.ElementTree as xml

TESTS = "tests/integration"
# pytest's own: all passed, some failed, none chosen. Anything else means that tests were not run.
COMPLETE = {0, 1, 5}


def processes(checkout, table):
    """The files of each process: those of the low-level client, then all others. A file that is left out has to be there."""
    there = {file.name for file in (checkout / TESTS).glob("*_test.py")}
    if not there:
        raise SystemExit(f"no tests in `{checkout / TESTS}`")
    missing = table.left_out - there
    if missing:
        raise SystemExit(f"expectations.tsv: no file {', '.join(sorted(missing))}")
    chosen = sorted(there - table.left_out)
    low = [name for name in chosen if name.startswith("api_")]
    return [low, [name for name in chosen if name not in low]]


def run(options, files, address, directory):
    """What became of each test of these files, by `FILE::CLASS::TEST`: `passed`, `failed` or `skipped`."""
    report = directory / "report.xml"
    command = [options.python, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--timeout={options.timeout}"]
    command += ["-o", "junit_family=xunit2", f"--junitxml={report}"]
    command += ["-k", options.choose] if options.choose else []
    command += [f"{TESTS}/{file}" for file in files]
    ended = subprocess.run(command, cwd=options.checkout, env=_environment(address, directory), check=False)
    if ended.returncode not in COMPLETE:
        raise SystemExit(f"pytest was not able to run the tests: exit code {ended.returncode}")
    return _outcomes(xml.parse(report))


def _environment(address, directory):
    configuration = directory / "home/.docker"
    configuration.mkdir(parents=True, exist_ok=True)
    # Without this file docker-py writes contexts into the working directory.
    (configuration / "config.json").write_text("{}")
    home = str(directory / "home")
    return {"PATH": os.environ["PATH"], "HOME": home, "TMPDIR": str(directory), "DOCKER_HOST": address, "TZ": "UTC"}


def _outcomes(report):
    outcomes = {}
    for case in report.iter("testcase"):
        test = _name(case.get("classname", ""), case.get("name"))
        failed = case.find("failure") is not None or case.find("error") is not None
        # A test whose clean-up fails has a second entry.
        if failed or outcomes.get(test) == "failed":
            outcomes[test] = "failed"
        else:
            outcomes[test] = "skipped" if case.find("skipped") is not None else "passed"
    return outcomes


def _name(classname, name):
    inner = classname[len(TESTS) + 1 :] if classname.startswith(TESTS.replace("/", ".")) else classname
    file, *classes = inner.split(".")
    return "::".join([f"{file}.py", *classes, name])
