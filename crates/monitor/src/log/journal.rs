//! A log in the system's journal.
//!
//! The journal's socket takes a datagram for each line, and now and then none for a moment. What it did not take waits here: either the container's
//! output is not read meanwhile, or, where the plan says so, what comes when a bound is reached is lost.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use corten_logs::{Dropped, JournalEntries, JournalProgress};
use corten_sys::memfd;
use rustix::io::{Errno, retry_on_intr};
use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketAddrUnix, SocketFlags,
    SocketType, sendmsg_addr, socket_with,
};
use serde::{Deserialize, Serialize};

use super::Trouble;
use crate::clock;
use crate::moment::Moment;
use crate::poll::PollSet;
use crate::protocol::Journald;
use crate::streams::Source;

/// When a journal that took nothing is tried again: nothing tells that it would.
const PAUSE_MS: u64 = 5;

/// How long it is tried after the container's end.
const LAST_MS: u64 = 2000;

/// See the module.
#[derive(Debug)]
pub(crate) struct JournalLog {
    socket: OwnedFd,
    address: PathBuf,
    entries: JournalEntries,
    /// What was not taken yet.
    waiting: VecDeque<Vec<u8>>,
    /// How much that is, in bytes.
    amount: usize,
    /// How much it may be before something is lost; `None` = output is not read meanwhile.
    bound: Option<usize>,
    retry_at: Option<Moment>,
    trouble: Trouble,
}

/// What a successor goes on with.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct SavedJournal {
    progress: JournalProgress,
    waiting: VecDeque<Vec<u8>>,
}

/// What became of one datagram.
enum Sent {
    Taken,
    NotNow,
    Failed(Errno),
}

