"""Runs the cases: many at once where they may, one after the other where they would disturb each other."""

import concurrent.futures
import sys
import time

from .case import CASES, play

# What these would have used nobody knows.
SKIPPED = []


def chosen(words):
    """The cases whose group or title has one of the words; all without words."""
    return [case for case in CASES if not words or any(word in f"{case.group}: {case.title}" for word in words)]


def run(cases, surroundings, jobs):
    """Prints a line for each case; the number of failures."""
    together = [case for case in cases if not case.alone]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        outcomes = pool.map(lambda case: _timed(case, surroundings), together)
        failed = sum(_report(case, *outcome) for case, outcome in zip(together, outcomes))
    for case in cases:
        if case.alone:
            failed += _report(case, *_timed(case, surroundings))
    return failed


def _timed(case, surroundings):
    directory = surroundings.directory / f"case-{id(case)}"
    directory.mkdir()
    begin = time.monotonic()
    outcome, reason = play(case, surroundings, directory)
    return outcome, reason, time.monotonic() - begin


def _report(case, outcome, reason, seconds):
    print(f"{outcome:4} {seconds:5.1f} s  {case.group}: {case.title}")
    if reason:
        print(f"            {reason}")
    sys.stdout.flush()
    if outcome == "skip":
        SKIPPED.append(case)
    return outcome == "FAIL"
