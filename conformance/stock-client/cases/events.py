"""events: what happens, as it happens and afterwards, filtered and in words of one's own."""

import json
import re
import time

from harness.case import group

case = group("events")


def told(t, *words):
    """The lines of events since this case's beginning, until now."""
    told = t.docker("events", "--until", f"{time.time():.3f}", *words)
    return told.ends(0, stderr="").lines


@case("the life of a container, in order, by container, event and type")
def _(t):
    begin = ("--since", f"{time.time():.3f}", "--format", "{{.Action}}")
    name = t.name()
    t.docker("run", "--name", name, t.image, "true").ok()
    id = t.inspect(name, ".Id")
    t.docker("rm", name).ok()
    t.same(told(t, *begin, "--filter", f"container={name}"), ["create", "attach", "start", "die", "destroy"], "events")
    t.same(told(t, *begin, "-f", f"container={id[:12]}", "--filter", "event=start", "--filter", "event=die"), ["start", "die"], "two kinds")
    found = told(t, *begin[:2], "--filter", "type=network", "--filter", "network=bridge", "--format", '{{.Action}} {{index .Actor.Attributes "container"}}')
    t.same([line.split()[0] for line in found if line.endswith(id)], ["connect", "disconnect"], "network")
    t.same(told(t, *begin, "--filter", f"container={name}", "--filter", "type=image"), [], "image")


@case("attributes of an event, as JSON and for people")
def _(t):
    begin = ("--since", f"{time.time():.3f}")
    name = t.ended("-l", "a=1", command=("sh", "-c", "exit 3"))
    id = t.inspect(name, ".Id")
    mine = ("--filter", f"container={name}", "--filter", "event=die")
    found = json.loads(told(t, *begin, *mine, "--format", "json")[0])
    attributes = found["Actor"]["Attributes"]
    t.same((found["Type"], found["Action"], found["Actor"]["ID"], found["scope"]), ("container", "die", id, "local"), "event")
    t.same({key: attributes[key] for key in ("a", "exitCode", "image", "name", "stock")}, {"a": "1", "exitCode": "3", "image": t.image, "name": name, "stock": "yes"}, "attributes")
    t.true(found["timeNano"] // 10**9 == found["time"], found)
    line = told(t, *begin, *mine)[0]
    t.true(re.fullmatch(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{9}}(Z|\+00:00) container die {id} \(a=1, .*exitCode=3, image={t.image}, name={name}, stock=yes\)", line), line)
    t.same(told(t, *begin, *mine, "--format", '{{.Type}} {{index .Actor.Attributes "exitCode"}}'), ["container 3"], "template")


@case("--filter label, image, volume, network, daemon, scope")
def _(t):
    label, begin = t.word(), ("--since", f"{time.time():.3f}", "--format", "{{.Type}} {{.Action}}")
    name = t.name()
    t.docker("create", "-l", f"{label}=x", "--name", name, "-v", f"{label}:/data", t.image).ok()
    t.later("volume", "rm", label)
    t.same(told(t, *begin, "--filter", f"label={label}"), ["container create"], "label")
    t.same(told(t, *begin, "--filter", f"label={label}=x"), ["container create"], "label with a value")
    t.same(told(t, *begin, "--filter", f"label={label}=y"), [], "label with another value")
    t.same(told(t, *begin, "--filter", f"volume={label}"), ["volume create"], "volume")
    t.true("container create" in told(t, *begin, "--filter", f"image={t.image}"), "image")
    t.same(told(t, *begin, "--filter", "image=stock-nothing"), [], "another image")
    t.true("container create" in told(t, *begin, "--filter", "scope=local"), "scope")
    t.same(told(t, *begin, "--filter", "scope=swarm"), [], "another scope")
    t.same(told(t, *begin, "--filter", "network=stock-nothing"), [], "network")
    t.same(told(t, *begin, "--filter", "daemon=stock-nothing"), [], "daemon")


@case("events of images, with their labels")
def _(t):
    label, name, begin = t.word(), t.word(), ("--since", f"{time.time():.3f}")
    id = t.small_image(f"{name}:1", labels={label: "x"})
    t.docker("tag", id, f"{name}:2").ok()
    t.docker("save", "-o", t.directory / "file", id).ok()
    t.docker("rmi", f"{name}:1", f"{name}:2").ok()
    words = (*begin, "--filter", "type=image", "--format", '{{.Action}} {{.Actor.ID}} {{index .Actor.Attributes "name"}}')
    found = [line for line in told(t, *words) if id in line]
    t.same(found, [f"load {id} {id}", f"tag {id} {name}:2", f"save {id} {id}", f"untag {id} {id}", f"untag {id} {id}", f"delete {id} {id}"], "events")
    labelled = told(t, *begin, "--filter", "type=image", "--filter", f"label={label}=x", "--format", "{{.Action}}")
    t.same(labelled, ["load", "tag", "save", "untag", "untag"], "with the label")


@case("events of pull and push")
def _(t):
    name, begin = f"{t.registries.open()}/{t.word()}", ("--since", f"{time.time():.3f}")
    t.small_image(f"{name}:1")
    t.docker("push", f"{name}:1").ok()
    t.docker("pull", f"{name}:1").ok()
    words = (*begin, "--filter", f"image={name}:1", "--format", '{{.Action}} {{.Actor.ID}} {{index .Actor.Attributes "name"}}')
    t.same(told(t, *words), [f"push {name}:1 {name}", f"pull {name}:1 {name}"], "events")


@case("events of volumes")
def _(t):
    name, begin = t.word(), ("--since", f"{time.time():.3f}")
    t.docker("volume", "create", name).ok()
    t.docker("run", "--rm", "-v", f"{name}:/data", t.image, "true").ok()
    t.docker("volume", "rm", name).ok()
    words = (*begin, "--filter", f"volume={name}", "--format", '{{.Action}} {{index .Actor.Attributes "driver"}}')
    created = ["create local"] * t.here("volume-creations", 1)
    t.same(told(t, *words), [*created, "mount local", "unmount local", "destroy local"], "events")


@case("events are shown as they happen, and those before them where they are asked for")
def _(t):
    label = t.word()
    first = t.ended("-l", label)
    live = t.start("events", "--since", "10m", "--filter", f"label={label}", "--filter", "event=start", "--format", '{{index .Actor.Attributes "name"}}')
    live.expect(first)
    second = t.ended("-l", label)
    live.expect(second)
    live.signal(2)
    live.finish()


@case("--since and --until by time, by span and in the past, and what is no time")
def _(t):
    label = t.word()
    t.ended("-l", label)
    mine = ("--filter", f"label={label}", "--format", "{{.Action}}")
    # Spans are whole seconds: what is younger than one may be told with the next.
    deadline = time.monotonic() + 10
    while "start" not in t.docker("events", "--since", "10m", "--until", "0s", *mine).ok().split():
        t.true(time.monotonic() < deadline, "nothing is told of the last ten minutes")
    t.docker("events", "--since", "2020-01-01", "--until", "2020-01-02T00:00:00Z", *mine).ok("")
    t.docker("events", "--since", "x").fails('failed to parse value as time or duration: "x"')
    t.docker("system", "events", "--since", "1", "--until", "2").ok("", "")
