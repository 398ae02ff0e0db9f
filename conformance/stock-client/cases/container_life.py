"""create, run, start, stop, restart, kill, pause, unpause, rm, rename, wait."""

import re
import signal

from harness.case import ID, group

case = group("container life")
NONE = "Error response from daemon: No such container: stock-nobody"


@case("create prints the id and starts nothing")
def _(t):
    name = t.name()
    t.docker("create", "--name", name, t.image, "true").ok(ID, "")
    t.same(t.inspect(name, ".State.Status"), "created", "status")
    t.same(t.inspect(name, ".State.StartedAt"), "0001-01-01T00:00:00Z", "start")


@case("create refuses a name that is taken")
def _(t):
    name = t.name()
    id = t.docker("create", "--name", name, t.image).ok(ID)
    t.docker("create", "--name", name, t.image).fails(
        f'Error response from daemon: Conflict. The container name "/{name}" is already in use by container "{id}". '
        "You have to remove (or rename) that container to be able to reuse that name."
    )


@case("create refuses a name with strange characters")
def _(t):
    t.docker("create", "--name", "a b", t.image).fails(
        "Error response from daemon: Invalid container name (a b), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
    )


@case("create gives a name where none is wished for")
def _(t):
    id = t.docker("create", t.image).ok(ID)
    t.later("rm", id)
    t.true(re.fullmatch(r"/[a-z]+_[a-z]+\d?", t.inspect(id, ".Name")), f"name {t.inspect(id, '.Name')!r}")


@case("create writes the id into a file, once")
def _(t):
    file, name = t.directory / "id", t.name()
    id = t.docker("create", "--cidfile", file, "--name", name, t.image).ok(ID)
    t.same(file.read_text(), id, "the file")
    t.docker("create", "--cidfile", file, t.image).fails(
        f"container ID file found, make sure the other container isn't running or delete {file}"
    )


@case("run ends with the exit code of the program")
def _(t):
    t.docker("run", "--rm", t.image, "sh", "-c", "echo out; echo err >&2; exit 7").ends(7, "out", "err")


@case("run of a program that is not there ends with 127")
def _(t):
    told = t.docker("run", "--rm", t.image, "/no/such/program").ends(127, "")
    t.true(told.stderr.startswith("docker: Error response from daemon: failed to create "), told.stderr)
    t.true('exec: "/no/such/program": stat /no/such/program: no such file or directory' in told.stderr, told.stderr)
    t.true(told.stderr.endswith("\n\nRun 'docker run --help' for more information\n"), told.stderr)


@case("run of a directory ends with 126")
def _(t):
    told = t.docker("run", "--rm", t.image, "/etc").ends(126, "")
    t.true('exec: "/etc": is a directory' in told.stderr or "permission denied" in told.stderr, told.stderr)


@case("run of an image that is not there and not pulled ends with 125")
def _(t):
    t.docker("run", "--rm", "--pull", "never", "stock-nothing").fails(
        "docker: Error response from daemon: No such image: stock-nothing:latest\n\nRun 'docker run --help' for more information",
        code=125,
    )


@case("run with a flag that is not there ends with 125 and makes nothing")
def _(t):
    t.same(t.docker("run", "--no-such-flag", t.image).code, 125, "exit code")


@case("run -d prints the id and goes on")
def _(t):
    name = t.name()
    t.docker("run", "-d", "--name", name, t.image, "sleep", "600").ok(ID, "")
    t.same(t.inspect(name, ".State.Running"), True, "running")
    t.true(t.inspect(name, ".State.Pid") > 0, "it has a process")


@case("run --rm leaves nothing, with -d as well")
def _(t):
    attached, detached = t.name(), t.name()
    t.docker("run", "--rm", "--name", attached, t.image, "true").ok("")
    t.gone(attached)
    t.docker("run", "-d", "--rm", "--name", detached, t.image, "cat", "/dev/null").ok(ID)
    t.docker("wait", detached)
    for _ in range(100):
        if t.docker("inspect", detached).code:
            return
    t.gone(detached)


@case("run --rm refuses a restart policy")
def _(t):
    told = t.docker("run", "--rm", "--restart", "always", t.image)
    told.fails(
        "docker: conflicting options: cannot specify both --restart and --rm\n\nRun 'docker run --help' for more information",
        code=125,
    )


