//! The keeper of one exec session: starts its process in the container, tells the monitor, and reaps it.
//!
//! An engine starts it, for entering a container takes nearly every right that there is, and a monitor has given those up. It moves no
//! byte of the session's streams: it makes them and hands them to the monitor.

use std::os::fd::{AsFd, OwnedFd};

use corten_runtime::{Started, Target, spawn_exec};
use corten_sys::{memory, pidfd};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::Signal;

use crate::channel::tell;
use crate::confinement::confine;
use crate::control::document;
use crate::copy::copy;
use crate::equipment::Equipment;
use crate::failure::{Failure, doing};
use crate::foreign;
use crate::kept::Kept;
use crate::monitor::reap;
use crate::process_name;
use crate::protocol::Exec;
use crate::stdio;

/// Names the process for `ps`.
const PROCESS_NAME: &std::ffi::CStr = c"corten-keeper";

/// Whether a process in the cgroup of monitors is a keeper: it ends with its session, or with the session's monitor.
#[must_use]
pub fn is_keeper(pid: u32) -> bool {
    process_name::is_of(PROCESS_NAME, pid)
}

/// The packet that makes a recruit a keeper, beside the [`Exec`] document and the pidfd of the container's init.
pub(crate) const ORDER: &[u8] = b"keep";

/// What is started, and where.
struct Order {
    exec: Exec,
    init: OwnedFd,
}

/// Is a keeper, for what came beside [`ORDER`], in a copy of this process. Returns the exit status.
pub(crate) fn begin(channel: OwnedFd, beside: Vec<OwnedFd>) -> i32 {
    take_name();
    let order = match read(beside) {
        Ok(order) => order,
        Err(failure) => return fail(&channel, failure),
    };
    let cgroup = order.exec.container.monitor_cgroup.clone();
    let mut taken = Some(channel);
    let copied = copy(&cgroup, |left| match (left, taken.take()) {
        (Ok(()), Some(channel)) => lead(&order, &channel, Equipment::gather()),
        (Err(error), Some(channel)) => {
            fail(&channel, Failure::new(format!("cannot become a keeper: {error}")))
        }
        (_, None) => 1,
    });
    match (copied, taken) {
        (Err(failure), Some(channel)) => fail(&channel, failure),
        _ => 0,
    }
}

/// The same where this process is the copy already.
pub(crate) fn carry_on(channel: &OwnedFd, beside: Vec<OwnedFd>, equipment: Equipment) -> i32 {
    take_name();
    match read(beside) {
        Ok(order) => lead(&order, channel, Ok(equipment)),
        Err(failure) => fail(channel, failure),
    }
}

fn take_name() {
    let _ = rustix::thread::set_name(PROCESS_NAME);
}

fn read(beside: Vec<OwnedFd>) -> Result<Order, Failure> {
    match <[OwnedFd; 2]>::try_from(beside) {
        Ok([description, init]) => Ok(Order { exec: document(description)?, init }),
        Err(_) => Err(Failure::new("a session needs its document and the container's init")),
    }
}

/// The copy's life.
fn lead(order: &Order, channel: &OwnedFd, equipment: Result<Equipment, Failure>) -> i32 {
    match equipment.and_then(|equipment| start(order, channel, &equipment)) {
        Ok(process) => keep(&process, channel),
        Err(failure) => fail(channel, failure),
    }
}

/// Starts the process and hands its streams over.
fn start(
    Order { exec, init }: &Order,
    channel: &OwnedFd,
    Equipment { layout, filter }: &Equipment,
) -> Result<Started, Failure> {
    let (far, near) = doing("make the session's streams", stdio::prepare(&exec.streams))?;
    let opened = layout.open(&exec.container.cgroup_path);
    let cgroup = doing(&format!("open cgroup `{}`", exec.container.cgroup_path), opened)?;
    // An engine's container has a mount namespace of its own.
    let target = Target { pid: exec.container.init, pidfd: init, cgroup: &cgroup, shares_mounts: false };
    let mut started = match &exec.foreign {
        None => {
            let starting = spawn_exec(&target, &exec.launch, far, None)
                .map_err(|error| Failure::new(corten_error::chain(&error)))?;
            // Its process is there, and nothing more is started here.
            doing("confine the keeper", confine(&[], filter))?;
            starting.wait()?
        }
        Some(foreign) => {
            let started = foreign::start_session(exec, (foreign, cgroup.clone()), (far, &near), channel)?;
            doing("confine the keeper", confine(&[], filter)).inspect_err(|_| end(&started))?;
            started
        }
    };
    let handed_over = near.ends(started.pty.take()).and_then(|ends| {
        let beside: Vec<_> = [started.pidfd.as_fd()].into_iter().chain(ends.descriptors()).collect();
        tell(channel, &Kept::Started { pid: started.pid }, &beside)
    });
    if let Err(error) = handed_over {
        // It runs, but nobody could hear it: better no session than a mute one.
        end(&started);
        return Err(Failure::new(format!("cannot connect exec session `{}`: {error}", exec.launch.id)));
    }
    Ok(started)
}

/// Waits for the process to end; ends it where the monitor has ended.
fn keep(process: &Started, channel: &OwnedFd) -> i32 {
    memory::give_back();
    loop {
        let mut set = [
            PollFd::new(&process.pidfd, PollFlags::IN),
            // Nothing is ever sent this way: only the hang-up is of interest.
            PollFd::new(channel, PollFlags::empty()),
        ];
        // An interrupted poll only means one look more.
        let _ = poll(&mut set, None);
        if let Some(exit) = reap(&process.pidfd) {
            // A monitor that is gone does not want to know.
            let _ = tell(channel, &Kept::Ended { exit_code: exit.shell_code() }, &[]);
            return 0;
        }
        if set[1].revents().intersects(PollFlags::HUP | PollFlags::ERR) {
            end(process);
            return 1;
        }
    }
}

fn end(process: &Started) {
    let _ = pidfd::send_signal(&process.pidfd, Signal::KILL.as_raw());
    let _ = pidfd::wait(&process.pidfd);
}

/// Tells the monitor what failed; the exit status that goes with it.
pub(crate) fn fail(channel: impl AsFd, Failure { exit_code, message }: Failure) -> i32 {
    // As in `keep`.
    let _ = tell(channel, &Kept::Failed { exit_code, message }, &[]);
    1
}
