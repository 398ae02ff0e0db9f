//! The process that keeps systemd's scope while no monitor is in it, for a while.
//!
//! It only waits. Killing it does no harm: the scope then ends with the last monitor.

use std::ffi::CString;
use std::time::Duration;

use corten_cgroups::{CgroupPath, Layout};
use corten_sys::clone::{Clone3, spawn};
use corten_sys::exec::execve;
use rustix::thread::ThreadNameSpaceType;

/// The second word of its command line; the third is the cgroup of monitors.
pub(crate) const HOLD: &str = "--hold";

/// Names the process for `ps`.
const PROCESS_NAME: &std::ffi::CStr = c"corten-scope";

/// How long the scope is kept without a monitor.
const IDLE: Duration = Duration::from_secs(60);

/// Where it lives in a scope.
pub(crate) fn cgroup(unit: &CgroupPath) -> String {
    format!("{unit}/holder")
}

/// Starts it, in the caller's cgroup. Without it everything works, only not as fast: a failure is nobody's business.
pub(crate) fn start(monitors: &str) {
    let same = Clone3 { namespaces: ThreadNameSpaceType::empty(), cgroup: None };
    let _ = spawn(same, || {
        let words = [PROCESS_NAME.to_owned(), c"monitor".to_owned()];
        let rest = [HOLD, monitors].map(CString::new).into_iter().flatten();
        let _ = rustix::process::setsid();
        // Executed, to have no memory and no descriptor of the start; standard input and output are `/dev/null` already.
        drop(execve(c"/proc/self/exe", &words.into_iter().chain(rest).collect::<Vec<_>>(), &[]));
        1
    });
}

/// Is the holder. Returns the exit status.
pub(crate) fn run(monitors: &str) -> i32 {
    let _ = rustix::thread::set_name(PROCESS_NAME);
    let _ = rustix::process::chdir("/");
    match Layout::detect().and_then(|layout| hold(&layout, monitors)) {
        Ok(()) => 0,
        Err(_) => 1,
    }
}

/// Returns when there is nothing to hold any more. The cgroup of monitors is removed first, which fails while somebody is in it:
/// from then on nobody can get in, and the next monitor asks for a new scope.
fn hold(layout: &Layout, monitors: &str) -> Result<(), corten_cgroups::CgroupsError> {
    let cgroup = layout.open(monitors)?;
    loop {
        cgroup.await_idle(IDLE)?;
        if layout.remove_empty(monitors)? {
            return Ok(());
        }
    }
}
