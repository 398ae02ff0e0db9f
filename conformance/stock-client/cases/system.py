"""info, version, system df, system prune, and what the engine does not have."""

import json
import re

from harness.case import group

case = group("system")


@case("info has the fields that tools branch on, with the types that they expect")
def _(t):
    told = json.loads(t.docker("info", "--format", "{{json .}}").ok())
    t.has(told, {
        "ID": str, "Containers": int, "ContainersRunning": int, "ContainersPaused": int, "ContainersStopped": int, "Images": int, "Driver": str,
        "DriverStatus": list, "Plugins.Volume": list, "Plugins.Network": list, "Plugins.Log": list, "MemoryLimit": bool, "SwapLimit": bool,
        "CpuCfsPeriod": bool, "CpuCfsQuota": bool, "CPUShares": bool, "CPUSet": bool, "PidsLimit": bool, "IPv4Forwarding": bool, "Debug": bool,
        "NFd": int, "OomKillDisable": bool, "NGoroutines": int, "SystemTime": str, "LoggingDriver": str, "CgroupDriver": str, "CgroupVersion": str,
        "NEventsListener": int, "KernelVersion": str, "OperatingSystem": str, "OSVersion": str, "OSType": str, "Architecture": str,
        "IndexServerAddress": str, "RegistryConfig.InsecureRegistryCIDRs": list, "RegistryConfig.IndexConfigs": dict, "RegistryConfig.Mirrors": list,
        "NCPU": int, "MemTotal": int, "DockerRootDir": str, "HttpProxy": str, "HttpsProxy": str, "NoProxy": str, "Name": str, "Labels": list,
        "ExperimentalBuild": bool, "ServerVersion": str, "Runtimes": dict, "DefaultRuntime": str, "Swarm.LocalNodeState": str,
        "Swarm.ControlAvailable": bool, "LiveRestoreEnabled": bool, "Isolation": str, "InitBinary": str, "SecurityOptions": list, "ClientInfo.Version": str,
    })
    t.same((told["OSType"], told["Swarm"]["LocalNodeState"], told["LoggingDriver"], told["IndexServerAddress"]), ("linux", "inactive", "json-file", "https://index.docker.io/v1/"), "values")
    t.true(told["DefaultRuntime"] in told["Runtimes"] and "local" in told["Plugins"]["Volume"], told)
    t.true("127.0.0.0/8" in told["RegistryConfig"]["InsecureRegistryCIDRs"] and "docker.io" in told["RegistryConfig"]["IndexConfigs"], told["RegistryConfig"])
    t.true("Backing Filesystem" in dict(told["DriverStatus"]), told["DriverStatus"])


@case("info counts containers and images", alone=True)
def _(t):
    template = ("--format", "{{.Containers}} {{.ContainersRunning}} {{.ContainersPaused}} {{.ContainersStopped}} {{.Images}}")
    before = [int(word) for word in t.docker("info", *template).ok().split()]
    t.running()
    t.ended()
    paused = t.running()
    t.docker("pause", paused).ok()
    t.small_image()
    after = [int(word) for word in t.docker("system", "info", *template).ok().split()]
    t.same([b - a for a, b in zip(before, after)], [3, 1, 1, 1, 1], "differences")


@case("info is shown for people, too")
def _(t):
    told = t.docker("info").ok()
    for line in ("Client:", "Server:", " Containers: ", " Storage Driver: ", " Cgroup Version: ", " Swarm: inactive", " Docker Root Dir: "):
        t.true(re.search("^" + re.escape(line), told, re.M), f"{line!r} in {told!r}")
    t.docker("info", "-f", "{{.Nothing}}").ends(1, "")


