//! Starting a monitor.

use std::io;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use corten_journal::FileLock;
use corten_runtime::own_program::open_protected;
use corten_sys::descriptors::close_on_exec_from;
use corten_sys::packet::{self, MAX_DESCRIPTORS};

use crate::client::recruit::{Recruit, employ};
use crate::client::{ClientError, Connection};
use crate::control::seal;
use crate::keeper::ORDER;
use crate::protocol::{Attach, Envelope, Request, Start};

/// Where the process of a monitor or a keeper comes from.
#[derive(Debug)]
pub struct Origin<'a> {
    /// The small binary.
    pub program: &'a Path,
    /// A process of it that was started ahead.
    pub recruit: Option<Recruit>,
}

impl<'a> From<&'a Path> for Origin<'a> {
    fn from(program: &'a Path) -> Self {
        Self { program, recruit: None }
    }
}

/// The way into a running container for the keeper of a session.
#[derive(Debug)]
pub struct Entrance<'a> {
    /// What becomes the keeper.
    pub origin: Origin<'a>,
    /// The container's init, by a pidfd that its user has made sure of.
    pub init: BorrowedFd<'a>,
}

/// What a container has that was taken or made before its start.
#[derive(Debug)]
pub struct Holdings {
    /// The lock of its root file system.
    pub lock: FileLock,
    /// The network namespace that it joins; `None` = as its configuration says.
    pub network: Option<OwnedFd>,
}

/// Starts a monitor that starts the container; the reply to come is `Started` or `StartFailed`
/// ([`Connection::reply`]), the announcement after it `Exited`.
///
/// The holdings become the monitor's, each stream the container's client's. Nothing but this connection ties the monitor to the
/// caller: it is in a session and a cgroup of its own, and a child that the caller has had for it ends at once (the monitor is its copy)
/// and is reaped by the connection.
///
/// # Errors
/// [`ClientError::TooManyClients`], [`ClientError::Channel`], [`ClientError::Send`] and [`ClientError::Spawn`]; the holdings and
/// the streams are closed then.
pub fn launch(
    Origin { program, recruit }: Origin<'_>,
    start: &Start,
    holdings: Holdings,
    attach: Vec<(Attach, OwnedFd)>,
) -> Result<Connection, ClientError> {
    let (wants, streams): (Vec<Attach>, Vec<OwnedFd>) = attach.into_iter().unzip();
    if streams.len() + 3 > MAX_DESCRIPTORS {
        return Err(ClientError::TooManyClients(streams.len()));
    }
    let document = seal("corten-start", start).map_err(ClientError::Channel)?;
    let mut beside = vec![document.as_fd(), holdings.lock.as_fd()];
    beside.extend(holdings.network.iter().chain(&streams).map(AsFd::as_fd));
    let request = Request::Start { attach: wants, network: holdings.network.is_some() }.into();
    let (here, child) = employ(program, recruit, |channel| send(channel, &request, &beside))?;
    // The packet holds them.
    drop((holdings, streams));
    Ok(Connection::new(here, child))
}

/// Starts the keeper of a session; returns the channel that its monitor listens on, and the child that there may be, which ends at once.
///
/// # Errors
/// As [`launch`].
pub(crate) fn keep(
    Entrance { origin: Origin { program, recruit }, init }: Entrance<'_>,
    exec: BorrowedFd<'_>,
) -> Result<(OwnedFd, Option<Child>), ClientError> {
    employ(program, recruit, |channel| sent(packet::send(channel, ORDER, &[exec, init])))
}

/// Runs the small binary as what `words` or its first packet say, with `stdin` and nothing else of the caller's.
pub(crate) fn execute(program: &Path, words: &[&str], stdin: OwnedFd) -> Result<Child, ClientError> {
    let failed = |cause| ClientError::Spawn { program: program.to_owned(), cause };
    // What this process inherited itself, a shell's lock file or a pipe of somebody who waits for its end, is no monitor's to keep open.
    close_on_exec_from(3).map_err(failed)?;
    // Executed through a read-only mount of its own, as the program insists on: it need not execute itself once more.
    let protected = open_protected(program).map_err(failed)?;
    // Nothing that needs a fork (a directory, a hook): the standard library then uses posix_spawn(3), whose cost does not
    // grow with the caller.
    Command::new(format!("/proc/self/fd/{}", protected.as_raw_fd()))
        .arg0(program)
        .arg("monitor")
        .args(words)
        .env_clear()
        .stdin(stdin)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)
}

/// Sends one request.
pub(crate) fn send(
    socket: BorrowedFd<'_>,
    request: &Envelope,
    beside: &[BorrowedFd<'_>],
) -> Result<(), ClientError> {
    let bytes = serde_json::to_vec(request).map_err(io::Error::from);
    sent(bytes.and_then(|bytes| packet::send(socket, &bytes, beside)))
}

/// What came of sending, as clients are told.
pub(super) fn sent(outcome: io::Result<()>) -> Result<(), ClientError> {
    outcome.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => ClientError::Gone,
        io::ErrorKind::WouldBlock => ClientError::Deadline,
        _ => ClientError::Send(error),
    })
}
