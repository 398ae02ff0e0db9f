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

const NAME: &str = "a_child_is_born_into_its_cgroup_or_moves_itself";

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--list") {
        // What test runners ask a harness for; nothing here is ignored.
        if !std::env::args().any(|argument| argument == "--ignored") {
            println!("{NAME}: test");
        }
        return ExitCode::SUCCESS;
    }
    match in_a_cgroup_of_its_own() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{NAME}: {message}");
            ExitCode::FAILURE
        }
    }
}

fn in_a_cgroup_of_its_own() -> Result<(), String> {
    let layout = Layout::detect().map_err(|error| error.to_string())?;
    let path = format!("/corten-test-{}-birth", std::process::id());
    let cgroup = layout.create(&path, &Resources::default()).map_err(|error| error.to_string())?;
    let outcome = born_inside(&cgroup, &path).and_then(|()| moves_itself(&layout, &path));
    cgroup.remove(Duration::from_secs(10)).map_err(|error| error.to_string())?;
    outcome
}

fn born_inside(cgroup: &corten_cgroups::Cgroup, path: &str) -> Result<(), String> {
    let handles = cgroup.join_handles().map_err(|error| error.to_string())?;
    let arguments = Clone3 { namespaces: ThreadNameSpaceType::empty(), cgroup: handles.unified };
    let joined = |tasks: &OwnedFd| rustix::io::write(tasks, b"0").is_ok();
    let inside = || handles.tasks.iter().all(joined) && is_in(path, true);
    succeeds(arguments, inside).map_err(|message| format!("born: {message}"))
}

/// As a monitor does. Beside v1 it stays where it is in v2, unless systemd cares.
fn moves_itself(layout: &Layout, path: &str) -> Result<(), String> {
    let arguments = Clone3 { namespaces: ThreadNameSpaceType::empty(), cgroup: None };
    let inside = || layout.join_self(path).is_ok() && is_in(path, layout.describe().version == 2);
    succeeds(arguments, inside).map_err(|message| format!("moved: {message}"))
}

/// Asks a child.
fn succeeds(arguments: Clone3, question: impl FnOnce() -> bool) -> Result<(), String> {
    let child = spawn(arguments, || i32::from(!question())).map_err(|error| format!("clone: {error}"))?;
    let status = waitid(WaitId::PidFd(child.pidfd.as_fd()), WaitIdOptions::EXITED)
        .map_err(|errno| format!("wait: {errno}"))?
        .ok_or("wait: nobody there")?;
    match status.exit_status() {
        Some(0) => Ok(()),
        other => Err(format!("the child was not in its cgroup everywhere, or could not look: {other:?}")),
    }
}

/// Whether this process is in `path` in every hierarchy; only those that are other people's may differ.
fn is_in(path: &str, unified: bool) -> bool {
    let Ok(text) = fs::read_to_string("/proc/self/cgroup") else { return false };
    text.lines().all(|line| {
        let mut fields = line.splitn(3, ':');
        let number = fields.next();
        let controllers = fields.next().unwrap_or_default();
        let others = ["perf_event", "misc"];
        let ours = controllers.split(',').all(|one| !one.starts_with("name=") && !others.contains(&one));
        !ours || (number == Some("0") && !unified) || fields.next() == Some(path)
    })
}