@case("version tells client and server")
def _(t):
    told = json.loads(t.docker("version", "--format", "{{json .}}").ok())
    server = told["Server"]
    t.same((server["Os"], server["Components"][0]["Name"]), ("linux", "Engine"), "server")
    t.same(server["Components"][0]["Details"]["ApiVersion"], server["ApiVersion"], "version of the API")
    lowest, highest = ([int(n) for n in server[key].split(".")] for key in ("MinAPIVersion", "ApiVersion"))
    t.true(lowest <= [1, 24] and highest >= [1, 41], server)
    t.docker("version", "-f", "{{.Server.Version}}").ok(t.engine.version)
    shown = t.docker("version").ok()
    t.true(re.search(r"(?s)^Client:.*\n API version: .*\n\nServer:.*\n Engine:\n  Version: ", shown), shown)


@case("--version is told without an engine")
def _(t):
    t.environment["DOCKER_HOST"] = "unix:///stock/nothing.sock"
    t.docker("--version").ok(re.compile(r"Docker version \S+, build \S+"))
    t.docker("-v").ok(re.compile(r"Docker version \S+, build \S+"))
    told = t.docker("version").ends(1)
    t.true("Cannot connect to the Docker daemon at unix:///stock/nothing.sock. Is the docker daemon running?" in told.stderr, told.stderr)
    t.docker("ps").fails("Cannot connect to the Docker daemon at unix:///stock/nothing.sock. Is the docker daemon running?")


@case("older versions of the API are spoken")
def _(t):
    name = t.running("-p", "127.0.0.1::80")
    for version in ("1.24", "1.30", "1.40"):
        t.environment["DOCKER_API_VERSION"] = version
        t.docker("version", "--format", "{{.Client.APIVersion}}").ok(version)
        t.docker("ps", "--filter", f"name={name}", "--format", "{{.Names}}").ok(name)
        t.docker("inspect", "--format", "{{.Name}}", name).ok(f"/{name}")
        t.docker("exec", name, "echo", "x").ok("x")
        t.docker("images", "--format", "{{.Repository}}", t.image).ok()
        t.docker("info", "--format", "{{.OSType}}").ok("linux")


@case("system df has its lines and counts", alone=True)
def _(t):
    t.small_image()
    t.running("-v", "/data", command=("sh", "-c", "echo x > /tmp/file; sleep 600"))
    head, *lines = t.docker("system", "df").lines
    t.same(re.split(r"  +", head.strip()), ["TYPE", "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE"], "head")
    t.same([re.split(r"  +", line.strip())[0] for line in lines], ["Images", "Containers", "Local Volumes", "Build Cache"], "kinds")
    told = dict(line.split("|", 1) for line in t.docker("system", "df", "--format", "{{.Type}}|{{.TotalCount}} {{.Active}}").lines)
    t.same((told["Containers"], told["Local Volumes"], told["Build Cache"]), ("1 1", "1 1", "0 0"), "counts")
    t.same(told["Images"].split()[1], "1", "images that are in use")
    t.true(all(json.loads(line)["Size"] for line in t.docker("system", "df", "--format", "json").lines), "JSON")


@case("system df -v tells of each object", alone=True)
def _(t):
    name = t.word()
    id = t.small_image(f"{name}:1")
    container = t.running("-v", f"{name}:/data")
    t.later("volume", "rm", name)
    told = t.docker("system", "df", "-v").ok()
    for title in ("Images", "Containers", "Local Volumes"):
        t.true(f"{title} space usage:\n\n" in told, told)
    t.true(re.search(rf"^{name} +1 +{id[7:19]} .* 0$", told, re.M), told)
    t.true(re.search(rf"^{t.inspect(container, '.Id')[:12]} .* 1 .* {container}$", told, re.M), told)
    t.true(re.search(rf"^{name} +1 +\S+B$", told, re.M), told)
    found = json.loads(t.docker("system", "df", "--verbose", "--format", "{{json .}}").ok())
    t.same([volume["Links"] for volume in found["Volumes"] if volume["Name"] == name], ["1"], "volume")


