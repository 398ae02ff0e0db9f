"""logs."""

import re

from harness.case import group

case = group("container logs")
STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z"


@case("logs shows both streams apart, of ended containers as well")
def _(t):
    name = t.ended(command=("sh", "-c", "echo out; echo err >&2"))
    t.docker("logs", name).ok("out", "err")
    t.docker("logs", "stock-nobody").fails("Error response from daemon: No such container: stock-nobody")


@case("logs -f goes on until the container ends")
def _(t):
    name = t.running("-i", command=("sh", "-c", "echo first; read line; echo last"))
    log = t.start("logs", "-f", name)
    log.expect("first")
    t.docker("stop", "-t", "1", name).ok()
    t.same(log.finish().code, 0, "exit code")


@case("logs -f of a container that ends at once has everything")
def _(t):
    for _ in range(5):
        name = t.name()
        t.docker("run", "-d", "--name", name, t.image, "seq", "1", "2000").ok()
        t.same(t.docker("logs", "-f", name).ok().split("\n")[-1], "2000", "the last line")


@case("logs -f ends when the container is removed")
def _(t):
    name = t.running(command=("sh", "-c", "echo first; sleep 600"))
    log = t.start("logs", "--follow", name)
    log.expect("first")
    t.docker("rm", "-f", name).ok()
    log.finish()


@case("logs --tail")
def _(t):
    name = t.ended(command=("seq", "1", "20"))
    t.docker("logs", "--tail", "2", name).ok("19\n20")
    t.docker("logs", "-n", "0", name).ok("")
    t.same(len(t.docker("logs", "--tail", "all", name).lines), 20, "lines")
    t.same(len(t.docker("logs", "--tail", "-1", name).lines), 20, "lines")


@case("logs -t puts the time before each line")
def _(t):
    name = t.ended(command=("seq", "1", "2"))
    t.docker("logs", "-t", name).ok(re.compile(f"{STAMP} 1\n{STAMP} 2"))
    t.docker("logs", "--timestamps", "--tail", "1", name).ok(re.compile(f"{STAMP} 2"))


@case("logs --since and --until, as times and as spans")
def _(t):
    name = t.ended(command=("sh", "-c", "echo early; sleep 0.3; echo late"))
    early, late = (line.split(" ")[0] for line in t.docker("logs", "-t", name).lines)
    t.docker("logs", "--since", late, name).ok("late")
    t.docker("logs", "--until", early, name).ok("early")
    t.docker("logs", "--since", "1h", name).ok("early\nlate")
    t.docker("logs", "--until", "1h", name).ok("")
    t.docker("logs", "--since", "0", name).ok("early\nlate")


@case("logs --details shows the labels that the log driver was told to keep")
def _(t):
    name = t.ended("--label", "kept=yes", "--log-opt", "labels=kept", "-e", "SEEN=too", "--log-opt", "env=SEEN", command=("echo", "line"))
    t.docker("logs", "--details", name).ok("SEEN=too,kept=yes line")
    t.docker("logs", name).ok("line")


@case("logs of a terminal and of long lines")
def _(t):
    name = t.ended("-t", command=("sh", "-c", "echo out; echo err >&2"))
    t.docker("logs", name).ok("out\r\nerr\r", "")
    long = t.ended(command=("sh", "-c", "head -c 100000 /dev/zero | tr '\\0' x; echo"))
    t.same(len(t.docker("logs", long).text), 100000, "length")


@case("logs where the driver keeps none")
def _(t):
    name = t.ended("--log-driver", "none", command=("echo", "x"))
    t.docker("logs", name).fails("Error response from daemon: configured logging driver does not support reading")


@case("logs of a container that has not run")
def _(t):
    name = t.name()
    t.docker("create", "--name", name, t.image).ok()
    t.docker("logs", name).ok("", "")
    t.docker("logs", "-f", name).ok("", "") if t.here("logs-of-created", True) else None
