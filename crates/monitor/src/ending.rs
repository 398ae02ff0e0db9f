//! The end of a container: everything is written down, then announced, then let go of; last, slow clients get the rest.
//!
//! Nothing here can fail in a way that keeps the next step from being taken.

use std::os::fd::{AsFd as _, OwnedFd};
use std::time::Duration;

use corten_sys::pidfd::{self, Exit};
use rustix::event::PollFlags;

use crate::chronicle::Ending;
use crate::clock;
use crate::control::STARTER;
use crate::moment::Moment;
use crate::monitor::Monitor;
use crate::poll::{PollSet, Token, Whose};
use crate::protocol::Reply;
use crate::session::Session;
use crate::sessions::Sessions;
use crate::streams::Multiplexer;

/// How long the control group may take to become empty of processes that are dying.
pub(crate) const EMPTYING: Duration = Duration::from_secs(10);

/// How long whoever started a `--rm` container may take to remove it.
const REMOVAL: Duration = Duration::from_secs(60);

/// How long processes that outlived the init may take to die of SIGKILL before they are left to the kernel.
const DYING_MS: u64 = 10_000;

/// For how long the end of the container's outputs is awaited: processes that were killed with it take a moment to go, and one that
/// outlives it must not keep it.
const DRAIN_MS: u64 = 500;

/// How far below a limit the kernel may refuse: it takes memory in batches.
const NEAR: u64 = 1 << 20;

impl Monitor {
    /// Ends the monitor's work after the container's init has been reaped.
    pub(crate) fn conclude(mut self, exit: Exit) {
        let at = clock::now();
        self.end_probes();
        self.end_sessions();
        let log = &mut self.log;
        let held_open =
            self.streams.end(DRAIN_MS, &mut self.buffer, &mut |source, bytes| log.write(source, bytes));
        self.log.finish();
        if let Some(gap) = self.log.final_gap(&held_open) {
            self.chronicle.log_incomplete(gap, at);
        }

        let oom_killed = self.cgroup.oom_kills().is_ok_and(|kills| kills > 0);
        let oom_scope = oom_killed.then(|| self.oom_scope());
        let (started_at, stopped) = (self.plan.started_at, self.stopping);
        self.chronicle.exited(&Ending { exit, oom_killed, oom_scope, started_at, at, stopped });
        let reply = Reply::Exited { exit_code: exit.shell_code(), oom_killed, at };
        self.connections.reply(STARTER, &reply);
        self.let_go();
    }

    /// Whose want of memory has killed: where the container has never met its limit, it was not its own.
    fn oom_scope(&self) -> &'static str {
        let memory = self.cgroup.stats().ok().and_then(|stats| stats.memory);
        // v1 does not count what fails for the limit of memory and swap together; the most that there was tells.
        let met = memory.is_some_and(|memory| {
            let reached = memory.limit.zip(memory.peak).is_some_and(|(limit, peak)| peak + NEAR >= limit);
            memory.failures > 0 || reached
        });
        if met { "container" } else { "host" }
    }

    /// With a pid namespace of its own the init's death has ended them all; else they are killed now.
    fn end_sessions(&mut self) {
        if self.plan.shares_pids {
            // What is not killed here is killed by whoever removes the cgroup.
            let _ = self.cgroup.kill();
        }
        let deadline = Moment::now().plus_ms(DYING_MS);
        let keys: Vec<u32> = self.sessions.iter().map(|session| session.key).collect();
        for key in keys {
            let Some(session) = self.sessions.get_mut(key) else { continue };
            if session.is_starting() {
                let message = "the container ended".to_owned();
                self.connections.reply(session.requester, &Reply::StartFailed { exit_code: 128, message });
                session.abandon();
            } else if let Some((_, process)) = session.process() {
                let _ = pidfd::send_signal(process, rustix::process::Signal::KILL.as_raw());
                wait_for(session, deadline);
                self.end_session(key);
            }
        }
    }

    /// Gives everything up that a next start of the container needs, the lock last; then whoever has to know is told.
    fn let_go(self) {
        let Self { listener, connections, cgroup, lock, plan, mut reaper, attendant, log, .. } = self;
        let (mut streams, mut sessions, mut buffer) = (self.streams, self.sessions, self.buffer);
        // A name that stays is replaced by the next monitor; a cgroup that stays, by `system check`.
        let _ = listener.remove();
        // It has the root mounted, and the lock too.
        drop(attendant);
        let _ = cgroup.remove(EMPTYING);
        log.close();
        drop(lock);
        let starter = connections.into_starter();
        if let (Some(waiting), None) = (&mut reaper, &starter) {
            waiting.release();
        }
        deliver(&mut streams, &mut sessions, &mut buffer);
        // Whoever listens removes the container and then hangs up; one that was about to leave hangs up without.
        if let (Some(mut reaper), Some(starter)) = (reaper, starter) {
            wait_for_hang_up(&starter);
            if plan.paths.container.exists() {
                reaper.release();
            }
        }
    }
}

fn wait_for_hang_up(starter: &OwnedFd) {
    let mut set = PollSet::default();
    set.add(starter.as_fd(), PollFlags::empty(), Token::Connection(STARTER));
    // Failure only means that the reaper comes early, and waits its turn.
    let _ = set.wait(Some(REMOVAL));
}

fn wait_for(session: &Session, deadline: Moment) {
    let Some(keeper) = session.keeper() else { return };
    let mut set = PollSet::default();
    set.add(keeper.as_fd(), PollFlags::IN, Token::Ended(session.key));
    // Failure is the same as a process that does not die: the kernel is left to it.
    let _ = set.wait(Some(deadline.from(Moment::now())));
}

/// Gives clients what they have not taken yet, for as long as they are there and their patience lasts.
fn deliver(streams: &mut Multiplexer, sessions: &mut Sessions, buffer: &mut [u8]) {
    loop {
        sessions.sweep();
        let mut set = PollSet::default();
        streams.register(Whose::Container, &mut set);
        sessions.register(&mut set);
        if set.is_empty() {
            return;
        }
        let now = Moment::now();
        let deadline = [streams.deadline(), sessions.deadline()].into_iter().flatten().min();
        let Ok(ready) = set.wait(deadline.map(|deadline| deadline.from(now))) else { return };
        for (token, events) in ready {
            match token {
                Token::Client(Whose::Container, key) => streams.serve_client(key, events, buffer),
                Token::Client(Whose::Session(session), key) => {
                    if let Some(streams) = sessions.get_mut(session).and_then(Session::streams_mut) {
                        streams.serve_client(key, events, buffer);
                    }
                }
                _ => {}
            }
        }
        let now = Moment::now();
        streams.expire(now, buffer);
        sessions.expire(now, buffer);
    }
}
