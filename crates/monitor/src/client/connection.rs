//! A connection to a monitor.
//!
//! One request at a time: the reply is awaited before the next is sent. Announcements may come in between and are kept.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use corten_sys::packet;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt::{Timeout, set_socket_timeout, socket_peercred};
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with};

use crate::client::ClientError;
use crate::client::launch::{Entrance, keep, send};
use crate::control::{address, open_directory, seal};
use crate::protocol::{Attach, Exec, MAX_PACKET, Reply, Request};

/// For how long connecting and sending may wait for a monitor that is busy; it never blocks, so that is long.
const PATIENCE: Duration = Duration::from_secs(10);

/// One end of a connection; the descriptor is readable when [`Connection::receive`] may have something.
#[derive(Debug)]
pub struct Connection {
    socket: OwnedFd,
    /// What the monitor, or a keeper, was a copy of: about to end, to be reaped.
    child: Option<Child>,
    announced: VecDeque<Reply>,
}

impl Connection {
    pub(crate) fn new(socket: OwnedFd, child: Option<Child>) -> Self {
        // A socket that refuses a time-out waits longer, no more.
        let _ = set_socket_timeout(&socket, Timeout::Send, Some(PATIENCE));
        Self { socket, child, announced: VecDeque::new() }
    }

    /// Connects to the monitor whose container has this run directory.
    ///
    /// # Errors
    /// [`ClientError::Connect`]: `NotFound` or `ConnectionRefused` where there is no monitor.
    pub fn connect(run: &Path) -> Result<Self, ClientError> {
        let socket = || -> io::Result<OwnedFd> {
            let directory = open_directory(run)?;
            let socket = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
            set_socket_timeout(&socket, Timeout::Send, Some(PATIENCE))?;
            connect(&socket, &address(&directory)?)?;
            Ok(socket)
        };
        let failed = |cause| ClientError::Connect { run: run.to_owned(), cause };
        Ok(Self::new(socket().map_err(failed)?, None))
    }

