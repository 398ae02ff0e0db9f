//! One client of a process's streams.
//!
//! It holds at most what one read of output left over: outputs are not read while a client that wants them has bytes waiting
//! (back-pressure), and a client that takes nothing for as long as its patience is cut. The client's socket keeps its own mode:
//! every call says for itself that it does not wait.

use std::io::IoSlice;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::PollFlags;
use rustix::io::{Errno, retry_on_intr};
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, Shutdown, recv, sendmsg, shutdown};
use serde::{Deserialize, Serialize};

use crate::moment::Moment;
use crate::protocol::Attach;
use crate::queue::Queue;
use crate::streams::Source;

/// A client and what is on its way to it.
#[derive(Debug)]
pub(crate) struct Attached {
    /// Its number among the clients of the same process.
    pub(crate) key: u32,
    stream: OwnedFd,
    wants: Attach,
    waiting: Queue,
    /// When it last took something; meaningful while something waits.
    moved: Moment,
    sends: bool,
    hung_up: bool,
}

/// A client as it crosses a re-execution.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedClient {
    key: u32,
    stream: u32,
    wants: Attach,
    waiting: Vec<u8>,
    moved: Moment,
    sends: bool,
}

/// What came from a client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// So many bytes, at the beginning of the buffer.
    Bytes(usize),
    /// Nothing just now.
    Nothing,
    /// It will send no more.
    End,
}

impl Attached {
    pub(crate) fn new(key: u32, wants: Attach, stream: OwnedFd, now: Moment) -> Self {
        let sends = wants.stdin;
        Self { key, stream, wants, waiting: Queue::default(), moved: now, sends, hung_up: false }
    }

    /// Whether it may still send input.
    pub(crate) fn sends(&self) -> bool {
        self.sends
    }

    /// Whether its end of the stream is gone.
    pub(crate) fn hung_up(&self) -> bool {
        self.hung_up
    }

    /// Whether it has not yet taken everything.
    pub(crate) fn is_behind(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether reading more of `source` has to wait for it.
    pub(crate) fn holds_back(&self, source: Source) -> bool {
        self.is_behind() && self.wants(source)
    }

    fn wants(&self, source: Source) -> bool {
        match source {
            Source::Stdout => self.wants.stdout,
            Source::Stderr => self.wants.stderr,
        }
    }

    /// Sends output, or keeps what the client does not take at once.
    pub(crate) fn deliver(&mut self, source: Source, framed: bool, bytes: &[u8], now: Moment) {
        if self.hung_up || !self.wants(source) {
            return;
        }
        let header = source.header(bytes.len());
        let header = if framed { &header[..] } else { &[] };
        let taken = if self.is_behind() { 0 } else { self.send(header, bytes) };
        if self.hung_up || taken == header.len() + bytes.len() {
            return;
        }
        if !self.is_behind() {
            self.moved = now;
        }
        self.waiting.push(&header[taken.min(header.len())..]);
        self.waiting.push(&bytes[taken.saturating_sub(header.len())..]);
    }

    /// Sends what waits, as far as the client takes it.
    pub(crate) fn flush(&mut self, now: Moment) {
        let waiting = std::mem::take(&mut self.waiting);
        let taken = self.send(waiting.waiting(), &[]);
        if self.hung_up {
            return;
        }
        self.waiting = waiting;
        self.waiting.take(taken);
        if taken > 0 {
            self.moved = now;
        }
    }

    fn send(&mut self, first: &[u8], second: &[u8]) -> usize {
        let parts = [IoSlice::new(first), IoSlice::new(second)];
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        match retry_on_intr(|| sendmsg(&self.stream, &parts, &mut SendAncillaryBuffer::default(), flags)) {
            Ok(count) => count,
            Err(Errno::AGAIN) => 0,
            Err(_) => {
                self.hang_up();
                0
            }
        }
    }

    /// Takes what the client sends.
    pub(crate) fn receive(&mut self, buffer: &mut [u8]) -> Sent {
        match retry_on_intr(|| recv(&self.stream, &mut *buffer, RecvFlags::DONTWAIT)) {
            Ok((count @ 1.., _)) => Sent::Bytes(count),
            Err(Errno::AGAIN) => Sent::Nothing,
            // Zero is the client's half-close; an error (ECONNRESET) its abrupt end.
            Ok(_) | Err(_) => {
                self.sends = false;
                Sent::End
            }
        }
    }

    /// Notes that nobody reads at the other end; what the client sent before may still be there.
    pub(crate) fn hang_up(&mut self) {
        self.hung_up = true;
        self.waiting.clear();
    }

    /// Gives up on it: neither side hears from the other again.
    pub(crate) fn cut(&mut self) {
        self.hang_up();
        self.sends = false;
        // Failure means that the peer is gone already.
        let _ = shutdown(&self.stream, Shutdown::Both);
    }

    /// When its patience ends, if it is behind and has one.
    pub(crate) fn deadline(&self) -> Option<Moment> {
        let patience = self.wants.patience_ms?;
        self.is_behind().then(|| self.moved.plus_ms(patience))
    }

    /// What to wait for; `None` where there is nothing to be learnt from its descriptor.
    pub(crate) fn interest(&self, input_wants_more: bool) -> Option<PollFlags> {
        let mut events = PollFlags::empty();
        events.set(PollFlags::IN, self.sends && input_wants_more);
        events.set(PollFlags::OUT, self.is_behind());
        // A hang-up that is known already would be reported at once, over and over.
        (!self.hung_up || events.contains(PollFlags::IN)).then_some(events)
    }

    /// Ends the connection in order.
    ///
    /// Input that nobody will read is thrown away first: closing a Unix socket over unread bytes makes the peer's next read
    /// fail with ECONNRESET where it should see the end (unix(7), `unix_release_sock`).
    pub(crate) fn close(self, buffer: &mut [u8]) {
        // Failure means that the peer is gone already.
        let _ = shutdown(&self.stream, Shutdown::Read);
        while let Ok((1.., _)) = recv(&self.stream, &mut *buffer, RecvFlags::DONTWAIT) {}
    }

    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    /// As it crosses a re-execution; `stream` is where its descriptor went.
    pub(crate) fn save(&self, stream: u32) -> SavedClient {
        SavedClient {
            key: self.key,
            stream,
            wants: self.wants.clone(),
            waiting: self.waiting.waiting().to_vec(),
            moved: self.moved,
            sends: self.sends,
        }
    }
}

impl SavedClient {
    /// Where its descriptor went.
    pub(crate) fn slot(&self) -> u32 {
        self.stream
    }

    /// The client again; a hang-up is noticed anew.
    pub(crate) fn restore(self, stream: OwnedFd) -> Attached {
        let mut client = Attached::new(self.key, self.wants, stream, self.moved);
        client.waiting.push(&self.waiting);
        client.sends = self.sends;
        client
    }
}
