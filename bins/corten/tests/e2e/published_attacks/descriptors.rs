//! What careless callers leave open.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::path::PathBuf;

use corten_testkit::{Corten, host};
use rustix::io::{FdFlags, fcntl_setfd};

use super::refused;
use crate::setup;

/// A directory of the host, open in everything that is started from now on.
fn leak(corten: &Corten) -> File {
    let secret = corten.root().scratch().join("secret");
    fs::create_dir(&secret).expect("a working machine");
    let file = File::open(secret).expect("a working machine");
    fcntl_setfd(&file, FdFlags::empty()).expect("a working machine");
    file
}

/// CVE-2024-21626: through all that stands between a caller and a container.
#[test]
fn what_the_caller_left_open_reaches_neither_containers_nor_sessions() {
    let Some(corten) = setup::busybox() else { return };
    let leaked = leak(&corten);
    let look = ["sh", "-c", "ls -l /proc/self/fd /proc/1/fd"];
    let options: [&[&str]; 2] = [&[], &["--init"]];
    for option in options {
        let first = corten
            .run(&[&["run", "--rm"], option, &["busybox"], look.as_slice()].concat())
            .success()
            .stdout();
        corten
            .run(&[&["run", "--detach", "--name", "box"], option, &["busybox", "sleep", "1000"]].concat())
            .success();
        let further = corten.run(&[&["exec", "box"], look.as_slice()].concat()).success().stdout();
        for shown in [first, further] {
            let foreign = shown
                .lines()
                .filter_map(|line| line.split_once(" -> "))
                .find(|(_, target)| !is_its_own(target));
            assert_eq!(foreign, None, "{option:?}\n{shown}");
        }
        let directory = format!("/proc/self/fd/{}", leaked.as_raw_fd());
        refused(&corten.run(&["exec", "--workdir", &directory, "box", "pwd"]), "chdir to cwd");
        refused(
            &corten.run(&["run", "--rm", "--workdir", &directory, "busybox", "pwd"]),
            "working directory",
        );
        corten.run(&["rm", "--force", "box"]).success();
    }
}

/// What serves a container lives longer than whoever started it: a lock or a pipe of theirs that it kept open would never end.
#[test]
fn what_the_caller_left_open_is_not_kept_open_by_what_stays() {
    let Some(corten) = setup::busybox() else { return };
    let leaked = leak(&corten);
    corten.run(&["run", "--detach", "--rm", "--name", "box", "busybox", "sleep", "1000"]).success();
    corten.run(&["exec", "--detach", "box", "sleep", "1000"]).success();
    let staying = host::processes().into_iter().filter(|pid| *pid != std::process::id());
    let secret = corten.root().scratch().join("secret");
    let mut seen = BTreeSet::<String>::new();
    for pid in staying.filter(|pid| serves(&corten, *pid)) {
        // Some end at this moment.
        let Ok(name) = fs::read_to_string(format!("/proc/{pid}/comm")) else { continue };
        let name = name.trim_end().to_owned();
        let open = open_files(pid);
        assert!(!open.contains(&secret), "{name} has {open:?}");
        seen.insert(name);
    }
    let expected = ["corten-monitor", "corten-keeper", "corten-reaper"];
    assert!(expected.iter().all(|name| seen.contains(*name)), "{seen:?}");
    corten.run(&["rm", "--force", "box"]).success();
    drop(leaked);
}

/// Whether it serves this engine's containers, by its command line.
fn serves(corten: &Corten, pid: u32) -> bool {
    let scratch = corten.root().scratch().to_string_lossy().into_owned();
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&command).contains(&scratch)
}

/// What its descriptors lead to.
fn open_files(pid: u32) -> Vec<PathBuf> {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    descriptors.filter_map(|one| fs::read_link(one.path()).ok()).collect()
}

/// Its streams, the directory that is being read, and how the reaping init hears of signals.
fn is_its_own(target: &str) -> bool {
    ["pipe:", "/dev/null", "/proc/", "anon_inode:[signalfd]"].iter().any(|own| target.starts_with(own))
}
