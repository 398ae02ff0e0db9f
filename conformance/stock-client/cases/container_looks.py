"""ps, inspect, top, stats, update, port, prune: what can be seen of containers, and changed from outside."""

import json
import re
import time

from harness.case import ID, SHORT_ID, group

case = group("container looks")


@case("ps shows those that run, with -a all")
def _(t):
    runs, ended = t.running(), t.ended()
    shown = t.docker("ps", "--format", "{{.Names}}").lines
    t.true(runs in shown and ended not in shown, shown)
    shown = t.docker("ps", "-a", "--format", "{{.Names}}").lines
    t.true(runs in shown and ended in shown, shown)


@case("ps has its columns")
def _(t):
    name = t.running("-p", "127.0.0.1::80")
    head, line = t.docker("ps", "--filter", f"name={name}").lines
    t.same(head.split(), ["CONTAINER", "ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"], "head")
    shown = re.fullmatch(rf'([0-9a-f]{{12}}) +{re.escape(t.image)} +"sleep 600" +(.*) ago +Up (.*?) +127.0.0.1:\d+->80/tcp +{name}', line.strip())
    t.true(shown, line)


@case("ps -q, --no-trunc, -n, -l, -s")
def _(t):
    name = t.ended(command=("sh", "-c", "echo 123 > /tmp/file"))
    id = t.inspect(name, ".Id")
    t.docker("ps", "-aq", "--filter", f"name={name}").ok(id[:12])
    t.docker("ps", "-a", "--quiet", "--no-trunc", "--filter", f"name={name}").ok(id)
    t.same(len(t.docker("ps", "-n", "1", "-q").lines), 1, "lines")
    t.same(len(t.docker("ps", "--last", "1", "-q").lines), 1, "lines")
    t.same(len(t.docker("ps", "-l", "-q").lines), 1, "lines")
    shown = t.docker("ps", "-a", "-s", "--filter", f"name={name}", "--format", "{{.Size}}").ok()
    t.true(re.fullmatch(t.here("size", r"4B \(virtual [\d.]+MB\)"), shown), shown)
    shown = json.loads(t.docker("ps", "-a", "--size", "--filter", f"name={name}", "--format", "json").ok())
    t.same((shown["State"], shown["Names"], shown["Networks"]), ("exited", name, "bridge"), "JSON")


@case("ps --filter")
def _(t):
    label = t.word()
    one, two = t.running("-l", f"{label}=a"), t.ended("-l", f"{label}=b", command=("sh", "-c", "exit 3"))
    paused, created = t.running("-l", label), t.name()
    t.docker("pause", paused).ok()
    t.docker("create", "-l", label, "--name", created, "-v", f"{t.directory}:/data", "--expose", "81", t.image).ok()

    def shown(*filters):
        words = [word for text in (f"label={label}", *filters) for word in ("--filter", text)]
        listed = t.docker("ps", "-a", *words, "--format", "{{.Names}}")
        t.same(listed.code, 0, "exit code")
        return set(listed.lines)

    t.same(shown(), {one, two, paused, created}, "label")
    t.same(shown(f"label={label}=a"), {one}, "label with a value")
    t.same(shown("status=running"), {one}, "status running")
    t.same(shown("status=paused"), {paused}, "status paused")
    t.same(shown("status=exited", "status=created"), {two, created}, "one status or another")
    t.same(shown("exited=3"), {two}, "exited")
    t.same(shown(f"name={one}$"), {one}, "name")
    t.same(shown(f"id={t.inspect(one, '.Id')[:12]}"), {one}, "id")
    t.same(shown(f"before={two}"), {one}, "before")
    t.same(shown(f"since={two}"), {paused, created}, "since")
    t.same(shown(f"ancestor={t.image}"), {one, two, paused, created}, "ancestor")
    t.same(shown("ancestor=stock-nothing"), set(), "ancestor that is none")
    t.same(shown("volume=/data"), {created}, "volume")
    t.same(shown("network=bridge"), {one, two, paused, created}, "network")
    t.same(shown("network=none"), set(), "network none")
    t.same(shown("health=none"), {one, two, paused, created}, "health")


