"""What `create` and `run` can be told, seen from within the container and by inspect."""

import json

from harness.case import ID, group

case = group("container options")


def shown(t, flags, *script):
    """What a script in a container with these flags prints."""
    return t.docker("run", "--rm", *flags, t.image, "sh", "-c", *script).ok()


@case("environment: -e, --env-file, from the client's own, and of the image")
def _(t):
    file = t.directory / "env"
    file.write_text("ONE=1\n# no\nTWO=two words\nINHERITED\n")
    t.environment["INHERITED"] = "here"
    t.environment["MINE"] = "mine"
    flags = ("--env-file", file, "-e", "ONE=overridden", "--env", "MINE")
    t.same(shown(t, flags, "echo $ONE; echo $TWO; echo $INHERITED; echo $MINE"), "overridden\ntwo words\nhere\nmine", "output")


@case("--entrypoint, its removal, and the command after it")
def _(t):
    t.docker("run", "--rm", "--entrypoint", "echo", t.image, "a", "b").ok("a b")
    t.docker("run", "--rm", "--entrypoint", "", t.image, "echo", "c").ok("c")


@case("--workdir is made where it is missing")
def _(t):
    t.docker("run", "--rm", "-w", "/new/place", t.image, "pwd").ok("/new/place")


@case("--user by name, by number, with a group, and one that there is not")
def _(t):
    t.same(shown(t, ("-u", "nobody"), "id -u; id -g"), "65534\n65534", "nobody")
    t.same(shown(t, ("--user", "7:staff"), "id -u; id -g"), "7\n50", "numbers")
    told = t.docker("run", "--rm", "-u", "stranger", t.image, "true")
    t.same(told.code, 125, "exit code")
    t.true("unable to find user stranger: no matching entries in passwd file" in told.stderr, told.stderr)


@case("--group-add")
def _(t):
    t.same(shown(t, ("--group-add", "staff", "--group-add", "777"), "grep ^Groups /proc/self/status").split()[1:], t.here("group-add", ["0", "50", "777"]), "groups")


@case("--hostname, --domainname, --add-host, --dns and others")
def _(t):
    flags = ("-h", "box", "--domainname", "example.org", "--add-host", "friend:10.1.2.3", "--dns", "10.9.9.9", "--dns-search", "example.net", "--dns-option", "timeout:3")
    told = shown(t, flags, "hostname; cat /proc/sys/kernel/domainname; grep friend /etc/hosts; cat /etc/resolv.conf")
    t.true(told.startswith("box\nexample.org\n10.1.2.3\tfriend\n"), told)
    for line in ("nameserver 10.9.9.9", "search example.net", "options timeout:3"):
        t.true(line in told, f"{line!r} in {told!r}")
    t.true(shown(t, ("-h", "box"), "grep box /etc/hosts").endswith("\tbox"), "its own name is in /etc/hosts")


@case("--read-only, --tmpfs, --shm-size")
def _(t):
    told = shown(t, ("--read-only", "--tmpfs", "/scratch:size=1m,mode=700"), "touch /x 2>&1; touch /scratch/x && stat -c %a /scratch; df -k /scratch | tail -1 | awk '{print $2}'")
    t.same(told, "touch: /x: Read-only file system\n700\n1024", "output")
    t.same(shown(t, ("--shm-size", "3m"), "df -k /dev/shm | tail -1 | awk '{print $2}'"), "3072", "size")
    t.same(shown(t, (), "df -k /dev/shm | tail -1 | awk '{print $2}'"), "65536", "usual size")


@case("--volume of a directory, read-only, and by --mount")
def _(t):
    (t.directory / "file").write_text("content")
    told = t.docker("run", "--rm", "-v", f"{t.directory}:/data:ro", t.image, "sh", "-c", "cat /data/file; touch /data/x")
    told.ends(1, "content", "touch: /data/x: Read-only file system")
    t.docker("run", "--rm", "--mount", f"type=bind,source={t.directory},target=/data", t.image, "touch", "/data/made").ok()
    t.true((t.directory / "made").exists(), "the file is on the host")
    missing = t.directory / "missing"
    t.docker("run", "--rm", "--mount", f"type=bind,source={missing},target=/data", t.image).fails(
        f"docker: Error response from daemon: invalid mount config for type \"bind\": bind source path does not exist: {missing}\n\nRun 'docker run --help' for more information",
        code=125,
    )
    t.docker("run", "--rm", "-v", f"{missing}:/data", t.image, "true").ok()
    t.true(missing.is_dir(), "-v makes the directory")


