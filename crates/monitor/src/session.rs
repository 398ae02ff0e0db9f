//! One exec session: a further process in the container, with streams of its own.
//!
//! Its output goes to its clients only; Docker keeps no log of exec sessions either.

use std::os::fd::{AsFd, OwnedFd};

use corten_runtime::Starting;
use corten_sys::pidfd::{self, Exit};
use rustix::event::PollFlags;
use serde::{Deserialize, Serialize};

use crate::moment::Moment;
use crate::monitor::reap;
use crate::poll::{PollSet, Token, Whose};
use crate::protocol::{Attach, Exec};
use crate::reexecution::{Incoming, Outgoing, ResumeError};
use crate::stdio::Near;
use crate::streams::{Multiplexer, SavedStreams};

/// A session between its request and the delivery of its last byte.
#[derive(Debug)]
pub(crate) struct Session {
    /// Its number among the sessions of this monitor.
    pub(crate) key: u32,
    /// Its id, the engine's.
    pub(crate) id: String,
    /// The connection that asked for it.
    pub(crate) requester: u32,
    /// The command line, as the event has it.
    pub(crate) command: String,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Its process is being made.
    Starting { process: Box<Starting>, near: Near, stdin_once: bool, client: Option<(Attach, OwnedFd)> },
    /// It runs.
    Running { pid: u32, pidfd: OwnedFd, streams: Multiplexer },
    /// It has ended; clients still take what it wrote.
    Ended { streams: Multiplexer },
    /// It could not be started.
    Failed,
}

/// What became of an attempt to get on with a start.
#[derive(Debug)]
pub(crate) enum Progress {
    /// Not there yet.
    Pending,
    /// Its process runs.
    Running(u32),
    /// Nothing of it is left.
    Failed {
        /// 126, 127 or 128.
        exit_code: i32,
        /// What failed.
        message: String,
    },
}

/// A session as it crosses a re-execution; one that is being started does not.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedSession {
    key: u32,
    id: String,
    requester: u32,
    command: String,
    running: Option<(u32, u32)>,
    streams: SavedStreams,
}

impl Session {
    /// A session whose process is being made.
    pub(crate) fn new(
        (key, requester): (u32, u32),
        exec: Exec,
        process: Starting,
        near: Near,
        client: Option<(Attach, OwnedFd)>,
    ) -> Self {
        let stdin_once = exec.streams.stdin_once;
        Self {
            key,
            id: exec.launch.id,
            requester,
            command: exec.launch.process.args.join(" "),
            stage: Stage::Starting { process: Box::new(process), near, stdin_once, client },
        }
    }

    /// Gets on with the start.
    pub(crate) fn advance(&mut self, now: Moment) -> Progress {
        let Stage::Starting { process, .. } = &mut self.stage else { return Progress::Pending };
        let started = match process.advance() {
            Ok(None) => return Progress::Pending,
            Ok(Some(started)) => started,
            Err(failure) => {
                self.stage = Stage::Failed;
                return Progress::Failed { exit_code: failure.exit_code, message: failure.message };
            }
        };
        let stage = std::mem::replace(&mut self.stage, Stage::Failed);
        let Stage::Starting { near, stdin_once, client, .. } = stage else { return Progress::Pending };
        match near.ends(started.pty).and_then(|ends| Multiplexer::new(ends, stdin_once)) {
            Ok(mut streams) => {
                if let Some((wants, stream)) = client {
                    streams.attach(wants, stream, now);
                }
                self.stage = Stage::Running { pid: started.pid, pidfd: started.pidfd, streams };
                Progress::Running(started.pid)
            }
            Err(error) => {
                // It runs, but nobody could hear it: better no session than a mute one.
                let _ = pidfd::send_signal(&started.pidfd, 9);
                let _ = pidfd::wait(&started.pidfd);
                let message = format!("cannot connect exec session `{}`: {error}", self.id);
                Progress::Failed { exit_code: 128, message }
            }
        }
    }

    /// Gives up a start that is under way; its half-made process is killed and reaped.
    pub(crate) fn abandon(&mut self) {
        self.stage = Stage::Failed;
    }

    /// Reaps its process, where that has ended.
    pub(crate) fn try_wait(&self) -> Option<Exit> {
        let Stage::Running { pidfd, .. } = &self.stage else { return None };
        reap(pidfd)
    }

    /// Notes the end of its process: takes what is left of its output.
    pub(crate) fn end(&mut self, buffer: &mut [u8]) {
        if let Stage::Running { mut streams, .. } = std::mem::replace(&mut self.stage, Stage::Failed) {
            streams.end(buffer, &mut |_, _| {});
            self.stage = Stage::Ended { streams };
        }
    }

    /// Its process and that one's descriptor, while it runs.
    pub(crate) fn process(&self) -> Option<(u32, &OwnedFd)> {
        match &self.stage {
            Stage::Running { pid, pidfd, .. } => Some((*pid, pidfd)),
            _ => None,
        }
    }

    /// Whether its process is being made.
    pub(crate) fn is_starting(&self) -> bool {
        matches!(self.stage, Stage::Starting { .. })
    }

    /// Whether nothing of it is left to do.
    pub(crate) fn is_over(&self) -> bool {
        match &self.stage {
            Stage::Ended { streams } => streams.clients() == 0,
            Stage::Failed => true,
            _ => false,
        }
    }

    /// Its streams, once there are some.
    pub(crate) fn streams(&self) -> Option<&Multiplexer> {
        match &self.stage {
            Stage::Running { streams, .. } | Stage::Ended { streams } => Some(streams),
            _ => None,
        }
    }

    /// Its streams, once there are some.
    pub(crate) fn streams_mut(&mut self) -> Option<&mut Multiplexer> {
        match &mut self.stage {
            Stage::Running { streams, .. } | Stage::Ended { streams } => Some(streams),
            _ => None,
        }
    }

    pub(crate) fn register<'a>(&'a self, set: &mut PollSet<'a>) {
        match &self.stage {
            Stage::Starting { process, .. } => {
                set.add(process.as_fd(), PollFlags::IN, Token::Starting(self.key));
            }
            Stage::Running { pidfd, .. } => set.add(pidfd.as_fd(), PollFlags::IN, Token::Ended(self.key)),
            _ => {}
        }
        if let Some(streams) = self.streams() {
            streams.register(Whose::Session(self.key), set);
        }
    }

    /// As it crosses a re-execution; `None` where nothing of it would.
    pub(crate) fn save<'a>(&'a self, outgoing: &mut Outgoing<'a>) -> Option<SavedSession> {
        Some(SavedSession {
            key: self.key,
            id: self.id.clone(),
            requester: self.requester,
            command: self.command.clone(),
            running: self.process().map(|(pid, pidfd)| (pid, outgoing.put(pidfd.as_fd()))),
            streams: self.streams()?.save(outgoing),
        })
    }
}

impl SavedSession {
    /// The session again.
    ///
    /// # Errors
    /// Where a descriptor is missing.
    pub(crate) fn restore(self, incoming: &mut Incoming) -> Result<Session, ResumeError> {
        let streams = Multiplexer::restore(self.streams, incoming)?;
        let stage = match self.running {
            Some((pid, slot)) => Stage::Running { pid, pidfd: incoming.take(slot)?, streams },
            None => Stage::Ended { streams },
        };
        Ok(Session { key: self.key, id: self.id, requester: self.requester, command: self.command, stage })
    }
}
