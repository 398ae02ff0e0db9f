//! One poll(2) over everything that a monitor waits for.
//!
//! The set is built anew for each wait, so what is of no interest just now (a held-back output, a full client) is simply not in
//! it; an epoll set would have to be told about every such change. A monitor has about ten descriptors.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::streams::Source;

/// Whose streams: the container's own, or those of the exec session with this key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// The container's init.
    Container,
    /// An exec session.
    Session(u32),
}

/// What a descriptor in the set stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    /// Signals to the monitor itself.
    Signals,
    /// The control socket.
    Listener,
    /// A connection of the control socket.
    Connection(u32),
    /// The container's init has ended.
    Init,
    /// The prober of its health has something to tell.
    Prober,
    /// An exec session that is being started.
    Starting(u32),
    /// The process of an exec session has ended.
    Ended(u32),
    /// The log's compressor.
    Compressor,
    /// Output of a process.
    Output(Whose, Source),
    /// Standard input of a process takes bytes again.
    Input(Whose),
    /// A client of a process's streams.
    Client(Whose, u32),
}

/// What is waited for.
#[derive(Debug, Default)]
pub(crate) struct PollSet<'a> {
    descriptors: Vec<PollFd<'a>>,
    tokens: Vec<Token>,
}

impl<'a> PollSet<'a> {
    /// Adds a descriptor. Hang-ups and errors are reported whatever `events` says.
    pub(crate) fn add(&mut self, descriptor: BorrowedFd<'a>, events: PollFlags, token: Token) {
        self.descriptors.push(PollFd::from_borrowed_fd(descriptor, events));
        self.tokens.push(token);
    }

    /// Whether nothing is waited for.
    pub(crate) fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Waits until something is ready or `timeout` has passed; an interruption counts as nothing ready.
    ///
    /// # Errors
    /// What poll(2) says, `ENOMEM` in practice.
    pub(crate) fn wait(mut self, timeout: Option<Duration>) -> io::Result<Vec<(Token, PollFlags)>> {
        let timeout = timeout.map(timespec);
        match poll(&mut self.descriptors, timeout.as_ref()) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        }
        let ready = self.descriptors.iter().map(PollFd::revents);
        Ok(self.tokens.iter().copied().zip(ready).filter(|(_, events)| !events.is_empty()).collect())
    }
}

/// For ever where the seconds do not fit.
pub(crate) fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    }
}
