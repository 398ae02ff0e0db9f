"""volume create, ls, inspect, rm, prune, and volumes of containers."""

import json
import re

from harness.case import ID, group

case = group("volumes")
NONE = "Error response from daemon: get stock-nothing: no such volume"


def made(t, *flags):
    """The name of a new volume."""
    name = t.word()
    t.later("volume", "rm", "-f", name)
    t.docker("volume", "create", *flags, name).ok(name, "")
    return name


@case("create prints the name, the one given or one of its own, and may be repeated")
def _(t):
    name = made(t)
    t.docker("volume", "create", name).ok(name)
    other = t.docker("volume", "create").ok(ID)
    t.later("volume", "rm", other)
    t.docker("volume", "create", "--driver", "local", other).ok(other)
    t.true({name, other} <= set(t.docker("volume", "ls", "-q").lines), "both are there")


@case("inspect has Docker's fields")
def _(t):
    plain, labelled = made(t), made(t, "--label", "a=1", "--label", "b")
    told = json.loads(t.docker("volume", "inspect", plain, labelled).ok())
    root = t.docker("info", "--format", "{{.DockerRootDir}}").ok()
    for volume in told:
        t.true(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", volume.pop("CreatedAt")), "time")
    common = {"Driver": "local", "Options": None, "Scope": "local"}
    t.same(told[0], {**common, "Name": plain, "Labels": None, "Mountpoint": f"{root}/volumes/{plain}/_data"}, "a volume")
    t.same(told[1], {**common, "Name": labelled, "Labels": {"a": "1", "b": ""}, "Mountpoint": f"{root}/volumes/{labelled}/_data"}, "one with labels")


@case("inspect: several, their templates, and what is not there")
def _(t):
    one, two = made(t), made(t)
    t.docker("volume", "inspect", "-f", "{{.Name}}", one, "stock-nothing", two).fails(NONE, stdout=f"{one}\n{two}")
    t.docker("volume", "inspect", "stock-nothing").fails(NONE, stdout="[]")
    t.docker("inspect", "--type", "volume", "--format", "{{.Driver}}", one).ok("local")
    t.docker("volume", "inspect", "--format", "{{.Nothing}}", one).ends(1, "")


@case("create refuses drivers, options and names that are none")
def _(t):
    name = t.word()
    t.docker("volume", "create", "-d", "strange", name).fails(
        f'Error response from daemon: create {name}: error looking up volume plugin strange: plugin "strange" not found'
    )
    t.docker("volume", "create", "--opt", "strange=1", name).fails(f'Error response from daemon: create {name}: invalid option: "strange"')
    t.docker("volume", "create", "-o", "type=tmpfs", name).fails(f'Error response from daemon: create {name}: missing required option: "device"')
    t.docker("volume", "create", "a b").fails(
        'Error response from daemon: create a b: "a b" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path'
    )
    t.docker("volume", "inspect", name).ends(1)


@case("ls has its columns and its fields")
def _(t):
    name = made(t, "--label", "a=1")
    head, line = t.docker("volume", "ls", "--filter", f"name={name}").lines
    t.same((head.split(), line.split()), (["DRIVER", "VOLUME", "NAME"], ["local", name]), "lines")
    t.docker("volume", "ls", "-qf", f"name={name}").ok(name)
    template = '{{.Name}}|{{.Driver}}|{{.Scope}}|{{.Labels}}|{{.Label "a"}}|{{.Links}}|{{.Size}}|{{.Mountpoint}}'
    mountpoint = t.docker("volume", "inspect", "-f", "{{.Mountpoint}}", name).ok()
    t.docker("volume", "ls", "-f", f"name={name}", "--format", template).ok(f"{name}|local|local|a=1|1|N/A|N/A|{mountpoint}")
    told = json.loads(t.docker("volume", "ls", "-f", f"name={name}", "--format", "json").ok())
    t.same((told["Name"], told["Driver"], told["Labels"]), (name, "local", "a=1"), "JSON")


@case("ls --filter")
def _(t):
    label = t.word()
    one, two, used = made(t, "--label", f"{label}=a"), made(t, "--label", f"{label}=b"), made(t, "--label", label)
    t.docker("create", "--name", t.name(), "-v", f"{used}:/data", t.image).ok()

    def shown(*filters):
        words = [word for text in (f"label={label}", *filters) for word in ("--filter", text)]
        return set(t.docker("volume", "ls", "--quiet", *words).ok().split())

    t.same(shown(), {one, two, used}, "label")
    t.same(set(t.docker("volume", "ls", "-q", "-f", f"label={label}=a").lines), {one}, "label with a value")
    t.same(shown(f"name={one}"), {one}, "name")
    t.same(shown("driver=local"), {one, two, used}, "driver")
    t.same(shown("driver=strange"), set(), "another driver")
    t.same(shown("dangling=true"), {one, two}, "dangling")
    t.same(shown("dangling=false"), {used}, "not dangling")
    t.docker("volume", "ls", "--filter", "strange=x").fails(t.here("filter-strange", "Error response from daemon: invalid filter 'strange'"))
    t.docker("volume", "ls", "--filter", "dangling=x").fails(t.here("filter-dangling", "Error response from daemon: invalid filter 'dangling=[x]'"))


@case("rm takes away what nobody has, and goes on after what is not there")
def _(t):
    one, two = made(t), made(t)
    t.docker("volume", "rm", one, "stock-nothing", two).fails(NONE, stdout=f"{one}\n{two}")
    t.docker("volume", "ls", "-q", "--filter", f"name={one}").ok("")
    t.docker("volume", "rm", "-f", "stock-nothing").ok("stock-nothing")
    t.docker("volume", "rm", "--force", one).ok(one)


@case("rm of a volume that a container has")
def _(t):
    name, container = made(t), t.name()
    id = t.docker("create", "--name", container, "-v", f"{name}:/data", t.image).ok()
    refused = f"Error response from daemon: remove {name}: volume is in use - [{id}]"
    t.docker("volume", "rm", name).fails(refused, stdout="")
    t.docker("volume", "rm", "-f", name).fails(refused, stdout="")
    t.docker("rm", "-v", container).ok()
    t.docker("volume", "inspect", "-f", "{{.Name}}", name).ok(name)
    t.docker("volume", "rm", name).ok(name)


@case("what is written to a volume stays, and the next container sees it")
def _(t):
    name = made(t)
    t.docker("run", "--rm", "-v", f"{name}:/data", t.image, "sh", "-c", "echo kept > /data/file").ok()
    t.docker("run", "--rm", "--mount", f"type=volume,src={name},dst=/data,readonly", t.image, "sh", "-c", "cat /data/file; touch /data/x").ends(1, "kept", "touch: /data/x: Read-only file system")
    with open(t.docker("volume", "inspect", "-f", "{{.Mountpoint}}", name).ok() + "/file") as file:
        t.same(file.read(), "kept\n", "the file on the host")


@case("a volume is filled from the image, but not twice and not with nocopy")
def _(t):
    name, empty = made(t), made(t)
    t.docker("run", "--rm", "-v", f"{name}:/etc", t.image, "rm", "/etc/group").ok()
    t.docker("run", "--rm", "-v", f"{name}:/data", t.image, "ls", "/data").ok(re.compile(r"(?s)(?!.*group).*passwd.*"))
    t.docker("run", "--rm", "-v", f"{empty}:/var/x:nocopy", t.image, "ls", "/var/x").ok("")


@case("volumes without a name go with rm -v and run --rm, and stay with rm")
def _(t):
    def of(container):
        return t.inspect(container, "(index .Mounts 0).Name")

    removed, kept, name = t.ended("-v", "/data"), t.ended("-v", "/data"), t.name()
    volume, other = of(removed), of(kept)
    t.true(ID.fullmatch(volume), volume)
    t.docker("rm", "-v", removed).ok()
    t.docker("volume", "inspect", volume).fails(f"Error response from daemon: get {volume}: no such volume", stdout="[]")
    t.docker("rm", kept).ok()
    t.later("volume", "rm", other)
    t.docker("volume", "inspect", "-f", "{{.Name}}", other).ok(other)
    t.docker("run", "-d", "--rm", "--name", name, "-v", "/data", t.image, "sleep", "600").ok()
    volume = of(name)
    t.docker("kill", name).ok()
    t.docker("wait", name)
    for _ in range(100):
        if t.docker("volume", "inspect", volume).code:
            return
    t.docker("volume", "inspect", volume).fails(f"Error response from daemon: get {volume}: no such volume")


@case("--volumes-from shares them")
def _(t):
    first = t.running("-v", "/data")
    t.docker("run", "--rm", "--volumes-from", f"{first}:ro", t.image, "touch", "/data/x").fails("touch: /data/x: Read-only file system")
    t.docker("run", "--rm", "--volumes-from", first, t.image, "touch", "/data/x").ok()
    t.docker("exec", first, "ls", "/data").ok("x")


@case("options of the local driver: memory, and a directory of the host's")
def _(t):
    memory = made(t, "-o", "type=tmpfs", "--opt", "device=tmpfs", "--opt", "o=size=1m")
    t.same(t.docker("volume", "inspect", "-f", "{{json .Options}}", memory).ok(), '{"device":"tmpfs","o":"size=1m","type":"tmpfs"}', "options")
    t.docker("run", "--rm", "-v", f"{memory}:/data", t.image, "sh", "-c", "df -k /data | tail -1 | awk '{print $1, $2}'").ok("tmpfs 1024")
    here = t.directory / "here"
    here.mkdir()
    bind = made(t, "--opt", "type=none", "--opt", "o=bind", "--opt", f"device={here}")
    t.docker("run", "--rm", "-v", f"{bind}:/data", t.image, "touch", "/data/made").ok()
    t.true((here / "made").exists(), "the file is on the host")
    t.docker("volume", "rm", bind).ok(bind)
    t.true((here / "made").exists(), "the directory is nobody's but the host's")


@case("--volume-driver")
def _(t):
    name = t.name()
    t.docker("create", "--name", name, "--volume-driver", "local", "-v", "/data", t.image).ok(ID)
    t.same(t.inspect(name, "(index .Mounts 0).Driver"), "local", "driver")
    told = t.docker("create", "--pull", "never", "--volume-driver", "strange", "-v", f"{t.word()}:/data", t.image).ends(1)
    t.true('plugin "strange" not found' in told.stderr, told.stderr)


@case("prune removes those without a name, with --all the others, and is filtered", alone=True)
def _(t):
    label = t.word()
    kept, filtered = made(t), made(t, "--label", label)
    anonymous = t.docker("volume", "create").ok()
    used = t.ended("-v", "/data")
    told = t.docker("volume", "prune", stdin=b"n\n")
    t.true(t.here("volume-prune-warning", "WARNING! This will remove anonymous local volumes not used by at least one container.") in told.stdout, told.stdout)
    t.docker("volume", "inspect", anonymous).ok()
    t.docker("volume", "prune", "-f", "--filter", "strange=x").fails(t.here("filter-strange", "Error response from daemon: invalid filter 'strange'"))
    if not t.here("volume-prune-all", True):
        t.docker("volume", "prune", "--force", "--filter", f"label={label}").ok(re.compile(f"Deleted Volumes:\n{filtered}\n\nTotal reclaimed space: .*"))
        told = t.docker("volume", "prune", "-f").ok().split("\n")
        t.true({kept, anonymous} <= set(told), told)
    else:
        told = t.docker("volume", "prune", "-f").ok().split("\n")
        t.true(anonymous in told and not {kept, filtered} & set(told), told)
        told = t.docker("volume", "prune", "--all", "--force", "--filter", f"label={label}").ok()
        t.true(re.fullmatch(f"Deleted Volumes:\n{filtered}\n\nTotal reclaimed space: .*", told), told)
        told = t.docker("volume", "prune", "-a", stdin=b"y\n").ok()
        t.true("WARNING! This will remove all local volumes not used by at least one container." in told and f"\n{kept}\n" in told, told)
    t.docker("volume", "inspect", t.inspect(used, "(index .Mounts 0).Name")).ok()
    t.docker("volume", "inspect", kept).ends(1)
    t.docker("volume", "prune", "-f").ok("Total reclaimed space: 0B")