/// The socket that entries are sent by, whoever listens at the other end then.
pub(super) fn socket() -> io::Result<OwnedFd> {
    Ok(socket_with(AddressFamily::UNIX, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?)
}

impl JournalLog {
    pub(super) fn restore(plan: &Journald, socket: OwnedFd, saved: SavedJournal, trouble: Trouble) -> Self {
        let amount = saved.waiting.iter().map(Vec::len).sum();
        Self {
            socket,
            address: plan.socket.clone(),
            entries: JournalEntries::new(&plan.fields, &plan.epoch, saved.progress),
            retry_at: (amount > 0).then(Moment::now),
            waiting: saved.waiting,
            amount,
            bound: plan.bound.map(|bound| usize::try_from(bound).unwrap_or(usize::MAX)),
            trouble,
        }
    }

    pub(super) fn save(&self) -> (SavedJournal, Trouble) {
        let (progress, waiting) = (self.entries.progress().clone(), self.waiting.clone());
        (SavedJournal { progress, waiting }, self.trouble.clone())
    }

    pub(super) fn write(&mut self, source: Source, bytes: &[u8]) {
        let mut complete = Vec::new();
        self.entries.add(source.into(), bytes, clock::now(), &mut |entry| complete.push(entry));
        complete.into_iter().for_each(|entry| self.offer(entry));
    }

    /// Sends what waits for the end of its line, and what else waits; what is not taken in time is lost.
    pub(super) fn finish(&mut self) {
        let mut complete = Vec::new();
        self.entries.finish(&mut |entry| complete.push(entry));
        complete.into_iter().for_each(|entry| self.offer(entry));
        let deadline = Moment::now().plus_ms(LAST_MS);
        while let Some(retry_at) = self.retry_at
            && Moment::now() < deadline
        {
            // Failure only makes this a busy wait.
            let _ = PollSet::default().wait(Some(retry_at.from(Moment::now())));
            self.expire(Moment::now());
        }
        for entry in std::mem::take(&mut self.waiting) {
            self.lose(&entry, "the journal did not take it in time");
        }
        (self.amount, self.retry_at) = (0, None);
    }

    /// Sends an entry, or keeps it.
    fn offer(&mut self, entry: Vec<u8>) {
        if self.waiting.is_empty() {
            match send(&self.socket, &self.address, &entry) {
                Sent::Taken => return,
                Sent::Failed(error) => return self.lose(&entry, &self.failed(error)),
                Sent::NotNow => self.retry_at = Some(Moment::now().plus_ms(PAUSE_MS)),
            }
        }
        if self.bound.is_some_and(|bound| self.amount + entry.len() > bound) {
            return self.lose(&entry, "the journal is slow, and `max-buffer-size` is reached");
        }
        self.amount += entry.len();
        self.waiting.push_back(entry);
    }

    /// Whether output waits that nothing bounds but not reading more of it.
    pub(super) fn is_behind(&self) -> bool {
        self.bound.is_none() && !self.waiting.is_empty()
    }

    pub(super) fn deadline(&self) -> Option<Moment> {
        self.retry_at
    }

    pub(super) fn expire(&mut self, now: Moment) {
        if self.retry_at.is_none_or(|at| at > now) {
            return;
        }
        self.retry_at = None;
        while let Some(entry) = self.waiting.pop_front() {
            match send(&self.socket, &self.address, &entry) {
                Sent::NotNow => {
                    self.waiting.push_front(entry);
                    self.retry_at = Some(now.plus_ms(PAUSE_MS));
                    return;
                }
                sent => {
                    self.amount -= entry.len();
                    if let Sent::Failed(error) = sent {
                        self.lose(&entry, &self.failed(error));
                    }
                }
            }
        }
    }

    fn failed(&self, error: Errno) -> String {
        format!("send to `{}`: {}", self.address.display(), io::Error::from(error))
    }

    fn lose(&mut self, entry: &[u8], reason: &str) {
        self.trouble.dropped.entries += 1;
        // Its message comes first.
        let message = entry.strip_prefix(b"MESSAGE=").unwrap_or(entry);
        let length = message.iter().position(|&byte| byte == b'\n').unwrap_or(0);
        self.trouble.dropped.bytes += length as u64 + 1;
        self.trouble.failure = Some(reason.to_owned());
    }

    pub(super) fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    pub(super) fn failure(&self) -> Option<&str> {
        self.trouble.failure.as_deref()
    }

    pub(super) fn dropped(&self) -> Dropped {
        self.trouble.dropped
    }
}

/// Sends one entry; one that is too large for a datagram in memory beside an empty one (the journal's native protocol).
fn send(socket: &OwnedFd, address: &Path, entry: &[u8]) -> Sent {
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    let address = match SocketAddrUnix::new(address) {
        Ok(address) => address,
        Err(error) => return Sent::Failed(error),
    };
    let parts = [IoSlice::new(entry)];
    let sent =
        retry_on_intr(|| sendmsg_addr(socket, &address, &parts, &mut SendAncillaryBuffer::default(), flags));
    match sent {
        Ok(_) => Sent::Taken,
        Err(Errno::AGAIN) => Sent::NotNow,
        Err(Errno::MSGSIZE | Errno::NOBUFS) => send_in_memory(socket, &address, entry, flags),
        Err(error) => Sent::Failed(error),
    }
}

fn send_in_memory(socket: &OwnedFd, address: &SocketAddrUnix, entry: &[u8], flags: SendFlags) -> Sent {
    let memory = match memfd::sealed("corten-journal-entry", entry) {
        Ok(memory) => memory,
        Err(error) => return Sent::Failed(Errno::from_io_error(&error).unwrap_or(Errno::NOMEM)),
    };
    let descriptors = [memory.as_fd()];
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut beside = SendAncillaryBuffer::new(&mut space);
    beside.push(SendAncillaryMessage::ScmRights(&descriptors));
    match retry_on_intr(|| sendmsg_addr(socket, address, &[], &mut beside, flags)) {
        Ok(_) => Sent::Taken,
        Err(Errno::AGAIN) => Sent::NotNow,
        Err(error) => Sent::Failed(error),
    }
}
