//! Pipes through which bytes go from one connection to another without being copied (splice(2)).
//!
//! A pipe that is empty is anybody's; who has bytes in one keeps it.

use std::os::fd::{AsFd, OwnedFd};

use rustix::io::Errno;
use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};

/// What a pipe holds, where the kernel lets it: more than is on its way at a time, and less than a user's share of 64 MiB (pipe(7)).
const SIZE: usize = 256 * 1024;

/// So many empty ones are kept.
const SPARE: usize = 8;

const FLAGS: SpliceFlags = SpliceFlags::MOVE.union(SpliceFlags::NONBLOCK);

/// Those that are empty.
#[derive(Debug, Default)]
pub(super) struct Pipes(Vec<Pipe>);

/// See the module.
#[derive(Debug)]
pub(super) struct Pipe {
    reader: OwnedFd,
    writer: OwnedFd,
    length: usize,
}

impl Pipes {
    /// An empty one; none where no more are to be had.
    pub(super) fn take(&mut self) -> Option<Pipe> {
        self.0.pop().or_else(|| {
            let (reader, writer) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).ok()?;
            // One of the usual size does too.
            let _ = fcntl_setpipe_size(&writer, SIZE);
            Some(Pipe { reader, writer, length: 0 })
        })
    }

    /// Gives an empty one back.
    pub(super) fn give_back(&mut self, pipe: Pipe) {
        if self.0.len() < SPARE {
            self.0.push(pipe);
        }
    }
}

impl Pipe {
    /// Takes what is there, as far as it fits; how much that was. 0 is the end.
    pub(super) fn fill(&mut self, from: impl AsFd) -> rustix::io::Result<usize> {
        let length = splice(from, None, &self.writer, None, SIZE, FLAGS)?;
        self.length += length;
        Ok(length)
    }

    /// Gives on what it has. Returns whether that was all; else the other end is full.
    pub(super) fn empty(&mut self, to: impl AsFd) -> rustix::io::Result<bool> {
        while self.length > 0 {
            match splice(&self.reader, None, to.as_fd(), None, self.length, FLAGS) {
                Ok(0) | Err(Errno::AGAIN) => return Ok(false),
                Ok(length) => self.length -= length,
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}