    /// Sends a request with its descriptors and waits for its reply.
    ///
    /// # Errors
    /// [`ClientError::Send`], and as [`Connection::reply`].
    pub fn request(
        &mut self,
        request: Request,
        descriptors: &[BorrowedFd<'_>],
        deadline: Instant,
    ) -> Result<Reply, ClientError> {
        send(self.socket.as_fd(), &request.into(), descriptors)?;
        self.reply(deadline)
    }

    /// The monitor's process, as the host numbers it.
    ///
    /// # Errors
    /// What getsockopt(2) says.
    pub fn monitor(&self) -> io::Result<u32> {
        Ok(socket_peercred(&self.socket)?.pid.as_raw_nonzero().get().cast_unsigned())
    }

    /// Says that a network that was due is connected; the reply to the start is still to come.
    ///
    /// # Errors
    /// [`ClientError::Send`], [`ClientError::Gone`].
    pub fn network_is_ready(&self) -> Result<(), ClientError> {
        send(self.socket.as_fd(), &Request::NetworkReady.into(), &[])
    }

    /// Starts an exec session and waits for [`Reply::ExecStarted`], [`Reply::StartFailed`] or a refusal.
    ///
    /// Its process is a keeper's, which this starts: the monitor has not the rights.
    ///
    /// # Errors
    /// As [`Connection::request`]; [`ClientError::Channel`] and [`ClientError::Spawn`] where there is no keeper.
    pub fn exec(
        &mut self,
        entrance: Entrance<'_>,
        exec: &Exec,
        client: Option<(Attach, OwnedFd)>,
        deadline: Instant,
    ) -> Result<Reply, ClientError> {
        let document = seal("corten-exec", exec).map_err(ClientError::Channel)?;
        let (attach, stream) = client.unzip();
        let (channel, child) = keep(entrance, document.as_fd())?;
        self.wait_for_child();
        self.child = child;
        let mut beside = vec![document.as_fd(), channel.as_fd()];
        beside.extend(stream.as_ref().map(AsFd::as_fd));
        send(self.socket.as_fd(), &Request::Exec { attach }.into(), &beside)?;
        // The packet holds them from here on: were this end open, the keeper would not see the monitor's end.
        drop((channel, stream));
        self.reply(deadline)
    }

    /// Waits for the reply that is due; announcements that come before it are kept for [`Connection::receive`].
    ///
    /// # Errors
    /// [`ClientError::Deadline`], [`ClientError::Gone`], [`ClientError::Receive`], [`ClientError::Malformed`].
    pub fn reply(&mut self, deadline: Instant) -> Result<Reply, ClientError> {
        loop {
            match self.next(Some(deadline))? {
                Some(announced @ (Reply::Exited { .. } | Reply::ExecExited { .. })) => {
                    self.announced.push_back(announced);
                }
                Some(reply) => return Ok(reply),
                None => return Err(ClientError::Deadline),
            }
        }
    }

    /// The next announcement (or reply), if it is there already. Nothing kept makes the descriptor readable: poll it only after
    /// this has returned `None`.
    ///
    /// # Errors
    /// [`ClientError::Gone`] at the end of the connection, [`ClientError::Receive`], [`ClientError::Malformed`].
    pub fn receive(&mut self) -> Result<Option<Reply>, ClientError> {
        match self.announced.pop_front() {
            Some(announced) => Ok(Some(announced)),
            None => self.next(None),
        }
    }

    /// Waits for the next announcement.
    ///
    /// # Errors
    /// As [`Connection::receive`]; [`ClientError::Deadline`].
    pub fn announcement(&mut self, deadline: Instant) -> Result<Reply, ClientError> {
        match self.announced.pop_front() {
            Some(announced) => Ok(announced),
            None => self.next(Some(deadline))?.ok_or(ClientError::Deadline),
        }
    }

    /// Whether the monitor has ended or cut this connection. What it sent before can still be received.
    #[must_use]
    pub fn peer_gone(&self) -> bool {
        let mut look = [PollFd::new(&self.socket, PollFlags::empty())];
        poll(&mut look, Some(&Timespec::default())).is_ok()
            && look[0].revents().intersects(PollFlags::HUP | PollFlags::ERR)
    }

    /// The next packet; waits for it until `deadline` where there is one.
    fn next(&mut self, deadline: Option<Instant>) -> Result<Option<Reply>, ClientError> {
        let mut buffer = vec![0; MAX_PACKET];
        loop {
            match packet::receive_now(&self.socket, &mut buffer) {
                Ok(packet) if packet.length == 0 => return Err(self.gone()),
                Ok(packet) => {
                    self.reap();
                    return serde_json::from_slice(&buffer[..packet.length])
                        .map(Some)
                        .map_err(ClientError::Malformed);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if !deadline.is_some_and(|deadline| self.wait(deadline)) {
                        return Ok(None);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Err(self.gone()),
                Err(error) => return Err(ClientError::Receive(error)),
            }
        }
    }

    fn gone(&mut self) -> ClientError {
        self.reap();
        ClientError::Gone
    }

    /// Waits for something to receive; false where the deadline has passed.
    fn wait(&self, deadline: Instant) -> bool {
        let Some(left) = deadline.checked_duration_since(Instant::now()) else { return false };
        let timeout = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        // An interrupted or failed poll only means one look more.
        let _ = poll(&mut [PollFd::new(&self.socket, PollFlags::IN)], Some(&timeout));
        true
    }

    /// Whoever has spoken here is the copy, so the child has ended or is about to; what is not over yet is left to the next
    /// call, so that nobody waits for it.
    fn reap(&mut self) {
        // An error means that somebody else (a SIGCHLD handler) has reaped it.
        if self.child.as_mut().is_some_and(|child| !matches!(child.try_wait(), Ok(None))) {
            self.child = None;
        }
    }

    /// It never waits for anything, so this is short.
    fn wait_for_child(&mut self) {
        if let Some(child) = &mut self.child {
            // As in `reap`.
            let _ = child.wait();
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.wait_for_child();
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
