"""Limits of `run`, `create` and `update`, as inspect and the container's files tell them."""

import glob
import os
import re

from harness.case import ID, group

case = group("container limits")


def made(t, *flags):
    """What inspect says of a container that was created with these flags."""
    name = t.name()
    t.docker("create", "--name", name, *flags, t.image).ok(ID)
    return t.inspect(name, ".HostConfig")


@case("--device-read-bps, --device-write-bps, --device-read-iops, --device-write-iops")
def _(t):
    rates = {"read-bps": "BlkioDeviceReadBps", "write-bps": "BlkioDeviceWriteBps", "read-iops": "BlkioDeviceReadIOps", "write-iops": "BlkioDeviceWriteIOps"}
    flags = [word for flag in rates for word in (f"--device-{flag}", "/dev/null:1000")]
    told = made(t, *flags)
    for key in rates.values():
        t.same(told[key], [{"Path": "/dev/null", "Rate": 1000}], key)


@case("--memory-reservation, --memory-swappiness, --oom-score-adj, --pids-limit, --cpu-period, --cpu-quota")
def _(t):
    flags = ("--memory", "64m", "--memory-reservation", "32m", "--memory-swap", "64m", "--oom-score-adj", "100", "--pids-limit", "77", "--cpu-period", "50000", "--cpu-quota", "20000")
    told = made(t, *flags)
    t.same((told["MemoryReservation"], told["OomScoreAdj"], told["PidsLimit"], told["CpuPeriod"], told["CpuQuota"]), (32 << 20, 100, 77, 50000, 20000), "limits")
    t.docker("run", "--rm", *flags, t.image, "cat", "/proc/self/oom_score_adj").ok("100")


@case("--ulimit, --cpu-shares, --cpuset-cpus, --cpuset-mems, --cpus")
def _(t):
    flags = ("--ulimit", "nofile=100:200", "-c", "300", "--cpuset-cpus", "0", "--cpuset-mems", "0", "--cpus", "0.5")
    told = made(t, *flags)
    t.same((told["CpuShares"], told["CpusetCpus"], told["CpusetMems"], told["NanoCpus"]), (300, "0", "0", 500_000_000), "limits")
    t.same(told["Ulimits"], [{"Name": "nofile", "Hard": 200, "Soft": 100}], "ulimits")
    t.docker("run", "--rm", *flags, t.image, "sh", "-c", "ulimit -n; ulimit -Hn; grep Cpus_allowed_list /proc/self/status").ok("100\n200\nCpus_allowed_list:\t0")


@case("--platform of the image, and one that it has not")
def _(t):
    machine = t.inspect(t.image, ".Architecture")
    t.docker("run", "--rm", "--platform", f"linux/{machine}", t.image, "echo", "x").ok("x")
    t.same(t.docker("run", "--rm", "--pull", "never", "--platform", "linux/s390x", t.image, "true").code, 125, "exit code")


@case("--userns=host, --annotation, --network-alias on the bridge")
def _(t):
    if t.here("annotation", True):
        t.same(made(t, "--annotation", "a=b")["Annotations"], {"a": "b"}, "annotations")
    else:
        t.docker("create", "--annotation", "a=b", t.image).fails('"--annotation" requires API version 1.43, but the Docker daemon API version is 1.41')
    t.docker("run", "--rm", "--userns", "host", t.image, "cat", "/proc/self/uid_map").ok(re.compile(r" *0 +0 +4294967295"))
    told = t.docker("run", "--rm", "--network-alias", "friend", t.image, "true").ends(125)
    t.true("network-scoped alias" in told.stderr, told.stderr)


@case("health checks of create are kept as they were told")
def _(t):
    name = t.name()
    flags = ("--health-cmd", "true", "--health-interval", "1h", "--health-retries", "3", "--health-timeout", "5s", "--health-start-period", "2s")
    told = t.docker("create", "--name", name, *flags, t.image)
    if not t.here("health", True):
        return t.same(told.code, 1, "exit code")
    told.ok(ID)
    second = 10**9
    t.same(
        t.inspect(name, ".Config.Healthcheck"),
        {"Test": ["CMD-SHELL", "true"], "Interval": 3600 * second, "Timeout": 5 * second, "StartPeriod": 2 * second, "Retries": 3},
        "check",
    )


@case("--cgroup-parent is where the container's group is")
def _(t):
    name = t.running("--cgroup-parent", "/stock-client")
    t.same(t.inspect(name, ".HostConfig.CgroupParent"), "/stock-client", "parent")
    with open(f"/proc/{t.inspect(name, '.State.Pid')}/cgroup") as groups:
        t.true(all(line.rstrip().split(":")[2].startswith("/stock-client/") for line in groups if ":memory:" in line or line.startswith("0::/s")), "groups")
    t.docker("rm", "--force", name).ok()
    # Engines make the group that they are told of, and leave it: somebody else may be in it.
    for group in glob.glob("/sys/fs/cgroup/stock-client") + glob.glob("/sys/fs/cgroup/*/stock-client"):
        os.rmdir(group)


@case("rm --link wants a link")
def _(t):
    t.same(t.docker("rm", "--link", "/stock-nobody/friend").code, 1, "exit code")