@case("run -i gives the program what is written to it, to the end")
def _(t):
    t.docker("run", "--rm", "-i", t.image, "cat", stdin=b"one\ntwo").ok("one\ntwo", "")
    t.docker("run", "--rm", "-i", t.image, "wc", "-c", stdin=b"x" * 3_000_000).ok("3000000")


@case("run without -i gives the program nothing")
def _(t):
    t.docker("run", "--rm", t.image, "cat", stdin=b"one").ok("", "")


@case("run -a attaches only the streams that it names")
def _(t):
    script = ("sh", "-c", "echo out; echo err >&2")
    t.docker("run", "--rm", "-a", "stdout", t.image, *script).ok("out", "")
    t.docker("run", "--rm", "-a", "stderr", t.image, *script).ok("", "err")
    t.docker("run", "--rm", "-a", "stdin", "-a", "stdout", "-i", t.image, "cat", stdin=b"in").ok("in", "")


@case("start prints the name that it was given, and may be repeated")
def _(t):
    name = t.name()
    id = t.docker("create", "--name", name, t.image, "sleep", "600").ok()
    t.docker("start", name).ok(name, "")
    t.docker("start", id[:12]).ok(id[:12], "")
    t.same(t.inspect(name, ".State.Status"), "running", "status")


@case("start of several reports each and fails once")
def _(t):
    one, two = t.name(), t.name()
    for name in (one, two):
        t.docker("create", "--name", name, t.image, "true").ok()
    t.docker("start", one, "stock-nobody", two).fails(f"{NONE}\nError: failed to start containers: stock-nobody", stdout=f"{one}\n{two}")


@case("start -a shows the output and takes over the exit code")
def _(t):
    name = t.name()
    t.docker("create", "--name", name, t.image, "sh", "-c", "echo out; echo err >&2; exit 3").ok()
    t.docker("start", "-a", name).ends(3, "out", "err")
    t.docker("start", "--attach", name).ends(3, "out", "err")


@case("start -ai gives the program its input")
def _(t):
    name = t.name()
    t.docker("create", "-i", "--name", name, t.image, "cat").ok()
    t.docker("start", "-a", "-i", name, stdin=b"words").ok("words", "")
    t.docker("start", "--interactive", name, stdin=b"again").ok("again", "")


@case("stop sends TERM, and the exit code is the program's")
def _(t):
    name = t.running(command=("sh", "-c", "trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done"))
    t.start("logs", "-f", name).expect("ready")
    t.docker("stop", name).ok(name, "")
    t.same(t.inspect(name, ".State.ExitCode"), 5, "exit code")
    t.docker("stop", name).ok(name, "")


@case("stop kills after the time that it is given")
def _(t):
    name = t.running(command=("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"))
    t.start("logs", "-f", name).expect("ready")
    t.docker("stop", "-t", "1", name).ok(name)
    t.same(t.inspect(name, ".State.ExitCode"), 137, "exit code")


@case("stop sends the signal that was wished for, at create or at stop")
def _(t):
    script = ("sh", "-c", "trap 'exit 11' USR1; trap 'exit 12' USR2; while :; do sleep 0.05; done")
    name = t.running("--stop-signal", "USR1", command=script)
    t.same(t.inspect(name, ".Config.StopSignal"), "USR1", "signal")
    t.docker("stop", name).ok()
    t.same(t.inspect(name, ".State.ExitCode"), 11, "exit code")
    t.docker("start", name).ok()
    t.docker("stop", "--signal", "USR2", "--timeout", "2", name).ok()
    t.same(t.inspect(name, ".State.ExitCode"), t.here("stop-signal", 12), "exit code")


@case("stop of a container that is not there")
def _(t):
    t.docker("stop", "stock-nobody").fails(NONE, stdout="")


@case("--stop-timeout holds where stop is given none")
def _(t):
    name = t.running("--stop-timeout", "1", command=("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"))
    t.start("logs", "-f", name).expect("ready")
    t.same(t.inspect(name, ".Config.StopTimeout"), 1, "timeout")
    t.docker("stop", name).ok()
    t.same(t.inspect(name, ".State.ExitCode"), 137, "exit code")