@case("--mount type=tmpfs and type=volume, --volumes-from")
def _(t):
    volume, name = t.word(), t.name()
    t.later("volume", "rm", "-f", volume)
    t.same(shown(t, ("--mount", "type=tmpfs,target=/t,tmpfs-size=2m"), "df -k /t | tail -1 | awk '{print $2}'"), "2048", "size")
    t.docker("run", "--name", name, "--mount", f"type=volume,source={volume},target=/v", t.image, "sh", "-c", "echo kept > /v/file").ok()
    t.docker("run", "--rm", "--volumes-from", name, t.image, "cat", "/v/file").ok("kept")
    t.docker("run", "--rm", "--volumes-from", f"{name}:ro", t.image, "touch", "/v/x").fails("touch: /v/x: Read-only file system")


@case("--cap-add, --cap-drop, --privileged")
def _(t):
    mask = "grep CapEff /proc/self/status | awk '{print $2}'"
    usual = int(shown(t, (), mask), 16)
    t.same(usual, 0xA80425FB, "usual capabilities")
    t.same(int(shown(t, ("--cap-drop", "ALL", "--cap-add", "NET_ADMIN"), mask), 16), 1 << 12, "one capability")
    t.same(int(shown(t, ("--cap-drop", "chown"), mask), 16), usual & ~1, "one less")
    told = t.docker("run", "--rm", "--cap-add", "STRANGE", t.image)
    t.same(told.code, 125, "exit code")
    t.true('invalid CapAdd: unknown capability: "CAP_STRANGE"' in told.stderr, told.stderr)


@case("--privileged has every capability, for exec as well")
def _(t):
    t.needs_all_capabilities()
    mask = ("grep", "CapEff", "/proc/self/status")
    t.true(int(t.docker("run", "--rm", "--privileged", t.image, *mask).ok().split()[1], 16) & (1 << 21), "of the program")
    name = t.running("--cap-drop", "ALL")
    t.same(int(t.docker("exec", name, *mask).ok().split()[1], 16), 0, "usual capabilities")
    t.true(int(t.docker("exec", "--privileged", name, *mask).ok().split()[1], 16) & (1 << 21), "of exec")


@case("--security-opt no-new-privileges and seccomp=unconfined")
def _(t):
    status = "grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status | awk '{print $2}'"
    t.same(shown(t, (), status), "0\n2", "usual")
    t.same(shown(t, ("--security-opt", "no-new-privileges"), status), "1\n2", "no new privileges")
    t.same(shown(t, ("--security-opt", "seccomp=unconfined"), status), "0\n0", "no filter")


@case("limits are kept, and shown by inspect")
def _(t):
    name = t.name()
    flags = ("-m", "64m", "--memory-reservation", "32m", "--memory-swap", "64m", "-c", "512", "--cpus", "0.5", "--cpuset-cpus", "0", "--pids-limit", "99")
    t.docker("create", "--name", name, *flags, "--oom-score-adj", "5", "--ulimit", "nofile=100:200", t.image, "sh", "-c", "ulimit -n; ulimit -Hn; cat /proc/self/oom_score_adj; grep Cpus_allowed_list /proc/self/status").ok()
    limits = t.inspect(name, ".HostConfig")
    for key, value in {
        "Memory": 64 << 20, "MemoryReservation": 32 << 20, "MemorySwap": 64 << 20, "CpuShares": 512, "NanoCpus": 500_000_000,
        "CpusetCpus": "0", "PidsLimit": 99, "OomScoreAdj": 5, "Ulimits": [{"Name": "nofile", "Hard": 200, "Soft": 100}],
    }.items():
        t.same(limits[key], value, key)
    t.docker("start", "-a", name).ok("100\n200\n5\nCpus_allowed_list:\t0")


@case("limits that make no sense are refused")
def _(t):
    def refused(*flags):
        return t.docker("create", *flags, t.image).ends(1).stderr.split("\n")[0]

    t.same(refused("-m", "1m"), "Error response from daemon: Minimum memory limit allowed is 6MB", "-m")
    t.same(refused("--cpus", "1000"), f"Error response from daemon: {t.here('range-of-cpus', 'range of CPUs')} is from 0.01 to {cpus(t)}.00, as there are only {cpus(t)} CPUs available", "--cpus")
    t.same(
        refused("-m", "64m", "--memory-reservation", "128m"),
        "Error response from daemon: Minimum memory limit can not be less than memory reservation limit, see usage",
        "--memory-reservation",
    )
    t.same(refused("-m", "64m", "--memory-swap", "32m"), "Error response from daemon: Minimum memoryswap limit should be larger than memory limit, see usage", "--memory-swap")
    t.same(refused("--cpu-period", "10"), "Error response from daemon: CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)", "--cpu-period")


