//! How a monitor comes to be: from the packet on its standard input to a running container.

use std::io;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};

use corten_journal::FileLock;
use corten_spec::runtime::NamespaceKind;
use corten_sys::{packet, signal::SignalFd};
use rustix::fs::Mode;
use rustix::io::fcntl_dupfd_cloexec;
use rustix::process::Signal;
use rustix::stdio::{dup2_stdin, stdin};

use crate::chronicle::{Chronicle, Identity};
use crate::clock;
use crate::control::{document, parse};
use crate::copy::copy;
use crate::equipment::Equipment;
use crate::failure::{Failure, doing};
use crate::life::{self, PROCESS_NAME};
use crate::protocol::{Attach, Reply, Request, Start};
use crate::requests::require_stream;
use crate::stdio::{self, non_blocking};

/// What a monitor is born with.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) start: Start,
    /// The root file system's lock.
    pub(crate) lock: FileLock,
    /// The network namespace that its process joins by a path to this descriptor.
    pub(crate) namespace: Option<OwnedFd>,
    /// Clients from the first byte on.
    pub(crate) clients: Vec<(Attach, OwnedFd)>,
}

/// Is a monitor: carries out the start that `request` asks for in a copy of this process. Returns the exit status.
pub(crate) fn begin(starter: OwnedFd, request: &[u8], beside: Vec<OwnedFd>) -> i32 {
    take_name();
    match read(request, beside) {
        Ok(order) => settle(order, starter),
        Err(failure) => answer(&starter, &failure),
    }
}

/// The same where this process is the copy already.
pub(crate) fn carry_on(starter: OwnedFd, request: &[u8], beside: Vec<OwnedFd>, equipment: Equipment) -> i32 {
    take_name();
    match read(request, beside) {
        Ok(order) => move_in(order, starter, Ok(equipment)),
        Err(failure) => answer(&starter, &failure),
    }
}

fn take_name() {
    // A name is for people: without it everything else works. The program's own is a hash.
    let _ = rustix::thread::set_name(PROCESS_NAME);
}

/// Whose journal and events are written.
pub(crate) fn identity(start: &Start) -> Identity {
    Identity {
        id: start.launch.id.clone(),
        attributes: start.event_attributes.clone(),
        volumes: start.volumes.clone(),
        network: start.network.clone(),
        revived: start.revived,
    }
}

/// Moves the descriptor that came as standard input out of the way of programs that believe in standard input.
///
/// # Errors
/// What fcntl(2), open(2) and dup2(2) say.
pub(crate) fn take_stdin() -> io::Result<OwnedFd> {
    let taken = fcntl_dupfd_cloexec(stdin(), 3)?;
    dup2_stdin(stdio::null()?)?;
    Ok(taken)
}

fn read(request: &[u8], beside: Vec<OwnedFd>) -> Result<Order, Failure> {
    let Request::Start { attach, network } = parse(request)? else {
        return Err(Failure::new("the first request has to be a start"));
    };
    let mut descriptors = beside.into_iter();
    let (Some(description), Some(lock)) = (descriptors.next(), descriptors.next()) else {
        return Err(Failure::new("a start needs its document and the container's lock"));
    };
    let namespace = if network { descriptors.next() } else { None };
    if descriptors.len() != attach.len() || namespace.is_some() != network {
        return Err(Failure::new("a start needs one stream for each client"));
    }
    let clients: Vec<_> = attach.into_iter().zip(descriptors).collect();
    for (_, stream) in &clients {
        require_stream(stream)?;
    }
    let lock = doing("hold the container's lock", FileLock::from_fd(lock))?;
    let mut start: Start = document(&description)?;
    if let Some(namespace) = &namespace {
        join_network(&mut start, namespace);
    }
    Ok(Order { start, lock, namespace, clients })
}

/// Lets the container join a network namespace that this process has open; its own process, a copy of this one, has it too.
fn join_network(start: &mut Start, namespace: &OwnedFd) {
    let namespaces = start.launch.spec.linux.iter_mut().flat_map(|linux| &mut linux.namespaces);
    for network in namespaces.filter(|namespace| namespace.kind == NamespaceKind::Network) {
        network.path = format!("/proc/self/fd/{}", namespace.as_raw_fd());
    }
}

/// Makes the copy that stays, in the cgroup of monitors.
fn settle(order: Order, starter: OwnedFd) -> i32 {
    let (paths, identity) = (order.start.paths.clone(), identity(&order.start));
    let cgroup = order.start.monitor_cgroup.clone();
    // The copy takes both out of its own memory; in this process they stay, the socket for telling what failed.
    let (mut order, mut socket) = (Some(order), Some(starter));
    let copied = copy(&cgroup, |left| match (left, order.take(), socket.take()) {
        (Ok(()), Some(order), Some(starter)) => move_in(order, starter, Equipment::gather()),
        (Err(error), _, Some(starter)) => answer(&starter, &unfit(&error)),
        _ => 1,
    });
    match (copied, socket) {
        (Err(failure), Some(starter)) => {
            // The container never was: that is written down before it is told, as everything is.
            if let Ok(mut chronicle) = Chronicle::open(&paths, identity) {
                chronicle.start_failed(failure.exit_code, &failure.message, clock::now());
            }
            answer(&starter, &failure)
        }
        _ => 0,
    }
}

/// The copy's first steps.
fn move_in(order: Order, starter: OwnedFd, equipment: Result<Equipment, Failure>) -> i32 {
    let starter = match non_blocking(starter) {
        Ok(starter) => starter,
        // Nobody can be told.
        Err(_) => return 1,
    };
    // The container inherits it where its configuration has none; an engine's user may have a narrower one.
    rustix::process::umask(Mode::WGRP | Mode::WOTH);
    match take_signals() {
        Ok(signals) => life::lead(order, starter, signals, equipment),
        Err(error) => answer(&starter, &unfit(&error)),
    }
}

fn unfit(error: &io::Error) -> Failure {
    Failure::new(format!("cannot become a monitor: {error}"))
}

/// Signals whose default is the end of the process become messages to the container. SIGPIPE is ignored by Rust's start-up.
///
/// # Errors
/// What signalfd(2) says.
pub(crate) fn take_signals() -> io::Result<SignalFd> {
    let passed_on = [Signal::HUP, Signal::INT, Signal::QUIT, Signal::TERM, Signal::USR1, Signal::USR2];
    SignalFd::new(&passed_on.map(Signal::as_raw))
}

/// Tells the starter what failed; the exit status that goes with it.
pub(crate) fn answer(starter: impl AsFd, failure: &Failure) -> i32 {
    let reply = Reply::StartFailed { exit_code: failure.exit_code, message: failure.message.clone() };
    // A starter that is gone does not want to know.
    let _ = serde_json::to_vec(&reply)
        .map_err(io::Error::from)
        .and_then(|bytes| packet::send(starter, &bytes, &[]));
    1
}
