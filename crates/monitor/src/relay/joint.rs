//! Two connections that are one: what comes out of either goes into the other, byte for byte.
//!
//! Small messages are read and written; what fills the buffer goes on through a pipe, without being copied.

use std::os::fd::OwnedFd;

use rustix::event::epoll::EventFlags;
use rustix::io::{Errno, read, write};
use rustix::net::{Shutdown, shutdown};

use super::pipes::{Pipe, Pipes};

/// How many reads one connection gets before the others have their turn.
const TURN: usize = 16;

/// What passes through in one read.
const BUFFER: usize = 64 * 1024;

/// A stream that brings less at a time is not worth a pipe.
const BULK: usize = 16 * 1024;

/// Something comes, or nothing ever will.
const READABLE: EventFlags =
    EventFlags::IN.union(EventFlags::RDHUP).union(EventFlags::HUP).union(EventFlags::ERR);
const LAST: EventFlags = EventFlags::RDHUP.union(EventFlags::HUP).union(EventFlags::ERR);
const WRITABLE: EventFlags = EventFlags::OUT.union(EventFlags::HUP).union(EventFlags::ERR);

/// What all joints use, one after another.
#[derive(Debug)]
pub(super) struct Scratch {
    pub(super) buffer: Vec<u8>,
    pipes: Pipes,
}

impl Scratch {
    pub(super) fn new() -> Self {
        Self { buffer: vec![0; BUFFER], pipes: Pipes::default() }
    }
}

/// An end of a joint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Client,
    Inside,
}

/// What is left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// Nothing, until something happens.
    Waits,
    /// More, when the others have had their turn.
    More,
    /// Nothing any more.
    Over,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Joint {
    pub(super) client: OwnedFd,
    pub(super) inside: OwnedFd,
    inwards: Way,
    outwards: Way,
}

/// What goes one way.
#[derive(Debug, Default)]
struct Way {
    /// There may be something to read.
    is_readable: bool,
    /// What is there to read ends, now or soon: one has to read until it does.
    is_last: bool,
    /// It comes faster than it could be copied.
    is_bulk: bool,
    /// The other end takes nothing at the moment.
    is_full: bool,
    waiting: Waiting,
    /// Nothing more comes.
    has_ended: bool,
    /// The other end has been told so.
    is_told: bool,
}

/// Read, and not yet taken by the other end.
#[derive(Debug, Default)]
enum Waiting {
    #[default]
    Nothing,
    Bytes(Vec<u8>),
    Piped(Pipe),
}

impl Joint {
    /// Who connects mostly says something at once: that is looked for without being told.
    pub(super) fn new(client: OwnedFd, inside: OwnedFd) -> Self {
        let inwards = Way { is_readable: true, ..Way::default() };
        Self { client, inside, inwards, outwards: Way::default() }
    }

    /// Remembers what has happened at one end.
    pub(super) fn note(&mut self, end: End, flags: EventFlags) {
        let (from, to) = match end {
            End::Client => (&mut self.inwards, &mut self.outwards),
            End::Inside => (&mut self.outwards, &mut self.inwards),
        };
        from.is_readable |= flags.intersects(READABLE);
        from.is_last |= flags.intersects(LAST);
        to.is_full &= !flags.intersects(WRITABLE);
    }

    /// Moves what can be moved.
    pub(super) fn advance(&mut self, scratch: &mut Scratch) -> Progress {
        let inwards = self.inwards.advance(&self.client, &self.inside, scratch);
        let outwards =
            inwards.and_then(|more| Ok(self.outwards.advance(&self.inside, &self.client, scratch)? || more));
        match outwards {
            // A connection that broke breaks the other: dropping both sends what each has not read back as a reset.
            Err(_) => Progress::Over,
            Ok(_) if self.inwards.is_told && self.outwards.is_told => Progress::Over,
            Ok(true) => Progress::More,
            Ok(false) => Progress::Waits,
        }
    }
}

