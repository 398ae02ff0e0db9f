//! A process that is setting itself up, seen by its starter: pollable, never blocking unless asked to.
//!
//! It makes no process: see `spawn`.

use std::io::ErrorKind;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use corten_cgroups::Cgroup;
use corten_spec::runtime::{Hooks, State};
use corten_sys::{packet, pidfd};
use rustix::event::{PollFd, PollFlags, poll};

use crate::error::RuntimeError;
use crate::failure::{CANNOT_START, Failure, StartFailure};
use crate::hook;
use crate::message::{self, CONTINUE, JOIN, Message};

/// How long the last processes of a failed start, killed already, may take to be gone from their cgroup.
const REMOVAL_PATIENCE: Duration = Duration::from_secs(10);

/// A process that runs its program.
#[derive(Debug)]
pub struct Started {
    /// Its number in the caller's pid namespace.
    pub pid: u32,
    /// Readable once it has ended. It is the caller's child: the caller reaps it.
    pub pidfd: OwnedFd,
    /// The master of its terminal.
    pub pty: Option<OwnedFd>,
    /// Its cgroup.
    pub cgroup: Cgroup,
}

/// A process between its birth and its program. Dropping it kills and reaps the process.
#[derive(Debug)]
pub struct Starting {
    pub(crate) running: Option<Started>,
    pub(crate) channel: OwnedFd,
    /// What ends the start: the gate, or the program.
    pub(crate) ends_when: Message,
    /// Those to be run here, until they have been.
    pub(crate) hooks: Option<(Hooks, State)>,
    /// Whether the cgroup was made for this process, and goes when it fails.
    pub(crate) owns_cgroup: bool,
    pub(crate) reached: bool,
    /// Whether the process waits for its network.
    pub(crate) network_due: bool,
}

impl AsFd for Starting {
    /// Readable when [`Starting::advance`] has something to do.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.channel.as_fd()
    }
}