def cpus(t):
    return json.loads(t.docker("info", "--format", "{{json .NCPU}}").ok())


@case("--cpu-period, --cpu-quota, --cpuset-mems, --blkio-weight and the devices' limits are kept")
def _(t):
    name = t.name()
    t.docker("create", "--name", name, "--cpu-period", "50000", "--cpu-quota", "25000", "--cpuset-mems", "0", t.image).ok()
    limits = t.inspect(name, ".HostConfig")
    t.same((limits["CpuPeriod"], limits["CpuQuota"], limits["CpusetMems"]), (50000, 25000, "0"), "limits")


@case("--device, and access as it is granted")
def _(t):
    told = shown(t, ("--device", "/dev/null:/dev/nothing:rwm"), "stat -c '%t:%T' /dev/nothing; echo x > /dev/nothing && echo written")
    t.same(told, "1:3\nwritten", "output")
    t.same(t.docker("run", "--rm", "--device", "/dev/stock-nothing", t.image).code, 127, "exit code")


@case("--device-cgroup-rule")
def _(t):
    name = t.name()
    t.docker("create", "--name", name, "--device-cgroup-rule", "c 1:7 rwm", t.image).ok()
    t.same(t.inspect(name, ".HostConfig.DeviceCgroupRules"), ["c 1:7 rwm"], "rules")


@case("--sysctl, --ipc, --pid, --uts, --cgroupns")
def _(t):
    t.same(shown(t, ("--sysctl", "net.ipv4.ip_forward=0"), "cat /proc/sys/net/ipv4/ip_forward"), "0", "sysctl")
    t.same(shown(t, ("--pid", "host"), "readlink /proc/self/ns/pid"), shown(t, ("--pid", "host"), "readlink /proc/self/ns/pid"), "pid")
    first = t.running("--ipc", "shareable")
    t.same(shown(t, ("--ipc", f"container:{first}"), "readlink /proc/self/ns/ipc"), t.docker("exec", first, "readlink", "/proc/self/ns/ipc").ok(), "ipc")
    t.same(shown(t, ("--pid", f"container:{first}"), "ps -o args | grep -c '[s]leep 600'") != "0", True, "pid of another")
    t.same(shown(t, ("--uts", "host"), "hostname"), t.docker("info", "--format", "{{.Name}}").ok(), "uts")
    t.true(shown(t, ("--cgroupns", "host"), "readlink /proc/self/ns/cgroup") != shown(t, ("--cgroupns", "private"), "readlink /proc/self/ns/cgroup"), "cgroup")


@case("--network none, host, and another container's")
def _(t):
    t.same(shown(t, ("--network", "none"), "ls /sys/class/net"), "lo", "none")
    first = t.running()
    t.same(shown(t, ("--net", f"container:{first}"), "ip -4 addr show eth0 | grep inet"), t.docker("exec", first, "sh", "-c", "ip -4 addr show eth0 | grep inet").ok(), "another's")
    t.same(shown(t, ("--network", "host"), "readlink /proc/self/ns/net") != shown(t, (), "readlink /proc/self/ns/net"), True, "host")
    told = t.docker("run", "--rm", "--network", "stock-nothing", t.image)
    told.ends(125, "")
    t.same(told.stderr.split("\n")[0], t.here("network-missing", "docker: Error response from daemon: failed to set up container networking: network stock-nothing not found"), "error")
    told = t.docker("run", "--rm", "--network", "container:stock-nobody", t.image).ends(125, "")
    t.same(told.stderr.split("\n")[0], "docker: Error response from daemon: No such container: stock-nobody", "error")


@case("--publish, --publish-all and --expose, and port")
def _(t):
    name = t.running("-p", "127.0.0.1::80", "-p", "127.0.0.1::53/udp", "--expose", "90")
    told = t.docker("port", name).lines
    t.same(sorted(line.rpartition(":")[0] for line in told), ["53/udp -> 127.0.0.1", "80/tcp -> 127.0.0.1"], "ports")
    number = t.docker("port", name, "80").ok().rpartition(":")[2]
    t.docker("port", name, "80/tcp").ok(f"127.0.0.1:{number}")
    t.docker("port", name, "81").fails(f"Error: No public port '81' published for {name}")
    t.same(sorted(t.inspect(name, ".Config.ExposedPorts")), ["53/udp", "80/tcp", "90/tcp"], "exposed")
    everything = t.running("-P", "--expose", "90")
    t.same(sorted({line.split(" ")[0] for line in t.docker("port", everything).lines}), ["90/tcp"], "ports of all")
    t.docker("port", "stock-nobody").fails("Error response from daemon: No such container: stock-nobody")


