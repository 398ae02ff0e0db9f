//! Who looks after whom, as the kernel has it.

use std::fs;

use corten_testkit::Corten;
use rustix::{
    event::{PollFd, PollFlags, poll},
    process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal},
};

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

/// The children of a process.
pub(crate) fn children_of(process: u32) -> Vec<u32> {
    let children =
        fs::read_to_string(format!("/proc/{process}/task/{process}/children")).expect("its children");
    children.split_whitespace().map(|pid| pid.parse().expect("a number")).collect()
}

/// Returns when the process is gone, with its descriptors and locks; a signal alone is only on its way.
pub(crate) fn kill_and_wait(process: u32) {
    let pid = i32::try_from(process).ok().and_then(Pid::from_raw).expect("a process id");
    let handle = pidfd_open(pid, PidfdFlags::empty()).expect("a living process");
    pidfd_send_signal(&handle, Signal::KILL).expect("a signal");
    poll(&mut [PollFd::new(&handle, PollFlags::IN)], None).expect("its end");
}
