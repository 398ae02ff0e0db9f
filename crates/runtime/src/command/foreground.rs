//! Staying with a process until it ends: signals are forwarded, its terminal is copied to ours and back.
//!
//! It starts nothing.

use std::os::fd::{AsFd, OwnedFd};

use corten_sys::pidfd::{self, Exit};
use corten_sys::pty;
use corten_sys::signal::{self, SignalFd};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::Signal;
use rustix::stdio::{stdin, stdout};
use rustix::termios::{OptionalActions, Termios, isatty, tcgetattr, tcgetwinsize, tcsetattr};

use super::error::CommandError;

/// Not forwarded: what concerns this process only.
const OWN: [Signal; 4] = [Signal::CHILD, Signal::PIPE, Signal::URG, Signal::WINCH];

/// Signals from before the process exists on, so that none is lost.
pub(super) struct Foreground {
    signals: SignalFd,
}

impl Foreground {
    /// # Errors
    /// What signalfd(2) says.
    pub(super) fn prepare() -> Result<Self, CommandError> {
        let faults =
            [Signal::ILL, Signal::TRAP, Signal::ABORT, Signal::BUS, Signal::FPE, Signal::SEGV, Signal::SYS];
        let stops = [Signal::TTIN, Signal::TTOU, Signal::TSTP];
        let kept = |signal: &i32| faults.iter().chain(&stops).all(|kept| kept.as_raw() != *signal);
        let signals: Vec<i32> = signal::all().filter(kept).collect();
        let signals = SignalFd::new(&signals).map_err(CommandError::io("receive signals"))?;
        Ok(Self { signals })
    }

    /// The status of the process once it has ended and its terminal is drained.
    ///
    /// # Errors
    /// What waiting says.
    pub(super) fn stay(&self, process: &OwnedFd, pty: Option<OwnedFd>) -> Result<i32, CommandError> {
        let mut relay = pty.map(Relay::new);
        loop {
            let mut watched = vec![
                PollFd::new(process, PollFlags::IN),
                PollFd::from_borrowed_fd(self.signals.as_fd(), PollFlags::IN),
            ];
            if let Some(relay) = &relay {
                relay.watch(&mut watched);
            }
            // An interrupted poll only means one look more.
            let _ = poll(&mut watched, None);
            let ready: Vec<bool> = watched.iter().map(|one| !one.revents().is_empty()).collect();
            drop(watched);
            if let Some(relay) = &mut relay {
                relay.copy(&ready[2..]);
            }
            self.forward(process, relay.as_ref())?;
            if ready[0] {
                if let Some(relay) = &mut relay {
                    relay.drain();
                }
                return pidfd::wait(process)
                    .map(Exit::shell_code)
                    .map_err(CommandError::io("wait for the process"));
            }
        }
    }

    fn forward(&self, process: &OwnedFd, relay: Option<&Relay>) -> Result<(), CommandError> {
        while let Some(received) = self.signals.read().map_err(CommandError::io("read signals"))? {
            if received.signal == Signal::WINCH.as_raw() {
                relay.inspect(|relay| relay.resize());
            }
            if OWN.iter().all(|own| own.as_raw() != received.signal) {
                // One that has ended meanwhile is reaped next.
                let _ = pidfd::send_signal(process, received.signal);
            }
        }
        Ok(())
    }
}

/// Our terminal and the container's. Ours is raw while this lives.
struct Relay {
    pty: OwnedFd,
    before: Option<Termios>,
    stdin_open: bool,
}

impl Relay {
    fn new(pty: OwnedFd) -> Self {
        let before = if isatty(stdin()) { tcgetattr(stdin()).ok() } else { None };
        if let Some(before) = &before {
            let mut raw = before.clone();
            raw.make_raw();
            // Without it lines are edited twice, which is ugly and no more.
            let _ = tcsetattr(stdin(), OptionalActions::Now, &raw);
        }
        let relay = Self { pty, before, stdin_open: true };
        relay.resize();
        relay
    }

    fn resize(&self) {
        if let Ok(size) = tcgetwinsize(stdin()) {
            // A terminal that is gone needs no size.
            let _ = pty::set_size(&self.pty, size.ws_row, size.ws_col);
        }
    }

    fn watch<'a>(&'a self, watched: &mut Vec<PollFd<'a>>) {
        watched.push(PollFd::new(&self.pty, PollFlags::IN));
        if self.stdin_open {
            watched.push(PollFd::from_borrowed_fd(stdin(), PollFlags::IN));
        }
    }

    fn copy(&mut self, ready: &[bool]) {
        if ready.first() == Some(&true) {
            copy_once(&self.pty, stdout());
        }
        if ready.get(1) == Some(&true) {
            self.stdin_open = copy_once(stdin(), &self.pty);
        }
    }

    /// What the process wrote before it ended: the master reports an error once that is read.
    fn drain(&mut self) {
        while copy_once(&self.pty, stdout()) {}
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // It was so before; there is nothing to do if it cannot be so again.
            let _ = tcsetattr(stdin(), OptionalActions::Now, before);
        }
    }
}

/// Whether there is more to come.
fn copy_once(from: impl AsFd, to: impl AsFd) -> bool {
    let mut buffer = [0; 16 * 1024];
    let Ok(length) = rustix::io::read(from, &mut buffer) else { return false };
    let mut rest = &buffer[..length];
    while !rest.is_empty() {
        match rustix::io::write(&to, rest) {
            Ok(written) => rest = &rest[written..],
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
        }
    }
    length > 0
}
