//! Standard input of a process: what clients send, on its way to the pipe or the terminal.
//!
//! It holds at most one read's worth of bytes: clients are not read from while something waits here.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::PollFlags;
use rustix::io::{Errno, retry_on_intr, write};

use crate::poll::{PollSet, Token};
use crate::queue::Queue;

/// The near end of a process's standard input; without a descriptor it is closed.
#[derive(Debug, Default)]
pub(crate) struct Input {
    descriptor: Option<OwnedFd>,
    waiting: Queue,
    closing: bool,
}

impl Input {
    /// `descriptor` does not block; bytes that a predecessor could not deliver come first.
    pub(crate) fn new(descriptor: Option<OwnedFd>, undelivered: &[u8], closing: bool) -> Self {
        let mut waiting = Queue::default();
        if descriptor.is_some() {
            waiting.push(undelivered);
        }
        Self { descriptor, waiting, closing }
    }

    /// Whether the process can still get bytes.
    pub(crate) fn is_open(&self) -> bool {
        self.descriptor.is_some()
    }

    /// Whether [`Self::accept`] may be called.
    pub(crate) fn wants_more(&self) -> bool {
        self.is_open() && !self.closing && self.waiting.is_empty()
    }

    /// Passes on what a client sent.
    pub(crate) fn accept(&mut self, bytes: &[u8]) {
        self.waiting.push(bytes);
        self.flush();
    }

    /// Passes on what waits, as far as the process takes it.
    pub(crate) fn flush(&mut self) {
        while let Some(descriptor) = &self.descriptor
            && !self.waiting.is_empty()
        {
            match retry_on_intr(|| write(descriptor, self.waiting.waiting())) {
                Ok(count) => self.waiting.take(count),
                Err(Errno::AGAIN) => return,
                // The process has closed its end, or its terminal is gone: nobody will ever read these.
                Err(_) => self.close(),
            }
        }
        if self.closing {
            self.close();
        }
    }

    /// End of input once everything accepted is delivered.
    pub(crate) fn close_after_delivery(&mut self) {
        self.closing = true;
        self.flush();
    }

    /// End of input now.
    pub(crate) fn close(&mut self) {
        self.descriptor = None;
        self.waiting.clear();
    }

    pub(crate) fn register<'a>(&'a self, set: &mut PollSet<'a>, token: Token) {
        if let Some(descriptor) = &self.descriptor
            && !self.waiting.is_empty()
        {
            set.add(descriptor.as_fd(), PollFlags::OUT, token);
        }
    }

    /// What a successor of this program needs: the descriptor, what waits, whether the end was asked for.
    pub(crate) fn parts(&self) -> (Option<BorrowedFd<'_>>, &[u8], bool) {
        (self.descriptor.as_ref().map(AsFd::as_fd), self.waiting.waiting(), self.closing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::pipe::{PipeFlags, pipe_with};

    fn input() -> (Input, OwnedFd) {
        let (reader, writer) = pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC).unwrap();
        (Input::new(Some(writer), b"", false), reader)
    }

    fn read_all(reader: &OwnedFd) -> Vec<u8> {
        let mut all = Vec::new();
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = rustix::io::read(reader, &mut buffer) {
            all.extend_from_slice(&buffer[..count]);
        }
        all
    }

    #[test]
    fn a_full_pipe_keeps_the_rest_and_the_end_comes_after_it() {
        let (mut input, reader) = input();
        let sent: Vec<u8> = (0..100_000u32).map(|number| number as u8).collect();
        input.accept(&sent);
        assert!(!input.wants_more());
        input.close_after_delivery();
        assert!(input.is_open());
        let mut received = read_all(&reader);
        input.flush();
        assert!(!input.is_open());
        received.extend(read_all(&reader));
        assert_eq!(received, sent);
    }

    #[test]
    fn a_process_that_closed_its_end_closes_ours() {
        let (mut input, reader) = input();
        drop(reader);
        input.accept(b"x");
        assert!(!input.is_open());
    }
}
