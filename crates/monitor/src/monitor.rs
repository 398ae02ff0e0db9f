//! The monitor at work: one loop over everything that can happen to a running container.
//!
//! It never blocks and never computes. What a request means is in [`crate::requests`], what the end means in [`crate::ending`].

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use corten_cgroups::Cgroup;
use corten_journal::FileLock;
use corten_sys::memory;
use corten_sys::pidfd::{self, Exit};
use corten_sys::signal::SignalFd;
use rustix::event::PollFlags;

use crate::chronicle::{Chronicle, Sender};
use crate::clock;
use crate::control::{Connections, Listener, PATIENCE_AFTER_FAILURE_MS, Received};
use crate::foreign::Attendant;
use crate::health::Ward;
use crate::log::Log;
use crate::moment::Moment;
use crate::plan::Plan;
use crate::poll::{PollSet, Token, Whose};
use crate::protocol::Reply;
use crate::reaper::Waiting;
use crate::session::Progress;
use crate::sessions::Sessions;
use crate::streams::Multiplexer;

/// The container's first process.
#[derive(Debug)]
pub(crate) struct Init {
    pub(crate) pid: u32,
    pub(crate) pidfd: OwnedFd,
}

/// Everything about one running container.
#[derive(Debug)]
pub(crate) struct Monitor {
    pub(crate) plan: Plan,
    pub(crate) chronicle: Chronicle,
    pub(crate) init: Init,
    pub(crate) cgroup: Cgroup,
    pub(crate) streams: Multiplexer,
    pub(crate) log: Log,
    pub(crate) sessions: Sessions,
    pub(crate) listener: Listener,
    pub(crate) connections: Connections,
    pub(crate) signals: SignalFd,
    /// The root file system's lock: held for as long as this value lives.
    pub(crate) lock: FileLock,
    /// When a stop loses its patience.
    pub(crate) kill_at: Option<Moment>,
    /// Whether a stop was asked for.
    pub(crate) stopping: bool,
    /// Who asked for a re-execution of which program, until it can happen.
    pub(crate) successor: Option<(u32, OwnedFd)>,
    /// Until when the control socket is left alone.
    pub(crate) rests_until: Option<Moment>,
    /// When memory is given back: the start (or the predecessor's state) was the most that this process will ever hold.
    pub(crate) settles_at: Option<Moment>,
    /// Who removes the container after its end, where its starter does not.
    pub(crate) reaper: Option<Waiting>,
    /// Who speaks to the container's runtime, where that is not ours.
    pub(crate) attendant: Option<Attendant>,
    /// Its health, where that is probed.
    pub(crate) ward: Option<Ward>,
    /// What everything is read into.
    pub(crate) buffer: Box<[u8]>,
}

impl Monitor {
    /// Multiplexes until the container's init has ended.
    ///
    /// # Errors
    /// What poll(2) says; the monitor cannot go on then.
    pub(crate) fn run(&mut self) -> io::Result<Exit> {
        loop {
            self.streams.hold_back(self.log.is_behind());
            let timeout = self.timeout();
            let mut set = PollSet::default();
            self.register(&mut set);
            for (token, events) in set.wait(timeout)? {
                if let Some(exit) = self.handle(token, events) {
                    return Ok(exit);
                }
            }
            self.expire();
            self.sessions.sweep();
            self.hand_over();
        }
    }

