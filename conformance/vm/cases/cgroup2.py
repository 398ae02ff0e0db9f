"""Limits, statistics, pausing, OOM and parents on cgroup v2, in the scope that systemd delegates."""

FILES = {
    "memory.max": "67108864",
    "memory.swap.max": "0",
    "memory.low": "33554432",
    "cpu.max": "50000 100000",
    "cpuset.cpus": "0",
    "pids.max": "50",
    "io.max": "254:0 rbps=1048576 wbps=max riops=max wiops=max",
}
LIMITS = """-m 64m --memory-swap 64m --memory-reservation 32m --cpus 0.5 --cpuset-cpus 0 --pids-limit 50
 --device-read-bps /dev/vda:1mb""".replace("\n", "")
GROWS = "x=a; while :; do x=$x$x; done"


def run(installed, options):
    installed.boot()
    installed.install()
    installed.says("stat -fc %T /sys/fs/cgroup", "cgroup2fs")
    limits(installed)
    usage(installed)
    pausing(installed)
    endings(installed)
    places(installed)
    installed.sh("corten rm -f $(corten ps -aq)")
    installed.is_clean()
    for program in options.tests:
        own_tests(installed, program)


def cgroup(installed, name):
    """The directory of a container's cgroup."""
    pid = installed.sh(f"corten inspect -f '{{{{.State.Pid}}}}' {name}")
    return "/sys/fs/cgroup" + installed.sh(f"cut -d: -f3 /proc/{pid}/cgroup")


def limits(installed):
    installed.sh(f"corten run -d --name limited {LIMITS} busybox sleep 9999")
    place = cgroup(installed, "limited")
    assert place.startswith("/sys/fs/cgroup/system.slice/corten-") and ".scope/" in place, place
    installed.says(f"systemctl show -P Delegate {place.split('/')[5]}", "yes")
    for name, value in FILES.items():
        installed.says(f"cat {place}/{name}", value)
    installed.sh("corten update -m 128m --memory-swap 128m --cpus 1 --pids-limit 60 limited")
    installed.says(f"cat {place}/memory.max {place}/cpu.max {place}/pids.max", "134217728\n100000 100000\n60")
    # What the kernel refuses is taken back, all of it.
    installed.fails("corten update --pids-limit 70 --cpuset-cpus 99 limited")
    installed.says(f"cat {place}/pids.max", "60")


def usage(installed):
    installed.sh("corten exec limited sh -c 'dd if=/dev/zero of=/tmp/file bs=1M count=4 2>/dev/null && sync'")
    fields = "{{.Name}} {{.MemUsage}} {{.PIDs}}"
    name, used, _, limit, processes = installed.sh(f"corten stats --no-stream --format '{fields}' limited").split()
    assert (name, limit, processes) == ("limited", "128MiB", "1") and used[0] != "0", (name, used, limit, processes)
    assert "B / 0B" not in installed.sh("corten stats --no-stream --format '{{.BlockIO}}' limited")


def pausing(installed):
    place = cgroup(installed, "limited")
    installed.sh("corten pause limited")
    installed.says(f"grep frozen {place}/cgroup.events", "frozen 1")
    installed.says("corten ps --format '{{.Status}}' | grep -c Paused", "1")
    installed.sh("corten unpause limited")
    installed.says(f"grep frozen {place}/cgroup.events", "frozen 0")
    installed.sh("corten restart -t 0 limited")
    installed.says(f"cat {cgroup(installed, 'limited')}/pids.max", "60")


def endings(installed):
    installed.sh(f"corten run --name greedy -m 16m --memory-swap 16m busybox sh -c '{GROWS}'; test $? = 137")
    installed.says("corten inspect -f '{{.State.OOMKilled}} {{.State.ExitCode}}' greedy", "true 137")
    assert "it had reached its own memory limit" in installed.sh("corten why died greedy")
    forks = "for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait"
    assert "can't fork" in installed.fails(f"corten run --rm --pids-limit 5 busybox sh -c '{forks}'")
    installed.sh("corten run -d --name again --restart on-failure:2 busybox sh -c 'exit 3'; corten wait again")
    installed.sh("until corten inspect -f '{{.State.Status}} {{.RestartCount}}' again | grep -q 'exited 2'; do sleep 0.2; done", 60)


def places(installed):
    for parent in ("/mine", "/my.slice"):
        installed.sh(f"corten run -d --name placed --cgroup-parent {parent} busybox sleep 9999")
        assert cgroup(installed, "placed").startswith(f"/sys/fs/cgroup{parent}/")
        installed.sh("corten rm -f placed")
    installed.says("corten run --rm busybox cat /proc/self/cgroup", "0::/")
    made = "mkdir /sys/fs/cgroup/x && rmdir /sys/fs/cgroup/x && echo made"
    installed.says(f"corten run --rm --privileged busybox sh -c '{made}'", "made")
    # Without root there is a clear error.
    installed.sh("id stranger >/dev/null 2>&1 || useradd -m stranger")
    refused = installed.fails("cd /home/stranger && su stranger -c 'corten --root r --run-root rr ps'")
    assert refused == "an engine without a daemon needs root for now: run this with sudo", refused


def own_tests(installed, program):
    """A test program of the project's, in there."""
    target = f"/root/{program.name}"
    installed.machine.put(program, target)
    done = installed.machine.ssh(f"CI= {target} --test-threads 2", check=False, timeout=1800)
    summary = [line for line in done.stdout.splitlines() if line.startswith(("test result", "failures:", "    "))]
    print(f"  {program.name}: " + "\n    ".join(summary[-12:]), flush=True)
    assert done.returncode == 0, f"{program.name} failed"