impl Starting {
    /// Its number in the caller's pid namespace.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.running.as_ref().map_or(0, |started| started.pid)
    }

    /// Its cgroup.
    #[must_use]
    pub fn cgroup(&self) -> Option<&Cgroup> {
        self.running.as_ref().map(|started| &started.cgroup)
    }

    /// Takes in what the process has told so far; `Some` once it runs its program (or waits at its gate). Does not wait, except
    /// for hooks.
    ///
    /// # Errors
    /// [`StartFailure`]: the process has been reaped and its cgroup, if it was made for it, removed.
    pub fn advance(&mut self) -> Result<Option<Started>, StartFailure> {
        loop {
            let told = match message::next(&self.channel) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(self.abandon(Failure::system("read from the new process", &error))),
                Ok(told) => told,
            };
            let Some((message, beside)) = told else {
                return if self.reached { Ok(self.running.take()) } else { Err(self.died()) };
            };
            self.hear(message, beside).map_err(|failure| self.abandon(failure))?;
        }
    }

    /// As [`Starting::advance`], until there is a result.
    ///
    /// # Errors
    /// As [`Starting::advance`].
    pub fn wait(mut self) -> Result<Started, StartFailure> {
        loop {
            if let Some(started) = self.advance()? {
                return Ok(started);
            }
            // An interrupted or failed poll only means one look more.
            let _ = poll(&mut [PollFd::new(&self.channel, PollFlags::IN)], None);
        }
    }

    /// Waits until the process's own network namespace can be connected, by whoever opens it through the process's number; then
    /// [`Starting::network_is_there`] is to be called. Only for a launch that awaits its network.
    ///
    /// # Errors
    /// As [`Starting::advance`].
    pub fn await_network(&mut self) -> Result<(), StartFailure> {
        while !self.network_due {
            if self.advance()?.is_some() {
                return Err(self.abandon(Failure::refused("the process has not waited for its network")));
            }
            if !self.network_due {
                // As in `wait`.
                let _ = poll(&mut [PollFd::new(&self.channel, PollFlags::IN)], None);
            }
        }
        Ok(())
    }

    /// Waits until the hooks that are run outside the container have been, for a starter that may not start anything later. Without
    /// hooks it does not wait.
    ///
    /// # Errors
    /// As [`Starting::advance`]; a hook that failed.
    pub fn await_hooks(&mut self) -> Result<(), StartFailure> {
        while self.hooks.is_some() {
            if self.advance()?.is_some() {
                return Err(self.abandon(Failure::refused("the process has not waited for its hooks")));
            }
            if self.hooks.is_some() {
                // As in `wait`.
                let _ = poll(&mut [PollFd::new(&self.channel, PollFlags::IN)], None);
            }
        }
        Ok(())
    }

    /// Lets the process go on.
    ///
    /// # Errors
    /// As [`Starting::advance`].
    pub fn network_is_there(&mut self) -> Result<(), StartFailure> {
        let told = packet::send(&self.channel, CONTINUE, &[]);
        told.map_err(|cause| self.abandon(Failure::system("tell the new process to go on", &cause)))
    }

    /// Tells the process that its cgroup is there.
    ///
    /// # Errors
    /// It could not be told, and waits: it has to be ended.
    pub(crate) fn allow_join(&self) -> Result<(), RuntimeError> {
        match packet::send(&self.channel, JOIN, &[]) {
            // One that does not listen any more has failed, and told why.
            Err(error) if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => {
                Ok(())
            }
            told => told.map_err(RuntimeError::system("tell the new process that its cgroup is there")),
        }
    }

    fn hear(&mut self, message: Message, beside: Option<OwnedFd>) -> Result<(), Failure> {
        self.reached |= message == self.ends_when;
        match message {
            Message::Failed(failure) => return Err(failure),
            Message::Terminal => {
                if let Some(started) = &mut self.running {
                    started.pty = beside;
                }
            }
            Message::HooksDue => self.run_hooks()?,
            Message::NetworkDue => self.network_due = true,
            Message::Prepared | Message::Executing => {}
        }
        Ok(())
    }

    fn run_hooks(&mut self) -> Result<(), Failure> {
        if let Some((hooks, state)) = self.hooks.take() {
            let state = State { pid: Some(self.pid()), ..state };
            hook::run_all("prestart", &hooks.prestart, &state)?;
            hook::run_all("createRuntime", &hooks.create_runtime, &state)?;
        }
        packet::send(&self.channel, CONTINUE, &[])
            .map_err(|cause| Failure::system("tell the new process to go on", &cause))
    }

    /// The channel ended without a word: a signal ended the process (of the OOM killer, or of somebody with `kill`).
    fn died(&mut self) -> StartFailure {
        let exit = self.running.as_ref().and_then(|started| pidfd::wait(&started.pidfd).ok());
        let how = match exit {
            Some(pidfd::Exit::Signal(signal)) => format!("was killed by signal {signal}"),
            _ => "ended".to_owned(),
        };
        self.abandon(Failure::refused(format!("the new process {how} before it ran its program")))
    }

    /// Leaves nothing: the process is killed and reaped, the cgroup removed.
    fn abandon(&mut self, failure: Failure) -> StartFailure {
        self.destroy();
        let mut failed = StartFailure::from(failure);
        if failed.exit_code == 0 {
            failed.exit_code = CANNOT_START;
        }
        failed
    }

    fn destroy(&mut self) {
        match self.running.take() {
            Some(started) if self.owns_cgroup => started.destroy(),
            Some(started) => started.kill(),
            None => {}
        }
    }
}

impl Started {
    /// Kills and reaps it and removes its cgroup: best effort, in an order in which a failure of one does not keep the next from being
    /// tried.
    pub fn destroy(self) {
        self.kill();
        let _ = self.cgroup.remove(REMOVAL_PATIENCE);
    }

    fn kill(&self) {
        let _ = pidfd::send_signal(&self.pidfd, rustix::process::Signal::KILL.as_raw());
        let _ = pidfd::wait(&self.pidfd);
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        self.destroy();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starting(channel: OwnedFd) -> Starting {
        let ends_when = Message::Executing;
        Starting {
            running: None,
            channel,
            ends_when,
            hooks: None,
            owns_cgroup: false,
            reached: false,
            network_due: false,
        }
    }

    #[test]
    fn who_cannot_be_told_to_go_on_is_not_waited_for() {
        let (here, there) = packet::pair().unwrap();
        let listened_to = starting(here);
        assert!(listened_to.allow_join().is_ok());
        drop(there);
        // Whoever has ended says why.
        assert!(listened_to.allow_join().is_ok());
        let no_socket = std::fs::File::open("/dev/null").unwrap();
        assert!(starting(no_socket.into()).allow_join().is_err());
    }
}
