//! The first acts of a new process, while everything around it is still the host's.
//!
//! They need no root and no user.

use std::fs::OpenOptions;
use std::io::Write;

use corten_spec::runtime::Process;
use corten_sys::descriptors;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::process::{
    DumpableBehavior, Signal, set_dumpable_behavior, set_parent_process_death_signal, setsid,
};

use super::{Common, Init, outside};
use crate::failure::{Doing, Failure};

/// Ends this process with its starter (PR_SET_PDEATHSIG), and checks that the starter did not end before that was said.
pub(super) fn follow_starter(common: &Common<'_>) -> Result<(), Failure> {
    if common.outliving.is_some() {
        return Ok(());
    }
    set_parent_process_death_signal(Some(Signal::KILL)).doing(|| "ask to end with the starter".into())?;
    let Some(channel) = &common.channel else { return Ok(()) };
    let mut ends = [PollFd::new(channel, PollFlags::empty())];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut ends, Some(&now)).doing(|| "look after the starter".into())?;
    if ends[0].revents().contains(PollFlags::HUP) {
        return Err(Failure::refused("the starter has ended"));
    }
    Ok(())
}

/// Opens the cgroup's part in v1, once the starter has made it; or takes it with everything else that was prepared outside.
pub(super) fn await_starter(init: &mut Init<'_>) -> Result<(), Failure> {
    outside::receive(init)?;
    if init.plan.is_helped() {
        return Ok(());
    }
    let opened = init.cgroup.tasks();
    init.common.tasks = opened.map_err(|error| Failure::refused(corten_error::chain(&error)))?;
    Ok(())
}

/// On v1 by writing "0" to `tasks`: with a pid, or through `cgroup.procs`, the kernel waits for an RCU grace period first. On v2
/// the process was born in its cgroup.
pub(super) fn join_cgroup(common: &Common<'_>) -> Result<(), Failure> {
    for tasks in &common.tasks {
        rustix::io::write(tasks, b"0").doing(|| "join the cgroup".into())?;
    }
    Ok(())
}

/// Closed by execve(2) rather than now: some of them are still needed.
pub(super) fn close_inherited(common: &Common<'_>) -> Result<(), Failure> {
    let preserved = common.outliving.map_or(0, |outliving| outliving.preserved_descriptors);
    descriptors::close_on_exec_from(3 + preserved).doing(|| "mark descriptors close-on-exec".into())
}

/// Its own session: signals of the starter's terminal do not reach it, and it can take a terminal of its own.
pub(super) fn begin_session() -> Result<(), Failure> {
    setsid().map(drop).doing(|| "begin a session".into())
}

/// What has been prepared outside has this settled.
pub(super) fn adjust_oom_score_of_init(init: &mut Init<'_>) -> Result<(), Failure> {
    if init.plan.is_helped() { Ok(()) } else { adjust_oom_score(&init.common) }
}

pub(super) fn adjust_oom_score(common: &Common<'_>) -> Result<(), Failure> {
    write_oom_score("self", common.plan.spec)
}

/// See proc_pid_oom_score_adj(5).
pub(super) fn write_oom_score(process: &str, spec: &Process) -> Result<(), Failure> {
    let Some(score) = spec.oom_score_adj else { return Ok(()) };
    let path = format!("/proc/{process}/oom_score_adj");
    OpenOptions::new()
        .write(true)
        .open(&path)
        .and_then(|mut file| file.write_all(score.to_string().as_bytes()))
        .doing(|| format!("write {score} to `{path}`"))
}

/// The program that is running now, for a container that asked for a reaping init.
///
/// It is executed by descriptor: nothing has to be created in the image's file system, no mount is added, and its pages are
/// those of every monitor. `command` and the engine see to it that the program lies on a read-only mount, so that the container
/// cannot write to it through `/proc/1/exe` (CVE-2019-5736).
pub(super) fn open_own_program(init: &mut Init<'_>) -> Result<(), Failure> {
    if init.plan.reaping_init {
        let path = "/proc/self/exe";
        let opened = openat(CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty());
        init.own_program = Some(opened.doing(|| format!("open `{path}`"))?);
    }
    Ok(())
}

/// Until execve(2) undoes it.
pub(super) fn become_unreadable() -> Result<(), Failure> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable).doing(|| "become unreadable".into())
}
