//! What a container may write to because its user gave it the rights, and what it has of the host to look at.

use super::await_text;
use crate::setup;

/// As a whole, and its first process in a cgroup of its own making.
const FREEZE: [&str; 2] = [
    "echo up; cd /sys/fs/cgroup; if test -d freezer; then echo FROZEN >freezer/freezer.state; else echo 1 >cgroup.freeze; fi; sleep 1000",
    "cd /sys/fs/cgroup; test -d freezer && cd freezer; mkdir a; echo 1 >a/cgroup.procs; echo up; \
     if test -f a/freezer.state; then echo FROZEN >a/freezer.state; else echo 1 >a/cgroup.freeze; fi; sleep 1000",
];

#[test]
fn a_container_that_freezes_itself_is_ended() {
    let Some(corten) = setup::busybox() else { return };
    let ends: [&[&str]; 4] = [
        &["stop", "--time", "0", "box"],
        &["stop", "--time", "1", "box"],
        &["kill", "box"],
        &["rm", "--force", "box"],
    ];
    for (end, freeze) in
        ends.iter().zip(FREEZE.iter().cycle()).chain(ends.iter().zip(FREEZE.iter().rev().cycle()))
    {
        let arguments = ["run", "--name", "box", "--privileged", "busybox", "sh", "-c", freeze];
        let mut client = corten.spawn(&mut corten.command(&arguments));
        await_text(&mut client, "up\n");
        corten.run(end).success();
        assert_eq!(client.wait().unwrap().code(), Some(137), "{end:?}");
        corten.run(&["rm", "--force", "box"]);
    }
}

#[test]
fn cgroups_that_a_container_has_made_go_with_it() {
    let Some(corten) = setup::busybox() else { return };
    let nest = "cd /sys/fs/cgroup; test -d pids && cd pids; mkdir -p a/b/c d; sleep 1000 & echo $! >a/b/c/cgroup.procs; \
                echo up; sleep 1000";
    let arguments = ["run", "--name", "box", "--privileged", "busybox", "sh", "-c", nest];
    let mut client = corten.spawn(&mut corten.command(&arguments));
    await_text(&mut client, "up\n");
    corten.run(&["top", "box"]).success();
    corten.run(&["stop", "--time", "0", "box"]).success();
    assert_eq!(client.wait().unwrap().code(), Some(137));
    // That nothing is left is seen to when the engine goes.
}

#[test]
fn nothing_of_the_host_is_there_to_be_traced() {
    let Some(corten) = setup::busybox() else { return };
    corten
        .run(&["run", "--detach", "--name", "box", "--cap-add", "SYS_PTRACE", "busybox", "sleep", "1000"])
        .success();
    let look = "for process in /proc/[0-9]*; do readlink $process/exe; done | sort | uniq; ls /proc | grep -c '^[0-9]'";
    let seen = corten.run(&["exec", "box", "sh", "-c", look]).success().stdout();
    let programs: Vec<&str> = seen.lines().filter(|line| line.starts_with('/')).collect();
    assert_eq!(programs, ["/bin/busybox"], "{seen}");
    // The parent of both, which is outside, is nobody.
    let parents =
        corten.run(&["exec", "box", "sh", "-c", "grep -h PPid /proc/1/status /proc/$$/status"]).success();
    assert_eq!(parents.stdout(), "PPid:\t0\nPPid:\t0\n");
}