@case("health as ps, inspect and events show it")
def _(t):
    flags = ("--health-interval", "100ms", "--health-timeout", "9s")
    well = t.running("--health-cmd", "echo well", *flags)
    ill = t.running("--health-cmd", "echo ill >&2; false", "--health-retries", "1", *flags)
    new, none = t.running("--health-cmd", "true", "--health-interval", "1h"), t.running("--no-healthcheck")
    for name, status in ((well, "healthy"), (ill, "unhealthy")):
        while t.inspect(name, ".State.Health.Status") != status:
            time.sleep(0.05)

    def shown(*words):
        return t.docker("ps", *words, "--format", "{{.Status}}").ok()

    endings = {well: "(healthy)", ill: "(unhealthy)", new: "(health: starting)"}
    for name, ending in endings.items():
        t.true(shown("--filter", f"name={name}").endswith(" " + ending), shown())
        filtered = t.docker("ps", "--filter", f"name={name}", "--filter", f"health={ending.split()[-1].strip('()')}", "-q")
        t.same(len(filtered.lines), 1, "filtered")
    t.true("(" not in shown("--filter", f"name={none}"), shown())
    t.same(t.inspect(none, ".State.Health"), None, "health without a check")
    first = t.inspect(ill, ".State.Health.Log")[0]
    t.same((first["ExitCode"], first["Output"]), (1, "ill\n"), "a result")
    t.docker("pause", well).ok()
    t.same(t.inspect(well, ".State.Health.Status"), "unhealthy", "health of a frozen one")
    t.docker("unpause", well).ok()
    t.docker("kill", new).ok()
    t.docker("wait", new).ok()
    t.same(t.inspect(new, ".State.Health.Status"), "unhealthy", "health of one that has ended")
    told = t.docker("events", "--since", "0", "--until", f"{time.time():.3f}", "--filter", f"container={ill}", "--format", "{{.Action}}").lines
    t.true("health_status: unhealthy" in told and "exec_create: /bin/sh -c echo ill >&2; false" in told, told)
    of_28 = "Error response from daemon: invalid filter 'health=blue': invalid value for health (blue): must be one of none, starting, healthy, unhealthy"
    t.docker("ps", "--filter", "health=blue").fails(t.here("health-filter", of_28))


@case("ps --filter publish and expose: ports of what runs")
def _(t):
    name = t.running("-p", "127.0.0.1::80", "--expose", "90")
    number = t.docker("port", name, "80").ok().rpartition(":")[2]

    def shown(*filters):
        words = [word for text in (f"name={name}", *filters) for word in ("--filter", text)]
        return t.docker("ps", *words, "--format", "{{.Names}}").ok()

    t.same((shown(f"publish={number}"), shown(f"publish={number}/tcp")), (name, name), "published")
    t.same((shown("publish=80"), shown(f"publish={number}/udp")), ("", ""), "not published")
    t.same((shown("expose=80"), shown("expose=90"), shown("expose=85-95/tcp")), (name, name, name), "exposed")
    t.same((shown("expose=91"), shown("expose=90/udp")), ("", ""), "not exposed")
    t.docker("ps", "--filter", "publish=1:2").fails("Error response from daemon: filter for 'publish' should not contain ':': 1:2")
    t.docker("kill", name).ok()
    t.docker("wait", name).ok()
    t.docker("ps", "-aq", "--filter", f"name={name}", "--filter", "expose=80").ok("")


@case("ps --filter that makes no sense")
def _(t):
    t.docker("ps", "--filter", "strange=x").fails(t.here("filter-strange", "Error response from daemon: invalid filter 'strange'"))
    t.same(t.docker("ps", "--filter", "status=strange").code, 1, "exit code")
    t.same(t.docker("ps", "--filter", "exited=x").code, 1, "exit code")