@case("system prune removes what is not in use, and asks before", alone=True)
def _(t):
    ended, runs, name = t.ended(), t.running(), t.word()
    id, named, volume = t.small_image(), t.small_image(f"{name}:1"), t.docker("volume", "create").ok()
    container = t.inspect(ended, ".Id")
    told = t.docker("system", "prune", stdin=b"n\n")
    t.true(
        "WARNING! This will remove:\n  - all stopped containers\n  - all networks not used by at least one container\n  - all dangling images\n  - unused build cache\n\nAre you sure you want to continue? [y/N] "
        in told.stdout, told.stdout,
    )
    t.docker("inspect", ended, id).ok()
    told = t.docker("system", "prune", "-f").ok()
    t.true(f"Deleted Containers:\n{container}\n" in told and f"deleted: {id}\n" in told and "Total reclaimed space: " in told, told)
    t.gone(ended)
    t.gone(id)
    t.docker("inspect", runs, named, volume).ok()
    t.docker("system", "prune", "--force", "--filter", "label=stock-nothing", "--filter", "until=1h").ok("Total reclaimed space: 0B")
    t.docker("system", "prune", "-f", "--volumes", "--filter", "until=1h").fails('ERROR: The "until" filter is not supported with "--volumes"')
    told = t.docker("system", "prune", "--all", "--volumes", "--force").ok()
    t.true(f"deleted: {named}\n" in told and f"Deleted Volumes:\n{volume}\n" in told, told)
    t.docker("inspect", runs, t.image).ok()
    t.docker("system", "prune", "-f", "--filter", "strange=x").fails(t.here("filter-strange", "Error response from daemon: invalid filter 'strange'"))


@case("builder prune finds nothing where nothing was built")
def _(t):
    for flags in (("-f",), ("--force", "--all", "--filter", "until=1h"), ("-f", "--keep-storage", "1g")):
        told = t.docker("builder", "prune", *flags).ends(0)
        t.same(told.lines[-1], "Total reclaimed space: 0B", "output")


@case("building is refused by name where there is none")
def _(t):
    (t.directory / "Dockerfile").write_text(f"FROM {t.image}\n")
    t.environment["DOCKER_BUILDKIT"] = "0"
    told = t.docker("build", t.directory)
    if t.here("build", True):
        t.later("rmi", told.ok().split()[-1])
    else:
        t.same((told.code, told.stderr.strip().split("\n")[-1]), (1, "Error response from daemon: POST /build is not built yet"), "error")


@case("there is no swarm, and no plugin")
def _(t):
    manager = 'Error response from daemon: This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'
    for words in (("service", "ls"), ("node", "ls"), ("secret", "ls"), ("config", "ls"), ("stack", "ls"), ("swarm", "join-token", "worker")):
        t.docker(*words).fails(manager)
    t.docker("swarm", "leave").fails("Error response from daemon: This node is not part of a swarm")
    t.same(t.docker("plugin", "ls").ok().split(), ["ID", "NAME", "DESCRIPTION", "ENABLED"], "plugins")
    t.docker("plugin", "inspect", "stock-nothing").fails('Error response from daemon: plugin "stock-nothing" not found', stdout="[]")


@case("system dial-stdio joins its streams with the engine")
def _(t):
    told = t.docker("system", "dial-stdio", stdin=b"GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ends(0)
    head, _, body = told.stdout.partition("\r\n\r\n")
    t.same((head.split("\r\n")[0], body), ("HTTP/1.1 200 OK", "OK"), "answer")
    names = {line.partition(":")[0].lower() for line in head.split("\r\n")[1:]}
    t.true({"api-version", "docker-experimental", "ostype", "server", "cache-control", "pragma"} <= names, sorted(names))


@case("inspect finds whatever has the name, and says what it knows not")
def _(t):
    name = t.word()
    t.docker("volume", "create", name).ok()
    t.later("volume", "rm", name)
    id = t.small_image(f"registry.example:5000/some/{name}:1")
    t.docker("inspect", "-f", "{{.Driver}}", name).ok("local")
    t.docker("inspect", "-f", "{{.Id}}", f"registry.example:5000/some/{name}:1").ok(id)
    t.docker("inspect", "-f", "{{.Driver}}", "none").ok("null")
    t.docker("inspect", "--type", "strange", name).ends(1, "")
    t.docker("inspect", "--type", "volume", "stock-nothing").fails("Error response from daemon: get stock-nothing: no such volume", stdout="[]")