impl Way {
    /// Returns whether there is more to do.
    fn advance(&mut self, from: &OwnedFd, to: &OwnedFd, scratch: &mut Scratch) -> rustix::io::Result<bool> {
        for _ in 0..TURN {
            if !self.give(to, scratch)? {
                return Ok(false);
            }
            if self.has_ended {
                return self.tell(to).map(|()| false);
            }
            if !self.is_readable {
                return Ok(false);
            }
            self.take(from, to, scratch)?;
        }
        Ok(true)
    }

    /// Gives on what waits. Returns whether nothing waits any more.
    fn give(&mut self, to: &OwnedFd, scratch: &mut Scratch) -> rustix::io::Result<bool> {
        while !self.is_full {
            match &mut self.waiting {
                Waiting::Nothing => return Ok(true),
                Waiting::Bytes(bytes) => match write(to, bytes) {
                    Ok(written) if written == bytes.len() => self.waiting = Waiting::Nothing,
                    Ok(written) => drop(bytes.drain(..written)),
                    Err(Errno::AGAIN) => self.is_full = true,
                    Err(error) => return Err(error),
                },
                Waiting::Piped(pipe) => {
                    if pipe.empty(to)? {
                        if let Waiting::Piped(pipe) = std::mem::take(&mut self.waiting) {
                            scratch.pipes.give_back(pipe);
                        }
                    } else {
                        self.is_full = true;
                    }
                }
            }
        }
        Ok(matches!(self.waiting, Waiting::Nothing))
    }

    /// Takes what comes, and gives it on at once as far as it is taken. Nothing waits.
    fn take(&mut self, from: &OwnedFd, to: &OwnedFd, scratch: &mut Scratch) -> rustix::io::Result<()> {
        if self.is_bulk
            && let Some(pipe) = scratch.pipes.take()
        {
            return self.take_into(pipe, from, scratch);
        }
        match read(from, &mut *scratch.buffer) {
            Ok(0) => self.has_ended = true,
            Ok(length) => {
                self.is_bulk = length == scratch.buffer.len();
                // Less than was asked for is all there was (epoll(7)).
                self.is_readable = self.is_bulk || self.is_last;
                self.waiting = hand_on(to, &scratch.buffer[..length])?;
                self.is_full = matches!(self.waiting, Waiting::Bytes(_));
            }
            Err(Errno::AGAIN | Errno::NOTCONN) => self.is_readable = false,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn take_into(&mut self, mut pipe: Pipe, from: &OwnedFd, scratch: &mut Scratch) -> rustix::io::Result<()> {
        match pipe.fill(from) {
            Ok(0) => self.has_ended = true,
            Ok(length) => {
                self.is_bulk = length >= BULK;
                self.waiting = Waiting::Piped(pipe);
                return Ok(());
            }
            Err(Errno::AGAIN) => (self.is_readable, self.is_bulk) = (false, false),
            Err(error) => return Err(error),
        }
        scratch.pipes.give_back(pipe);
        Ok(())
    }

    fn tell(&mut self, to: &OwnedFd) -> rustix::io::Result<()> {
        if !self.is_told {
            self.is_told = true;
            match shutdown(to, Shutdown::Write) {
                Err(Errno::NOTCONN) => {}
                done => done?,
            }
        }
        Ok(())
    }
}

/// What of it waits.
fn hand_on(to: &OwnedFd, bytes: &[u8]) -> rustix::io::Result<Waiting> {
    match write(to, bytes) {
        Ok(written) if written == bytes.len() => Ok(Waiting::Nothing),
        Ok(written) => Ok(Waiting::Bytes(bytes[written..].to_vec())),
        // Not yet connected, or as full as it gets.
        Err(Errno::AGAIN | Errno::NOTCONN) => Ok(Waiting::Bytes(bytes.to_vec())),
        Err(error) => Err(error),
    }
}
