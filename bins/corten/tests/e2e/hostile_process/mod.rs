//! Living with a hostile process: whatever it does, its monitor and every command go on, limits hold, and it can be ended and removed.

mod crowds;
mod disk;
mod endings;
mod kernel_files;
mod output;
mod terminal_escapes;

use std::fs;
use std::io::Read as _;
use std::process::Child;

use corten_testkit::Corten;

/// What a process has in memory of its own, in KiB.
fn memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("its status");
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("its memory");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// More than a monitor ever needs, and much less than it is flooded with, in KiB.
const ENOUGH: u64 = 8 << 10;

/// Waits until the command has written `text`, at the beginning of its output.
#[track_caller]
fn await_text(child: &mut Child, text: &str) {
    let mut read = vec![0; text.len()];
    child.stdout.as_mut().expect("a pipe").read_exact(&mut read).expect("output");
    assert_eq!(String::from_utf8_lossy(&read), text);
}

/// Commands about a container, and about all of them, do what they do.
#[track_caller]
fn assert_responsive(corten: &Corten, container: &str) {
    assert_eq!(corten.run(&["exec", container, "echo", "here"]).success().line(), "here");
    assert!(
        corten
            .run(&["ps", "--format", "{{.Names}}"])
            .success()
            .stdout()
            .lines()
            .any(|name| name == container)
    );
    corten.run(&["top", container, "-o", "pid"]).success();
    corten.run(&["logs", "--tail", "1", container]).success();
}
