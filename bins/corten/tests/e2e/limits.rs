//! Limits hold, and what ran into one is told.

use crate::setup;

#[test]
fn a_memory_hog_is_killed_and_that_is_told() {
    let Some(corten) = setup::busybox() else { return };
    let hog = "exec dd if=/dev/zero of=/dev/null bs=200M count=1";
    let limits = ["--memory", "16m", "--memory-swap", "16m"];
    let arguments = [&["run", "--name", "hog"], limits.as_slice(), &["busybox", "sh", "-c", hog]].concat();
    corten.run(&arguments).exited(137);
    let state = "{{.State.OOMKilled}} {{.State.ExitCode}}";
    assert_eq!(corten.run(&["inspect", "--format", state, "hog"]).success().line(), "true 137");
}

#[test]
fn a_fork_bomb_stops_at_the_limit() {
    let Some(corten) = setup::busybox() else { return };
    // The inner shell fails when it cannot fork any more, and leaves what it has begun to the first process.
    let bomb = "sh -c 'while :; do sleep 1000 & done' 2>/dev/null; echo full; exec sleep 1000";
    let arguments = ["run", "--name", "bomb", "--pids-limit", "20", "busybox", "sh", "-c", bomb];
    let mut client = corten.spawn(&mut corten.command(&arguments));
    let mut full = [0; 5];
    std::io::Read::read_exact(client.stdout.as_mut().unwrap(), &mut full).unwrap();
    let processes = corten.run(&["top", "bomb", "-o", "pid,comm"]).success().stdout();
    assert_eq!(processes.lines().skip(1).count(), 19, "{processes}");
    // A shell from outside is the 20th.
    let refused = corten.run(&["exec", "bomb", "sh", "-c", "(true; true); true"]).exited(2);
    assert!(refused.stderr().contains("can't fork"), "{}", refused.stderr());
    corten.run(&["kill", "bomb"]).success();
    assert_eq!(client.wait().unwrap().code(), Some(137));
}

#[test]
fn a_share_of_a_cpu_is_no_more_than_that() {
    let Some(corten) = setup::busybox() else { return };
    // The kernel's clocks, both in hundredths of a second: what this shell has used, and how long the system is up.
    let busy = "used() { read -r line < /proc/$$/stat; set -- ${line##*)}; echo $((${12} + ${13})); }; \
                up() { read -r up _ < /proc/uptime; echo ${up%.*}${up#*.}; }; \
                from=$(up); till=$((from + 100)); now=$from; \
                while [ $now -lt $till ]; do i=0; while [ $i -lt 1000 ]; do i=$((i+1)); done; now=$(up); done; \
                echo $(used) $((now - from))";
    let outcome = corten.run(&["run", "--rm", "--cpus", "0.2", "busybox", "sh", "-c", busy]).success();
    let line = outcome.line();
    let (used, passed) = line.split_once(' ').unwrap();
    let (used, passed): (u32, u32) = (used.parse().unwrap(), passed.parse().unwrap());
    // A fifth, and what the first and the last period of 100 ms may hold on top. A busy machine gives less, never more.
    assert!(used * 5 <= passed + 30, "{used} of {passed} hundredths of a second");
}

#[test]
fn limits_reach_the_kernel() {
    let Some(corten) = setup::busybox() else { return };
    let limits = ["--ulimit", "nofile=123:456", "--shm-size", "3m", "--oom-score-adj", "77"];
    let script = "ulimit -n; ulimit -Hn; df -k /dev/shm | tail -1 | tr -s ' ' | cut -d' ' -f2; cat /proc/self/oom_score_adj";
    let arguments = [&["run", "--rm"], limits.as_slice(), &["busybox", "sh", "-c", script]].concat();
    assert_eq!(corten.run(&arguments).success().stdout(), "123\n456\n3072\n77\n");
}

/// A block device of this machine.
fn block_device() -> Option<String> {
    let names = std::fs::read_dir("/sys/block").ok()?.flatten().map(|entry| entry.file_name());
    let mut paths = names.map(|name| format!("/dev/{}", name.to_string_lossy()));
    paths.find(|path| std::path::Path::new(path).exists())
}

#[test]
fn rates_of_a_block_device_reach_the_kernel_and_are_shown() {
    let Some(corten) = setup::busybox() else { return };
    let Some(device) = block_device() else {
        println!("skipped: this machine has no block device");
        return;
    };
    let (bytes, operations) = (format!("{device}:1mb"), format!("{device}:77"));
    let script = "cd /sys/fs/cgroup; cat io.max blkio/blkio.throttle.read_bps_device \
                  blkio/blkio.throttle.write_iops_device 2>/dev/null; true";
    let flags = ["--device-read-bps", &bytes, "--device-write-iops", &operations];
    let arguments = [&["run", "--name", "box"], flags.as_slice(), &["busybox", "sh", "-c", script]].concat();
    let told = corten.run(&arguments).success().stdout();
    assert!(told.contains("1048576") && told.contains("77"), "{told}");
    let format = "{{json .HostConfig.BlkioDeviceReadBps}} {{json .HostConfig.BlkioDeviceWriteIOps}}";
    let expected = format!(r#"[{{"Path":"{device}","Rate":1048576}}] [{{"Path":"{device}","Rate":77}}]"#);
    assert_eq!(corten.run(&["inspect", "--format", format, "box"]).success().line(), expected);
    let missing = corten.run(&["run", "--device-read-bps", "/dev/none:1", "busybox", "true"]).exited(127);
    assert!(missing.stderr().contains("stat /dev/none"), "{}", missing.stderr());
}

#[test]
fn a_container_lies_below_the_cgroup_that_was_asked_for() {
    let Some(corten) = setup::busybox() else { return };
    let parent = format!("corten-parent-{}", std::process::id());
    let run = ["run", "-d", "--name", "box", "--cgroup-parent", &parent, "busybox", "sleep", "1000"];
    let id = corten.run(&run).success().line();
    let pid = corten.run(&["inspect", "--format", "{{.State.Pid}}", "box"]).success().line();
    let cgroups = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
    let expected = format!(":/{parent}/{id}");
    assert!(cgroups.lines().any(|line| line.ends_with(&expected)), "{cgroups}");
    assert_eq!(corten.run(&["stats", "--no-stream", "--format", "{{.PIDs}}", "box"]).success().line(), "1");
    corten.run(&["rm", "-f", "box"]).success();
    // The parent is whoever's asked for it, here the test's.
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    for mount in mounts.lines().filter(|line| line.contains(" - cgroup")) {
        let mount = mount.split(' ').nth(4).unwrap();
        let _ = std::fs::remove_dir(std::path::Path::new(mount).join(&parent));
    }
}