    fn register<'a>(&'a self, set: &mut PollSet<'a>) {
        set.add(self.signals.as_fd(), PollFlags::IN, Token::Signals);
        set.add(self.init.pidfd.as_fd(), PollFlags::IN, Token::Init);
        if self.rests_until.is_none() && self.connections.has_room() {
            set.add(self.listener.descriptor(), PollFlags::IN, Token::Listener);
        }
        if let Some(prober) = self.ward.as_ref().and_then(Ward::descriptor) {
            set.add(prober, PollFlags::IN, Token::Prober);
        }
        self.connections.register(set);
        self.log.register(set);
        self.streams.register(Whose::Container, set);
        self.sessions.register(set);
    }

    /// How long there is nothing to do by the clock alone; `None` is for ever.
    fn timeout(&self) -> Option<Duration> {
        let own = [self.kill_at, self.rests_until, self.settles_at, self.log.deadline()];
        let clients = [self.streams.deadline(), self.sessions.deadline()];
        let next = own.into_iter().chain(clients).flatten().min()?;
        Some(next.from(Moment::now()))
    }

    fn expire(&mut self) {
        let now = Moment::now();
        if self.kill_at.is_some_and(|at| at <= now) {
            self.kill_at = None;
            self.kill(Sender::Patience);
        }
        if self.settles_at.is_some_and(|at| at <= now) {
            self.settles_at = None;
            memory::give_back();
        }
        self.log.expire(now);
        self.rests_until = self.rests_until.filter(|until| *until > now);
        self.streams.expire(now, &mut self.buffer);
        self.sessions.expire(now, &mut self.buffer);
    }

    /// Ends the container by SIGKILL.
    pub(crate) fn kill(&mut self, sender: Sender) {
        let signal = rustix::process::Signal::KILL.as_raw();
        // Failure means that it has ended, which the loop is about to learn.
        if pidfd::send_signal(&self.init.pidfd, signal).is_ok() {
            self.chronicle.killed(signal, sender, clock::now());
        }
        // It may be frozen, by itself too. What cannot be thawed is for whoever waits to find.
        let _ = self.cgroup.release_killed();
    }

    fn handle(&mut self, token: Token, events: PollFlags) -> Option<Exit> {
        match token {
            Token::Signals => self.pass_on_signals(),
            Token::Listener => self.accept(),
            Token::Connection(key) => self.receive(key),
            Token::Compressor => self.log.hear_compressor(),
            Token::Init => return reap(&self.init.pidfd),
            Token::Prober => self.hear_prober(),
            Token::Starting(key) => self.advance_session(key),
            Token::Ended(key) => self.end_session(key),
            Token::Output(Whose::Container, source) => {
                let log = &mut self.log;
                self.streams
                    .read_output(source, &mut self.buffer, &mut |source, bytes| log.write(source, bytes));
            }
            Token::Output(whose @ Whose::Session(_), source) => {
                if let Some((streams, buffer)) = self.streams_of(whose) {
                    streams.read_output(source, buffer, &mut |_, _| {});
                }
            }
            Token::Input(whose) => {
                if let Some((streams, _)) = self.streams_of(whose) {
                    streams.flush_input();
                }
            }
            Token::Client(whose, key) => {
                if let Some((streams, buffer)) = self.streams_of(whose) {
                    streams.serve_client(key, events, buffer);
                }
            }
        }
        None
    }

    fn streams_of(&mut self, whose: Whose) -> Option<(&mut Multiplexer, &mut [u8])> {
        let streams = match whose {
            Whose::Container => Some(&mut self.streams),
            Whose::Session(key) => self.sessions.get_mut(key)?.streams_mut(),
        };
        streams.map(|streams| (streams, &mut self.buffer[..]))
    }

    /// SIGTERM and its like go to the container and leave the monitor: when a host shuts down, everybody gets SIGTERM first, and
    /// a monitor that ended then would take the container's grace period with it (its init dies with its parent). Whoever
    /// insists sends SIGKILL.
    fn pass_on_signals(&mut self) {
        while let Ok(Some(received)) = self.signals.read() {
            // Failure means that the container has ended.
            let _ = pidfd::send_signal(&self.init.pidfd, received.signal);
        }
    }

    fn accept(&mut self) {
        match self.listener.accept() {
            Ok(Some(connection)) => self.connections.add(connection),
            Ok(None) => {}
            Err(_) => self.rests_until = Some(Moment::now().plus_ms(PATIENCE_AFTER_FAILURE_MS)),
        }
    }

    fn receive(&mut self, key: u32) {
        let reply = match self.connections.receive(key, &mut self.buffer) {
            Received::Nothing | Received::End => return,
            Received::Malformed(refusal) => Some(refusal.into()),
            Received::Request(request, descriptors) => match self.serve(key, request, descriptors) {
                Ok(reply) => reply,
                Err(refusal) => Some(refusal.into()),
            },
        };
        if let Some(reply) = reply {
            self.connections.reply(key, &reply);
        }
    }

    fn advance_session(&mut self, key: u32) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        let reply = match session.advance(Moment::now(), &mut self.buffer) {
            Progress::Pending => return,
            Progress::Running(pid) => {
                self.chronicle.exec_started(&session.id, &session.command, clock::now());
                Reply::ExecStarted { pid }
            }
            Progress::Failed { exit_code, message } => Reply::StartFailed { exit_code, message },
        };
        self.connections.reply(session.requester, &reply);
    }

    /// Ends the session where its process has ended; the event comes before the announcement.
    pub(crate) fn end_session(&mut self, key: u32) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        let Some(exit_code) = session.ended(&mut self.buffer) else { return };
        session.end(&mut self.buffer);
        let (exec, requester) = (session.id.clone(), session.requester);
        self.chronicle.exec_died(&exec, exit_code, clock::now());
        self.sessions.remember(exec.clone(), exit_code);
        self.connections.reply(requester, &Reply::ExecExited { exec, exit_code });
    }
}

/// How a child ended, once it has. One that cannot be waited for any more has ended in a way that nobody knows: 255 is what
/// Docker shows for that.
pub(crate) fn reap(process: &OwnedFd) -> Option<Exit> {
    pidfd::try_wait(process).unwrap_or(Some(Exit::Code(255)))
}
