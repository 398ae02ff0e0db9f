//! One exec session: a further process in the container, with streams of its own.
//!
//! Its output goes to its clients only; Docker keeps no log of exec sessions either.

use std::os::fd::{AsFd, OwnedFd};

use corten_sys::pidfd;
use rustix::event::PollFlags;
use rustix::process::Signal;
use serde::{Deserialize, Serialize};

use crate::channel::{Heard, hear};
use crate::kept::Kept;
use crate::moment::Moment;
use crate::poll::{PollSet, Token, Whose};
use crate::protocol::{Attach, Exec, Streams};
use crate::reexecution::{Incoming, Outgoing, ResumeError};
use crate::streams::{Ends, Multiplexer, SavedStreams};

/// Everything that is neither "cannot be invoked" nor "not found".
const CANNOT_START: i32 = 128;

/// SIGKILL, as a shell reports it.
const KILLED: i32 = 128 + 9;

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
    /// Its keeper makes its process.
    Starting { keeper: OwnedFd, wants: Streams, client: Option<(Attach, OwnedFd)> },
    /// It runs.
    Running { pid: u32, pidfd: OwnedFd, keeper: OwnedFd, streams: Multiplexer },
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
    /// The pid, and where its pidfd and the channel to its keeper went.
    running: Option<(u32, u32, u32)>,
    streams: SavedStreams,
}

impl Session {
    /// A session whose process is being made.
    pub(crate) fn new(
        (key, requester): (u32, u32),
        exec: Exec,
        keeper: OwnedFd,
        client: Option<(Attach, OwnedFd)>,
    ) -> Self {
        Self {
            key,
            id: exec.launch.id,
            requester,
            command: exec.launch.process.args.join(" "),
            stage: Stage::Starting { keeper, wants: exec.streams, client },
        }
    }

    /// Gets on with the start. `buffer` is one that a packet fits into.
    pub(crate) fn advance(&mut self, now: Moment, buffer: &mut [u8]) -> Progress {
        let Stage::Starting { keeper, .. } = &self.stage else { return Progress::Pending };
        let (pid, descriptors) = match hear(keeper, buffer) {
            Heard::Nothing => return Progress::Pending,
            Heard::Said(Kept::Started { pid }, descriptors) => (pid, descriptors),
            Heard::Said(Kept::Failed { exit_code, message }, _) => return self.fail(exit_code, message),
            Heard::Said(Kept::Ended { .. }, _) | Heard::End => {
                let message = format!("the keeper of exec session `{}` has ended", self.id);
                return self.fail(CANNOT_START, message);
            }
        };
        let stage = std::mem::replace(&mut self.stage, Stage::Failed);
        let Stage::Starting { keeper, wants, client } = stage else { return Progress::Pending };
        let Some((pidfd, streams)) = connect(descriptors, &wants) else {
            // The keeper ends its process when it finds the channel closed: better no session than a mute one.
            return self.fail(CANNOT_START, format!("cannot connect exec session `{}`", self.id));
        };
        self.stage = Stage::Running { pid, pidfd, keeper, streams };
        if let (Some((wants, stream)), Some(streams)) = (client, self.streams_mut()) {
            streams.attach(wants, stream, now);
        }
        Progress::Running(pid)
    }

    fn fail(&mut self, exit_code: i32, message: String) -> Progress {
        self.stage = Stage::Failed;
        Progress::Failed { exit_code, message }
    }

    /// Gives up a start that is under way: its keeper finds the channel closed, and ends its half-made process.
    pub(crate) fn abandon(&mut self) {
        self.stage = Stage::Failed;
    }

    /// How its process ended, where its keeper has told so. A keeper that was killed took its process with it.
    pub(crate) fn ended(&self, buffer: &mut [u8]) -> Option<i32> {
        let Stage::Running { keeper, pidfd, .. } = &self.stage else { return None };
        match hear(keeper, buffer) {
            Heard::Nothing => None,
            Heard::Said(Kept::Ended { exit_code }, _) => Some(exit_code),
            Heard::Said(..) | Heard::End => {
                // One that another runtime has made outlives its keeper; the others have ended.
                let _ = pidfd::send_signal(pidfd, Signal::KILL.as_raw());
                Some(KILLED)
            }
        }
    }

    /// Notes the end of its process: takes what is left of its output.
    pub(crate) fn end(&mut self, buffer: &mut [u8]) {
        if let Stage::Running { mut streams, .. } = std::mem::replace(&mut self.stage, Stage::Failed) {
            // What it left running goes on beside the container, which nobody keeps waiting.
            let _ = streams.end(0, buffer, &mut |_, _| {});
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

    /// The channel to its keeper, while its process runs.
    pub(crate) fn keeper(&self) -> Option<&OwnedFd> {
        match &self.stage {
            Stage::Running { keeper, .. } => Some(keeper),
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
            Stage::Starting { keeper, .. } => {
                set.add(keeper.as_fd(), PollFlags::IN, Token::Starting(self.key));
            }
            Stage::Running { keeper, .. } => set.add(keeper.as_fd(), PollFlags::IN, Token::Ended(self.key)),
            _ => {}
        }
        if let Some(streams) = self.streams() {
            streams.register(Whose::Session(self.key), set);
        }
    }

    /// As it crosses a re-execution; `None` where nothing of it would.
    pub(crate) fn save<'a>(&'a self, outgoing: &mut Outgoing<'a>) -> Option<SavedSession> {
        let running = match &self.stage {
            Stage::Running { pid, pidfd, keeper, .. } => {
                Some((*pid, outgoing.put(pidfd.as_fd()), outgoing.put(keeper.as_fd())))
            }
            _ => None,
        };
        Some(SavedSession {
            key: self.key,
            id: self.id.clone(),
            requester: self.requester,
            command: self.command.clone(),
            running,
            streams: self.streams()?.save(outgoing),
        })
    }
}

/// What a keeper handed over: the process, then its streams.
fn connect(descriptors: Vec<OwnedFd>, wants: &Streams) -> Option<(OwnedFd, Multiplexer)> {
    let mut descriptors = descriptors.into_iter();
    let pidfd = descriptors.next()?;
    let ends = Ends::received(descriptors.collect(), wants.tty)?;
    Some((pidfd, Multiplexer::new(ends, wants.stdin_once).ok()?))
}

impl SavedSession {
    /// The session again.
    ///
    /// # Errors
    /// Where a descriptor is missing.
    pub(crate) fn restore(self, incoming: &mut Incoming) -> Result<Session, ResumeError> {
        let streams = Multiplexer::restore(self.streams, incoming)?;
        let stage = match self.running {
            Some((pid, pidfd, keeper)) => {
                Stage::Running { pid, pidfd: incoming.take(pidfd)?, keeper: incoming.take(keeper)?, streams }
            }
            None => Stage::Ended { streams },
        };
        Ok(Session { key: self.key, id: self.id, requester: self.requester, command: self.command, stage })
    }
}