@case("ps --format has Docker's fields")
def _(t):
    name = t.running("-l", "k=v", "-v", f"{t.directory}:/data")
    fields = ["ID", "Image", "Command", "RunningFor", "Ports", "State", "Status", "Names", "Labels", "Mounts", "Networks", "LocalVolumes", "CreatedAt"]
    template = "|".join("{{." + field + "}}" for field in fields)
    told = dict(zip(fields, t.docker("ps", "--filter", f"name={name}", "--format", template, "--no-trunc").ok().split("|")))
    t.same((told["Image"], told["Command"], told["State"], told["Names"], told["Networks"], told["LocalVolumes"]), (t.image, '"sleep 600"', "running", name, "bridge", "0"), "fields")
    t.true("k=v" in told["Labels"].split(",") and told["Mounts"] == str(t.directory), told)
    t.true(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC", told["CreatedAt"]), told["CreatedAt"])
    t.docker("ps", "--filter", f"name={name}", "--format", 'table {{.Names}}\t{{.Label "k"}}').ok(re.compile(rf"NAMES +k\n{name} +v"))


@case("inspect: several, their templates, and what is not there")
def _(t):
    one, two = t.ended(), t.ended()
    told = json.loads(t.docker("inspect", one, two).ok())
    t.same([c["Name"] for c in told], [f"/{one}", f"/{two}"], "names")
    t.docker("inspect", "-f", "{{.Name}} {{.State.ExitCode}} {{len .Mounts}}", one).ok(f"/{one} 0 0")
    told = t.docker("inspect", "--format", "{{.Name}}", one, "stock-nobody")
    told.ends(1, f"/{one}")
    t.same(told.stderr.rstrip().lower(), t.here("inspect-nothing", "error: no such object: stock-nobody"), "error")
    t.docker("inspect", "-f", "{{.NoSuchField}}", one).ends(1, "")


@case("inspect --type and --size")
def _(t):
    name = t.ended(command=("sh", "-c", "echo 1234567 > /tmp/file"))
    t.docker("inspect", "--type", "container", "-f", "{{.Name}}", name).ok(f"/{name}")
    t.same(t.docker("inspect", "--type", "image", name).code, 1, "exit code")
    t.docker("inspect", "--type", "image", "-f", "{{.Os}}", t.image).ok("linux")
    t.docker("inspect", "--size", "-f", "{{.SizeRw}}", name).ok(t.here("size-rw", "8"))
    t.docker("container", "inspect", "stock-nobody").fails("Error response from daemon: No such container: stock-nobody", stdout="[]")


@case("container inspect takes a template, and the sizes where they are asked for")
def _(t):
    name = t.ended(command=("sh", "-c", "echo 1234567 > /tmp/file"))
    t.docker("container", "inspect", "--format", "{{.Name}} {{.State.Status}}", name).ok(f"/{name} exited")
    t.docker("container", "inspect", "-s", "-f", "{{.SizeRw}}", name).ok(t.here("size-rw", "8"))


@case("inspect has the fields that tools read, with the types that they expect")
def _(t):
    name = t.running("-p", "127.0.0.1::80", "-v", "/anonymous")
    told = json.loads(t.docker("inspect", name).ok())[0]
    t.has(told, {
        "Id": str, "Created": str, "Path": str, "Args": list, "Image": str, "ResolvConfPath": str, "HostnamePath": str, "HostsPath": str, "LogPath": str,
        "RestartCount": int, "Driver": str, "Platform": str, "MountLabel": str, "ProcessLabel": str, "AppArmorProfile": str, "ExecIDs": type(None),
        "GraphDriver.Name": str, "Mounts": list, "State.Status": str, "State.Running": bool, "State.Paused": bool, "State.Restarting": bool,
        "State.OOMKilled": bool, "State.Dead": bool, "State.Pid": int, "State.ExitCode": int, "State.Error": str, "State.StartedAt": str,
        "State.FinishedAt": str, "Config.Hostname": str, "Config.Domainname": str, "Config.User": str, "Config.AttachStdin": bool, "Config.Tty": bool,
        "Config.OpenStdin": bool, "Config.StdinOnce": bool, "Config.Env": list, "Config.Cmd": list, "Config.Image": str, "Config.Volumes": dict,
        "Config.WorkingDir": str, "Config.Entrypoint": type(None), "Config.OnBuild": type(None), "Config.Labels": dict, "HostConfig.Binds": type(None),
        "HostConfig.NetworkMode": str, "HostConfig.PortBindings": dict, "HostConfig.AutoRemove": bool, "HostConfig.CapAdd": type(None),
        "HostConfig.Dns": list, "HostConfig.DnsOptions": list, "HostConfig.ExtraHosts": type(None), "HostConfig.IpcMode": str,
        "HostConfig.Privileged": bool, "HostConfig.ReadonlyRootfs": bool, "HostConfig.SecurityOpt": type(None), "HostConfig.ShmSize": int,
        "HostConfig.Runtime": str, "HostConfig.Isolation": str, "HostConfig.MaskedPaths": list, "HostConfig.ReadonlyPaths": list,
        "HostConfig.ConsoleSize": list, "HostConfig.LogConfig.Type": str, "HostConfig.Devices": list, "NetworkSettings.SandboxID": str,
        "NetworkSettings.Ports": dict, "NetworkSettings.SandboxKey": str, "NetworkSettings.IPAddress": str, "NetworkSettings.Gateway": str,
        "NetworkSettings.MacAddress": str, "NetworkSettings.Networks": dict,
    })
    bridge = told["NetworkSettings"]["Networks"]["bridge"]
    t.same(bridge["IPAddress"], told["NetworkSettings"]["IPAddress"], "address")
    t.true(ID.fullmatch(bridge["NetworkID"]) and ID.fullmatch(bridge["EndpointID"]), bridge)
    t.same(told["Config"]["Hostname"], told["Id"][:12], "host name")
    mount = told["Mounts"][0]
    t.same((mount["Type"], mount["Driver"], mount["Destination"], mount["RW"]), ("volume", "local", "/anonymous", True), "mount")
    t.same(told["NetworkSettings"]["Ports"]["80/tcp"][0]["HostIp"], "127.0.0.1", "address of the port")


@case("top shows the processes, with ps's options")
def _(t):
    name = t.running()
    head, *lines = t.docker("top", name).lines
    t.same(head.split(), ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"], "head")
    t.true(any("sleep 600" in line for line in lines), lines)
    head, *lines = t.docker("top", name, "-o", "pid,comm").lines
    t.same(head.split(), ["PID", "COMMAND"], "head")
    t.true(any(line.endswith("sleep") for line in lines), lines)
    ended = t.ended()
    t.docker("top", ended).fails(t.here("top-ended", "Error response from daemon: container {id} is not running", id=t.inspect(ended, ".Id")))
    t.docker("top", "stock-nobody").fails("Error response from daemon: No such container: stock-nobody")


@case("stats --no-stream has its columns, and of what does not run zeros")
def _(t):
    name, ended = t.running(), t.ended()
    head, line = t.docker("stats", "--no-stream", name).lines
    t.same(re.split(r"  +", head.strip()), ["CONTAINER ID", "NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %", "NET I/O", "BLOCK I/O", "PIDS"], "head")
    t.true(re.fullmatch(rf"[0-9a-f]{{12}} +{name} +[\d.]+% +[\d.]+[KM]iB / [\d.]+[GM]iB +[\d.]+% +\S+ / \S+ +\S+ / \S+ +\d+ *", line), line)
    t.docker("stats", "--no-stream", "--format", "{{.Name}} {{.PIDs}} {{.MemUsage}}", ended).ok(f"{ended} 0 0B / 0B")
    shown = t.docker("stats", "--no-stream", "--all", "--no-trunc", "--format", "{{.ID}} {{.Name}}").lines
    t.true({f"{t.inspect(n, '.Id')} {n}" for n in (name, ended)} <= set(shown), shown)
    told = t.docker("stats", "--no-stream", "stock-nobody").ends(1)
    t.true("No such container: stock-nobody" in told.stderr, told.stderr)


@case("stats goes on")
def _(t):
    name = t.running(command=("sh", "-c", "while :; do :; done"))
    stats = t.start("stats", "--format", "{{.Name}} {{.CPUPerc}}", name)
    stats.expect(rf"{name} [1-9]\d*\.\d\d%")
    stats.expect(rf"{name} [1-9]\d*\.\d\d%")


@case("update changes limits of what runs")
def _(t):
    name = t.running("-m", "64m", "--memory-swap", "64m")
    t.docker("update", "-m", "96m", "--memory-swap", "96m", "--pids-limit", "77", "-c", "300", "--cpus", "0.5", "--cpuset-cpus", "0", name).ok(name)
    limits = t.inspect(name, ".HostConfig")
    t.same((limits["Memory"], limits["PidsLimit"], limits["CpuShares"], limits["NanoCpus"], limits["CpusetCpus"]), (96 << 20, 77, 300, 500_000_000, "0"), "limits")
    t.docker("exec", name, "grep", "Cpus_allowed_list", "/proc/1/status").ok("Cpus_allowed_list:\t0")
    t.docker("update", "-m", "1m", name).fails(re.compile(r"Error response from daemon: .*Minimum memory limit allowed is 6MB", re.S))
    t.docker("update", "-m", "64m", "stock-nobody").fails("Error response from daemon: No such container: stock-nobody")


@case("update --memory-reservation, --cpu-period, --cpu-quota, --cpuset-mems, --restart=no")
def _(t):
    name = t.running("-m", "64m")
    t.docker("update", "--memory-reservation", "32m", "--cpu-period", "50000", "--cpu-quota", "20000", "--cpuset-mems", "0", "--restart", "no", name).ok(name)
    limits = t.inspect(name, ".HostConfig")
    t.same((limits["MemoryReservation"], limits["CpuPeriod"], limits["CpuQuota"], limits["CpusetMems"]), (32 << 20, 50000, 20000, "0"), "limits")


@case("prune removes what has ended and has the label", alone=True)
def _(t):
    label = t.word()
    gone, other, runs = t.ended("-l", label), t.ended(), t.running("-l", label)
    id = t.inspect(gone, ".Id")
    t.docker("container", "prune", "-f", "--filter", f"label={label}").ok(f"Deleted Containers:\n{id}\n\nTotal reclaimed space: 0B")
    t.gone(gone)
    t.docker("inspect", other, runs).ok()
    t.docker("container", "prune", "--force", "--filter", f"label={label}").ok("Total reclaimed space: 0B")
    t.docker("container", "prune", "-f", "--filter", "until=24h").ok("Total reclaimed space: 0B")
    told = t.docker("container", "prune", stdin=b"n\n")
    t.true("WARNING! This will remove all stopped containers." in told.stdout, told.stdout)
    t.docker("inspect", other).ok()
    told = t.docker("container", "prune", "-f").ok()
    t.true(t.docker("inspect", other).code == 1, "it is gone")