@case("restart gives a new process, of an ended container as well")
def _(t):
    name = t.running()
    first = t.inspect(name, ".State.Pid")
    t.docker("restart", "-t", "5", name).ok(name, "")
    second = t.inspect(name, ".State.Pid")
    t.true(first != second and second, f"{first} and then {second}")
    t.docker("kill", name).ok()
    t.docker("wait", name).ok("137")
    t.docker("restart", "--signal", "KILL", name).ok(name)
    t.same(t.inspect(name, ".State.Running"), True, "running")
    t.docker("restart", "stock-nobody").fails(NONE)


@case("kill sends KILL, or the signal that it is given by name or number")
def _(t):
    name = t.running(command=("sh", "-c", "trap 'echo hup' HUP; trap 'echo usr' USR1; while :; do sleep 0.05; done"))
    log = t.start("logs", "-f", name)
    t.docker("kill", "-s", "HUP", name).ok(name, "")
    log.expect("hup")
    t.docker("kill", "--signal", "10", name).ok(name)
    log.expect("usr")
    t.docker("kill", "--signal", "SIGUSR1", name).ok(name)
    log.expect("usr")
    t.docker("kill", name).ok(name)
    t.docker("wait", name).ok("137")


@case("kill says why it cannot")
def _(t):
    name = t.name()
    id = t.docker("create", "--name", name, t.image).ok()
    t.docker("kill", name).fails(
        t.here("kill-not-running", "Error response from daemon: cannot kill container: {name}: container {id} is not running", name=name, id=id)
    )
    t.docker("kill", "stock-nobody").fails(t.here("kill-nobody", f"Error response from daemon: cannot kill container: stock-nobody: {NONE.partition(': ')[2]}"))
    t.docker("kill", "-s", "NOPE", name).fails(t.here("kill-signal", "Error response from daemon: cannot kill container: {name}: invalid signal: NOPE", name=name))


@case("pause and unpause")
def _(t):
    name = t.running()
    t.docker("pause", name).ok(name, "")
    t.same(t.inspect(name, ".State.Status"), "paused", "status")
    t.same(t.inspect(name, ".State.Running"), True, "running")
    id = t.inspect(name, ".Id")
    t.docker("pause", name).fails(f"Error response from daemon: Container {id} is already paused")
    t.docker("exec", name, "true").fails(f"Error response from daemon: Container {name} is paused, unpause the container before exec")
    t.docker("unpause", name).ok(name, "")
    t.docker("unpause", name).fails(f"Error response from daemon: Container {id} is not paused")
    t.docker("stop", "-t", "5", name).ok()
    t.docker("pause", name).fails(t.here("pause-ended", "Error response from daemon: container {id} is not running", id=id))
    t.docker("pause", "stock-nobody").fails(NONE)
    t.docker("unpause", "stock-nobody").fails(NONE)


@case("rm removes, refuses what runs, and removes that with -f")
def _(t):
    ended, runs = t.ended(), t.running()
    t.docker("rm", ended).ok(ended, "")
    t.gone(ended)
    id = t.inspect(runs, ".Id")
    t.docker("rm", runs).fails(
        t.here(
            "rm-running",
            'Error response from daemon: cannot remove container "{name}": container is running: stop the container before removing or force remove',
            name=runs,
            id=id,
        )
    )
    t.docker("rm", "-f", runs).ok(runs, "")
    t.gone(runs)


@case("rm of a container that is not there is an error, with -f a line")
def _(t):
    t.docker("rm", "stock-nobody").fails(NONE, stdout="")
    t.docker("rm", "-f", "stock-nobody").ends(0, "", NONE)


@case("rm of a paused container")
def _(t):
    name = t.running()
    t.docker("pause", name).ok()
    id = t.inspect(name, ".Id")
    t.docker("rm", name).fails(
        t.here(
            "rm-paused",
            'Error response from daemon: cannot remove container "{name}": container is paused and must be unpaused first',
            name=name,
            id=id,
        )
    )
    t.docker("rm", "--force", name).ok(name)


@case("rm -v removes volumes without a name, and no others")
def _(t):
    volume = t.word()
    t.later("volume", "rm", "-f", volume)
    name = t.ended("-v", "/data", "-v", f"{volume}:/named")
    anonymous = next(m["Name"] for m in t.inspect(name, ".Mounts") if m["Destination"] == "/data")
    t.docker("rm", "--volumes", name).ok(name)
    t.same(t.docker("volume", "inspect", anonymous).code, 1, "the volume without a name is gone, exit code of inspect")
    t.docker("volume", "inspect", volume).ok()


