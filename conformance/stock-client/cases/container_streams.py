"""attach, exec, and what passes between a program and a terminal."""

import re

from harness.case import ID, group

case = group("container streams")
NONE = "Error response from daemon: No such container: stock-nobody"
ECHO = ("sh", "-c", "while read line; do echo got $line; done; echo over")


@case("attach shows what is written from then on, and its input ends the program")
def _(t):
    name = t.name()
    t.docker("create", "-i", "--name", name, t.image, *ECHO).ok()
    t.docker("start", name).ok()
    attached = t.start("attach", name)
    attached.send("one\n").expect("got one")
    attached.send("two\n").expect("got two")
    attached.close_input().expect("over")
    t.same(attached.finish().code, 0, "exit code")
    t.docker("wait", name).ok("0")


@case("attach takes over the exit code, and the streams stay apart")
def _(t):
    name = t.running("-i", command=("sh", "-c", "read line; echo out; echo err >&2; exit 8"))
    attached = t.start("attach", name)
    attached.send("go\n")
    attached.finish().ends(8, "out", "err")


@case("attach --no-stdin leaves the input alone")
def _(t):
    name = t.running("-i", command=ECHO)
    watcher = t.start("attach", "--no-stdin", name)
    writer = t.start("attach", name)
    watcher.expect_meanwhile("got x", lambda: writer.send("x\n"))
    watcher.close_input()
    writer.send("y\n").expect("got y")
    watcher.expect("got y")


@case("attach refuses what does not run, and what is paused")
def _(t):
    name = t.ended()
    t.docker("attach", name).fails("You cannot attach to a stopped container, start it first")
    t.docker("attach", "stock-nobody").fails("Error response from daemon: No such container: stock-nobody")
    paused = t.running()
    t.docker("pause", paused).ok()
    t.docker("attach", paused).fails("You cannot attach to a paused container, unpause it first")


@case("attach --sig-proxy=false keeps signals from the program")
def _(t):
    name = t.running("-i", command=ECHO)
    attached = t.start("attach", "--sig-proxy=false", name)
    attached.send("x\n").expect("got x")
    attached.signal(2)
    attached.send("y\n").expect("got y")
    t.same(t.inspect(name, ".State.Running"), True, "the program runs")


@case("run -it has a terminal with the size of the client's, and follows it")
def _(t):
    shell = t.terminal("run", "--rm", "-it", "--name", t.name(), t.image, "sh", rows=33, columns=101)
    shell.expect("# ")
    shell.send("tty; while ! stty size | grep '33 101'; do sleep 0.05; done\r").expect(r"/dev/pts/0\r\n(.*\r\n)*33 101\r\n")
    shell.send("while ! stty size | grep -q '40 120'; do sleep 0.05; done; echo res''ized\r")
    shell.expect_meanwhile("resized", lambda: shell.resize(40, 119) or shell.resize(40, 120))
    shell.send("exit 3\r")
    t.same(shell.finish().code, 3, "exit code")


@case("run -t needs a terminal")
def _(t):
    t.docker("run", "--rm", "-it", t.image, "true").fails("the input device is not a TTY", code=1)


@case("run -t without -i mixes the streams and ends lines with a return")
def _(t):
    t.docker("run", "--rm", "-t", t.image, "sh", "-c", "echo out; echo err >&2").ok("out\r\nerr\r", "")


@case("the keys for it leave a program on a terminal running, and attach comes back")
def _(t):
    name = t.name()
    shell = t.terminal("run", "-it", "--name", name, t.image, "sh")
    shell.expect("# ")
    shell.send(b"\x10\x11")
    t.same(shell.finish().code, 0, "exit code")
    t.same(t.inspect(name, ".State.Running"), True, "the program runs")
    again = t.terminal("attach", name)
    again.send("echo ba''ck\r").expect("back\r")
    again.send(b"\x10\x11").expect("read escape sequence")
    t.same(again.finish().code, 1, "exit code")
    t.same(t.inspect(name, ".State.Running"), True, "the program runs")


@case("--detach-keys are others, and the usual ones then reach the program")
def _(t):
    name = t.name()
    shell = t.terminal("run", "-it", "--detach-keys", "ctrl-a,x", "--name", name, t.image, "sh", "-c", "stty raw -echo; echo raw; od -An -tx1 -N2; sh")
    shell.expect("raw")
    shell.send(b"\x10\x11").expect("10 11")
    shell.expect("# ")
    shell.send(b"\x01x")
    t.same(shell.finish().code, 0, "exit code")
    t.same(t.inspect(name, ".State.Running"), True, "the program runs")


@case("--detach-keys of attach and start")
def _(t):
    name = t.name()
    t.docker("create", "-it", "--name", name, t.image, "sh").ok()
    started = t.terminal("start", "-ai", "--detach-keys", "ctrl-e", name)
    started.expect("# ")
    started.send(b"\x05")
    t.same((started.finish().code, t.inspect(name, ".State.Running")), (0, True), "exit code, and the program")
    attached = t.terminal("attach", "--detach-keys", "ctrl-f,ctrl-g", name)
    attached.send("echo he''re\r").expect("here\r")
    attached.send(b"\x06\x07").expect("read escape sequence")
    t.same((attached.finish().code, t.inspect(name, ".State.Running")), (1, True), "exit code, and the program")


