//! Who looks after whom, as the kernel has it.

use std::fs;

use corten_testkit::Corten;

/// The monitor of a running container.
pub(crate) fn monitor_of(corten: &Corten, container: &str) -> u32 {
    parent_of(&corten.run(&["inspect", "--format", "{{.State.Pid}}", container]).success().line())
}

/// The parent of a process: of a container's first one, that is its monitor.
pub(crate) fn parent_of(process: &str) -> u32 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("its status");
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:")).expect("its parent");
    parent.trim().parse().expect("a number")
}