@case("rm takes a beginning of the id, if it is the only one")
def _(t):
    name = t.name()
    id = t.docker("create", "--name", name, t.image).ok()
    t.docker("rm", id[:20]).ok(id[:20])
    t.gone(name)


@case("rename")
def _(t):
    old, new, other = t.name(), t.name(), t.name()
    t.docker("create", "--name", old, t.image).ok()
    other_id = t.docker("create", "--name", other, t.image).ok()
    t.docker("rename", old, new).ok("", "")
    t.same(t.inspect(new, ".Name"), f"/{new}", "name")
    t.gone(old)
    t.docker("rename", new, other).fails(
        f'Error response from daemon: Error when allocating new name: Conflict. The container name "/{other}" is already in use by '
        f'container "{other_id}". You have to remove (or rename) that container to be able to reuse that name.\nError: failed to rename container named {new}'
    )
    t.docker("rename", new, new).fails(
        "Error response from daemon: Renaming a container with the same name as its current name\n"
        f"Error: failed to rename container named {new}"
    )
    t.docker("rename", new, "a b").fails(
        "Error response from daemon: Error when allocating new name: Invalid container name (/a b), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed\n"
        f"Error: failed to rename container named {new}"
    )
    t.docker("rename", "stock-nobody", "x").fails(f"{NONE}\nError: failed to rename container named stock-nobody")


@case("wait prints exit codes in their order, of containers that have ended as well")
def _(t):
    one, two = t.ended(command=("sh", "-c", "exit 4")), t.running(command=("sh", "-c", "trap 'exit 6' TERM; while :; do sleep 0.05; done"))
    waiting = t.start("wait", one, two)
    waiting.expect("^4$")
    t.docker("stop", two).ok()
    waiting.expect("^6$")
    t.same(waiting.finish().code, 0, "exit code")
    t.docker("wait", "stock-nobody").fails(NONE)


@case("wait is answered when the container is removed")
def _(t):
    name = t.running()
    waiting = t.start("wait", name)
    events = t.start("events", "--filter", f"container={name}", "--since", "0")
    events.expect("container start")
    t.docker("rm", "-f", name).ok()
    t.same(waiting.finish().code, 0, "exit code of wait")
    t.same(waiting.finish().text, "137", "its output")


@case("signals that the client gets reach the program, and -sig-proxy=false keeps them away")
def _(t):
    script = ("sh", "-c", "trap 'echo got it; exit 9' USR1; echo ready; while :; do sleep 0.05; done")
    run = t.start("run", "--rm", "--name", t.name(), t.image, *script)
    run.expect("ready")
    run.signal(signal.SIGUSR1).expect("got it")
    t.same(run.finish().code, 9, "exit code")
    name = t.name()
    run = t.start("run", "--sig-proxy=false", "--name", name, t.image, *script)
    run.expect("ready")
    run.signal(signal.SIGUSR1)
    t.docker("kill", "--signal", "USR1", name).ok()
    run.finish()
    t.same(t.docker("logs", name).ok(), "ready\ngot it", "output")


@case("a container is restarted as its policy says, and counted")
def _(t):
    name = t.name()
    told = t.docker("run", "-d", "--restart", "on-failure:2", "--name", name, t.image, "sh", "-c", "echo once; exit 1")
    told.ok()
    t.start("events", "--since", "0", "--filter", f"container={name}", "--format", "{{.Action}}").expect("(?s)die.*die.*die")
    t.docker("wait", name).ok("1")
    t.same(t.docker("logs", name).ok().count("once"), 3, "starts")
    t.same(t.inspect(name, ".RestartCount"), 2, "count")
    t.same(t.inspect(name, ".HostConfig.RestartPolicy"), {"Name": "on-failure", "MaximumRetryCount": 2}, "policy")


@case("a restart policy that does not exist")
def _(t):
    told = t.docker("run", "-d", "--name", t.name(), "--restart", "sometimes", t.image)
    t.same(told.code, 125, "exit code")
    t.same(
        told.stderr.split("\n")[0],
        t.here(
            "restart-policy",
            "docker: Error response from daemon: invalid restart policy: unknown policy 'sometimes'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'",
        ),
        "error",
    )
