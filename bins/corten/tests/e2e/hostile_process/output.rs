//! Floods of output, readers that stop, and input that nobody reads.

use std::fs;
use std::io::{Read as _, Write as _};
use std::process::{Child, Stdio};
use std::time::Duration;

use corten_testkit::Corten;
use rustix::process::{Pid, Signal, kill_process};

use super::{ENOUGH, assert_responsive, await_text, memory};
use crate::monitors::monitor_of;
use crate::setup;

fn signal(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a process id");
    kill_process(pid, signal).expect("a signal");
}

/// A container that writes without end, whose client is stopped by somebody.
fn with_a_stopped_reader(corten: &Corten) -> Child {
    let flood =
        ["run", "--name", "box", "--log-opt", "max-size=1m", "busybox", "sh", "-c", "echo up; exec yes"];
    let mut client = corten.spawn(&mut corten.command(&flood));
    await_text(&mut client, "up\n");
    while is_stopped_in_a_write(&client) {
        signal(&client, Signal::CONT);
    }
    client
}

/// Stops the client; whether that was in the middle of a write to the database, which is another matter (see `survival`).
fn is_stopped_in_a_write(client: &Child) -> bool {
    signal(client, Signal::STOP);
    let read = |path: &str| fs::read_to_string(path).expect("a working machine");
    while !read(&format!("/proc/{}/status", client.id())).contains("State:\tT") {
        std::thread::sleep(Duration::from_millis(1));
    }
    let holder = format!(" WRITE {} ", client.id());
    read("/proc/locks").lines().any(|line| line.contains("POSIX") && line.contains(&holder))
}

#[test]
fn a_stopped_reader_keeps_nobody_from_anything() {
    let Some(corten) = setup::busybox() else { return };
    let mut client = with_a_stopped_reader(&corten);
    assert_responsive(&corten, "box");
    assert!(memory(monitor_of(&corten, "box")) < ENOUGH);
    corten.run(&["kill", "box"]).success();
    assert_eq!(corten.run(&["wait", "box"]).success().line(), "137");
    corten.run(&["start", "box"]).success();
    corten.run(&["rm", "--force", "box"]).success();
    signal(&client, Signal::CONT);
    // It hears the rest, and the end.
    let mut rest = Vec::new();
    client.stdout.take().unwrap().read_to_end(&mut rest).unwrap();
    assert_eq!(client.wait().unwrap().code(), Some(137));
}

#[test]
fn a_container_goes_on_when_its_stopped_reader_is_gone() {
    let Some(corten) = setup::busybox() else { return };
    let mut client = with_a_stopped_reader(&corten);
    client.kill().and_then(|()| client.wait()).expect("its end");
    let mut other = corten.spawn(&mut corten.command(&["attach", "box"]));
    // More than pipes and sockets between the two hold.
    let mut lines = vec![0; 4 << 20];
    other.stdout.as_mut().unwrap().read_exact(&mut lines).unwrap();
    other.kill().and_then(|()| other.wait()).expect("its end");
}

/// CVE-2022-1708, CVE-2022-31030: what a session writes is collected by nobody.
#[test]
fn a_session_that_floods_takes_no_memory_of_its_monitor() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--detach", "--name", "box", "busybox", "sleep", "1000"]).success();
    let monitor = monitor_of(&corten, "box");
    let mut read = corten.spawn(&mut corten.command(&["exec", "box", "yes"]));
    let mut stopped = corten.spawn(&mut corten.command(&["exec", "box", "yes"]));
    await_text(&mut stopped, "y\n");
    signal(&stopped, Signal::STOP);
    corten.run(&["exec", "--detach", "box", "yes"]).success();
    let mut lines = vec![0; 32 << 20];
    read.stdout.as_mut().unwrap().read_exact(&mut lines).unwrap();
    assert!(memory(monitor) < ENOUGH, "{} KiB", memory(monitor));
    assert_responsive(&corten, "box");
    corten.run(&["stop", "--time", "0", "box"]).success();
    signal(&stopped, Signal::CONT);
    for mut client in [read, stopped] {
        drop(client.stdout.take());
        client.wait().unwrap();
    }
}

/// CVE-2025-64329: clients that come and go leave nothing in the monitor.
#[test]
fn clients_that_come_and_go_leave_nothing_behind() {
    let Some(corten) = setup::busybox() else { return };
    let chatter = "echo up; while sleep 0.01; do echo x; done";
    corten
        .run(&["run", "--detach", "--interactive", "--name", "box", "busybox", "sh", "-c", chatter])
        .success();
    let monitor = monitor_of(&corten, "box");
    let open = || fs::read_dir(format!("/proc/{monitor}/fd")).unwrap().count();
    let visit = || {
        let mut client = corten.spawn(&mut corten.command(&["attach", "box"]));
        client.stdout.as_mut().unwrap().read_exact(&mut [0; 2]).unwrap();
        client.kill().and_then(|()| client.wait()).expect("its end");
        corten.run(&["exec", "box", "true"]).success();
    };
    visit();
    let before = open();
    (0..8).for_each(|_| visit());
    // The last of them may still be on its way out.
    assert!(open() <= before + 2, "{} descriptors were open, and are {}", before, open());
}

#[test]
fn input_that_nobody_reads_is_held_back_and_holds_nobody_up() {
    let Some(corten) = setup::busybox() else { return };
    let mut command = corten.command(&[
        "run",
        "--interactive",
        "--name",
        "box",
        "busybox",
        "sh",
        "-c",
        "echo up; exec sleep 1000",
    ]);
    let mut client = corten.spawn(command.stdin(Stdio::piped()));
    await_text(&mut client, "up\n");
    let mut stdin = client.stdin.take().unwrap();
    rustix::io::ioctl_fionbio(&stdin, true).unwrap();
    let block = vec![b'x'; 1 << 16];
    let mut accepted = 0;
    // Until it is held back: the pipe stays full for as long as anybody on the way could have taken something.
    while let Ok(count) = retry(&mut stdin, &block) {
        accepted += count;
        assert!(accepted < 16 << 20, "somebody collects what nobody reads");
    }
    assert!(memory(monitor_of(&corten, "box")) < ENOUGH);
    assert_responsive(&corten, "box");
    corten.run(&["stop", "--time", "0", "box"]).success();
    assert_eq!(client.wait().unwrap().code(), Some(137));
}

/// Writes once there is room; fails when there is none for a while.
fn retry(stdin: &mut std::process::ChildStdin, block: &[u8]) -> std::io::Result<usize> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let patience = Timespec { tv_sec: 0, tv_nsec: 300_000_000 };
    poll(&mut [PollFd::new(&*stdin, PollFlags::OUT)], Some(&patience))?;
    stdin.write(block)
}