@case("a port that is taken")
def _(t):
    first = t.running("-p", "127.0.0.1::80")
    number = t.docker("port", first, "80").ok().rpartition(":")[2]
    name = t.name()
    told = t.docker("run", "-d", "--name", name, "-p", f"127.0.0.1:{number}:80", t.image, "sleep", "60")
    t.same(told.code, 125, "exit code")
    t.true(f"Bind for 127.0.0.1:{number} failed: port is already allocated" in told.stderr, told.stderr)
    t.same(t.inspect(name, ".State.Status"), "created", "status")


@case("-l, --label-file, --annotation, --log-driver, --log-opt are shown by inspect")
def _(t):
    file, name = t.directory / "labels", t.name()
    file.write_text("from.file=yes\n")
    t.docker("create", "--name", name, "-l", "a=1", "--label", "empty", "--label-file", file, "--log-driver", "json-file", "--log-opt", "max-size=1m", t.image).ok()
    labels = t.inspect(name, ".Config.Labels")
    t.same({key: labels.get(key) for key in ("a", "empty", "from.file", "stock")}, {"a": "1", "empty": "", "from.file": "yes", "stock": "yes"}, "labels")
    t.same(t.inspect(name, ".HostConfig.LogConfig"), {"Type": "json-file", "Config": {"max-size": "1m"}}, "log")


@case("--init puts a small program before that of the container")
def _(t):
    told = shown(t, ("--init",), "cat /proc/1/comm; echo $$")
    t.true(told.split("\n")[1] != "1", told)
    name = t.running("--init")
    t.same(t.inspect(name, ".HostConfig.Init"), True, "init")


@case("--link to a container, on the bridge that all have")
def _(t):
    first = t.running()
    address = t.inspect(first, ".NetworkSettings.IPAddress")
    told = t.docker("run", "--rm", "--link", f"{first}:friend", t.image, "grep", "friend", "/etc/hosts")
    if t.here("link", True):
        t.true(told.ok().startswith(address + "\tfriend"), told.stdout)
    else:
        t.same(told.code, 125, "exit code")


@case("--mac-address, --ip are as told or refused")
def _(t):
    told = t.docker("run", "--rm", "--mac-address", "02:42:ac:11:00:77", t.image, "cat", "/sys/class/net/eth0/address")
    if t.here("link-address", True):
        told.ok("02:42:ac:11:00:77")
    address = ".".join([*t.inspect(t.running(), ".NetworkSettings.IPAddress").split(".")[:3], "251"])
    told = t.docker("run", "--rm", "--ip", address, t.image, "true")
    if t.here("address-on-the-bridge", "refused") == "refused":
        t.true("user specified IP address is supported on user defined networks only" in told.ends(125).stderr, told.stderr)
    else:
        told.ok()


@case("--runtime, --platform, --storage-opt that there are not")
def _(t):
    told = t.docker("run", "--rm", "--runtime", "stock-nothing", t.image)
    t.same(told.code, 125, "exit code")
    t.same(told.stderr.split("\n")[0], t.here("runtime", "docker: Error response from daemon: unknown or invalid runtime name: stock-nothing"), "error")


@case("--pull always asks, missing uses what is there")
def _(t):
    t.docker("run", "--rm", "--pull", "missing", t.image, "true").ok()
    t.same(t.docker("run", "--rm", "-q", "--pull", "always", "127.0.0.1:1/nothing", "true").code, 125, "exit code")


@case("a healthcheck is kept, or refused")
def _(t):
    name = t.name()
    told = t.docker("create", "--name", name, "--health-cmd", "true", "--health-interval", "1h", t.image)
    if t.here("health", True):
        told.ok(ID)
        t.same(t.inspect(name, ".Config.Healthcheck.Test"), ["CMD-SHELL", "true"], "test")
    else:
        t.same(told.code, 1, "exit code")
    off = t.name()
    t.docker("create", "--name", off, "--no-healthcheck", t.image).ok(ID)
