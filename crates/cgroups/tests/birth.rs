//! A process born into its cgroup by [`corten_cgroups::JoinHandles`], the way a container is.
//!
//! Without a harness: cloning takes a process that has one thread, which test harnesses do not have.

use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;
use std::time::Duration;

use corten_cgroups::Layout;
use corten_spec::runtime::Resources;
use corten_sys::clone::{Clone3, spawn};
use rustix::process::{WaitId, WaitIdOptions, waitid};
use rustix::thread::ThreadNameSpaceType;

const NAME: &str = "a_child_is_in_every_hierarchy_of_its_cgroup_from_its_first_instruction";

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--list") {
        // What test runners ask a harness for; nothing here is ignored.
        if !std::env::args().any(|argument| argument == "--ignored") {
            println!("{NAME}: test");
        }
        return ExitCode::SUCCESS;
    }
    match child_is_born_in_its_cgroup() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{NAME}: {message}");
            ExitCode::FAILURE
        }
    }
}

fn child_is_born_in_its_cgroup() -> Result<(), String> {
    let layout = Layout::detect().map_err(|error| error.to_string())?;
    let path = format!("/corten-test-{}-birth", std::process::id());
    let cgroup = layout.create(&path, &Resources::default()).map_err(|error| error.to_string())?;
    let outcome = born_inside(&cgroup, &path);
    cgroup.remove(Duration::from_secs(10)).map_err(|error| error.to_string())?;
    outcome
}

fn born_inside(cgroup: &corten_cgroups::Cgroup, path: &str) -> Result<(), String> {
    let handles = cgroup.join_handles().map_err(|error| error.to_string())?;
    let arguments = Clone3 {
        namespaces: ThreadNameSpaceType::empty(),
        cgroup: handles.unified.as_ref().map(OwnedFd::as_fd),
    };
    let joined = |tasks: &OwnedFd| rustix::io::write(tasks, b"0").is_ok();
    let child =
        spawn(&arguments, || i32::from(!(handles.tasks.iter().all(joined) && is_everywhere_in(path))))
            .map_err(|error| format!("clone: {error}"))?;
    let status = waitid(WaitId::PidFd(child.pidfd.as_fd()), WaitIdOptions::EXITED)
        .map_err(|errno| format!("wait: {errno}"))?
        .ok_or("wait: nobody there")?;
    match status.exit_status() {
        Some(0) => Ok(()),
        other => Err(format!("the child was not in `{path}` everywhere, or could not look: {other:?}")),
    }
}

/// Whether every hierarchy has this process in `path`; only named ones, which are other people's, may differ.
fn is_everywhere_in(path: &str) -> bool {
    let Ok(text) = fs::read_to_string("/proc/self/cgroup") else { return false };
    text.lines().all(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let controllers = fields.next().unwrap_or_default();
        let ours = controllers
            .split(',')
            .all(|one| !one.starts_with("name=") && one != "perf_event" && one != "misc");
        !ours || fields.next() == Some(path)
    })
}