@case("keys that are no keys are refused")
def _(t):
    name = t.running("-it")
    told = t.docker("exec", "--detach-keys", "ctrl-aa", name, "true")
    told.fails(t.here("detach-keys", "Error response from daemon: Invalid escape keys (ctrl-aa) provided"))


@case("ctrl-c on a terminal interrupts the program")
def _(t):
    shell = t.terminal("run", "--rm", "-it", "--name", t.name(), t.image, "sh", "-c", "trap 'echo interr''upted; exit 4' INT; echo ready; while :; do sleep 0.05; done")
    shell.expect("ready")
    shell.send(b"\x03").expect("interrupted")
    t.same(shell.finish().code, 4, "exit code")


@case("exec runs a program beside, with its own exit code and streams")
def _(t):
    name = t.running()
    t.docker("exec", name, "sh", "-c", "echo out; echo err >&2; exit 6").ends(6, "out", "err")
    t.docker("exec", "-i", name, "cat", stdin=b"words").ok("words", "")
    t.docker("exec", "-i", name, "wc", "-c", stdin=b"x" * 2_000_000).ok("2000000")
    t.docker("exec", name, "cat", stdin=b"words").ok("", "")


@case("exec -e, -w, -u, --env-file")
def _(t):
    name = t.running("-e", "A=old", "-w", "/tmp")
    file = t.directory / "env"
    file.write_text("# no\nC=from file\n")
    t.docker("exec", "-e", "A=new", "--env", "B=2", "--env-file", file, name, "sh", "-c", "echo $A $B $C").ok("new 2 from file")
    t.docker("exec", name, "pwd").ok("/tmp")
    t.docker("exec", "--workdir", "/etc", name, "pwd").ok("/etc")
    t.docker("exec", "-u", "nobody", name, "id", "-u").ok("65534")
    t.docker("exec", "--user", "5:6", name, "sh", "-c", "id -u; id -g").ok("5\n6")


@case("exec -d prints nothing and does it")
def _(t):
    name = t.running()
    t.docker("exec", "-d", name, "touch", "/tmp/done").ok("", "")
    t.docker("exec", name, "sh", "-c", "while [ ! -e /tmp/done ]; do sleep 0.05; done").ok()


@case("exec -it has a terminal of its own and its size")
def _(t):
    name = t.running()
    shell = t.terminal("exec", "-it", name, "sh", rows=22, columns=77)
    shell.expect("# ")
    shell.send("tty; while ! stty size | grep '22 77'; do sleep 0.05; done\r").expect(r"/dev/pts/\d\r\n22 77\r\n")
    shell.send("while ! stty size | grep -q '30 90'; do sleep 0.05; done; echo res''ized\r")
    shell.expect_meanwhile("resized", lambda: shell.resize(30, 89) or shell.resize(30, 90))
    shell.send("exit 2\r")
    t.same(shell.finish().code, 2, "exit code")


@case("exec -it is left with keys, and the container goes on")
def _(t):
    name = t.running()
    shell = t.terminal("exec", "-it", "--detach-keys", "ctrl-b", name, "sh")
    shell.expect("# ")
    shell.send(b"\x02").expect("read escape sequence")
    shell.finish()
    t.docker("exec", name, "true").ok("", "")


@case("exec says what is missing")
def _(t):
    name = t.running()
    told = t.docker("exec", name, "/no/such/program").ends(t.here("exec-missing-code", 127))
    t.true('exec: "/no/such/program": stat /no/such/program: no such file or directory' in told.stdout + told.stderr, f"{told.stdout} {told.stderr}")
    t.docker("exec", "stock-nobody", "true").fails(t.here("exec-nobody", NONE))
    ended = t.ended()
    id = t.inspect(ended, ".Id")
    t.docker("exec", ended, "true").fails(
        t.here("exec-ended", "Error response from daemon: container {id} is not running", id=id)
    )
    told = t.docker("exec", "-u", "stock-nobody", name, "true")
    t.true(told.code != 0 and "unable to find user stock-nobody: no matching entries in passwd file" in told.stdout + told.stderr, f"{told.stdout} {told.stderr}")


@case("what was written before the end is all there, however much")
def _(t):
    out = t.docker("run", "--rm", t.image, "sh", "-c", "seq 1 200000; seq 1 100000 >&2")
    t.same(out.lines[-1], "200000", "the last line of the output")
    t.same(len(out.lines), 200000, "lines of output")
    t.same(len(out.stderr.splitlines()), 100000, "lines of errors")


@case("several clients see the same output")
def _(t):
    name = t.running("-i", command=ECHO)
    many = [t.start("attach", name) for _ in range(3)]
    for one in many:
        one.expect_meanwhile("got hello", lambda: many[0].send("hello\n"))
