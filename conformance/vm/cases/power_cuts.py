"""The power goes at random moments of a load that changes containers, images and volumes: what was promised is kept, and nothing is half."""

import json
import pathlib
import random
import subprocess
import threading
import time

from .promises import Promises

HERE = pathlib.Path(__file__).parent
WORKERS = 3
# How long a load goes on before the power goes, in seconds.
SHORTEST, LONGEST = 3, 25


def run(installed, options):
    machine, moments, promises = installed.machine, random.Random(options.seed), Promises()
    installed.boot("writeback")
    installed.install()
    for program in ("load.py", "found.py"):
        machine.put(HERE / program, f"/root/{program}")
    # What was copied is not what is tried.
    installed.sh("sync")
    broken = 0
    for cut in range(1, options.cuts + 1):
        seconds = moments.uniform(SHORTEST, LONGEST)
        kind = "quiet" if cut % 2 else "all"
        listen(machine, promises, f"python3 load.py {cut} {options.seed} {WORKERS} {kind}", seconds)
        heard, under_way = promises.done, len(promises.open)
        machine.start("writeback")
        lines = list(look(installed, promises, cut))
        print(f"cut {cut} ({kind}) after {seconds:.1f} s: {heard} done so far, {under_way} under way, {len(lines)} broken", flush=True)
        for line in lines:
            print(f"  {line}", flush=True)
        broken += len(lines)
        clear(installed, promises, f"r{cut - 1}w")
    print(f"  {promises.done} changes were done, {broken} broken", flush=True)
    assert broken == 0, f"{broken} promises are broken"


def listen(machine, promises, script, seconds):
    """Hears the load until the power goes, that many seconds after the first change was done: how soon that is tells only of this machine."""
    load = subprocess.Popen(machine.ssh_command(script), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    cut = threading.Timer(seconds, machine.cut_power)
    for line in load.stdout:
        if line.endswith("\n"):
            promises.hear(line.rstrip("\n"))
            if line.startswith("done ") and cut.ident is None:
                cut.start()
    load.wait()
    assert cut.ident is not None, "the load has done nothing"
    cut.join()


def look(installed, promises, cut):
    """Everything that is not as it should be after a boot; what is there is believed from then on."""
    yield from (f"failed: {line}" for line in promises.failures)
    settled(installed)
    check = installed.machine.ssh("corten system settle; corten system check", check=False)
    if check.returncode != 0:
        yield f"`corten system check`: {check.stdout}"
    found = installed.machine.ssh(f"python3 found.py r{cut}w", check=False)
    if found.returncode != 0:
        yield f"what is there cannot be told: {found.stdout}"
        return
    facts = json.loads(found.stdout)
    yield from promises.broken(facts)
    yield from promises.unknown(facts)
    promises.believe(facts)


def settled(installed):
    """Waits until the machine has brought back what should run."""
    end = time.monotonic() + 120
    while installed.machine.ssh("systemctl is-active corten-boot.service", check=False).stdout.strip() == "activating":
        assert time.monotonic() < end, installed.sh("systemctl status corten-boot.service; corten ps -a")
        time.sleep(1)


def clear(installed, promises, prefix):
    """Removes what an earlier load has left: what has survived can be removed as ever."""
    removed = {kind: [] for kind in ("container", "image", "volume")}
    for key in [key for key in promises.facts if key.split("/", 1)[1].startswith(prefix)]:
        kind, name = key.split("/", 1)
        removed[kind].append(name)
        promises.facts[key] = {"exists": False if kind == "image" else None}
    for kind, command in (("container", "rm -f"), ("image", "rmi -f"), ("volume", "volume rm")):
        if removed[kind]:
            installed.sh(f"corten {command} {' '.join(removed[kind])}")
