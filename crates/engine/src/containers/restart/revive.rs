//! Bringing containers back, waiting until that is due, and not bringing them back.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::thread;
use std::time::Duration;

use corten_error::{Classified as _, Kind};
use corten_journal::{FileLock, JournalWriter, Record};
use corten_monitor::protocol::Reaper;
use corten_monitor::vigil::{self, Order};
use corten_spec::id::ContainerId;
use corten_sys::signal;
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat, open};
use rustix::io::Errno;

use super::plan::{self, is_overdue};
use super::policy::RestartPolicy;
use crate::clock::now;
use crate::containers::kill::SIGTERM;
use crate::containers::observe::open_init;
use crate::containers::start::Cause;
use crate::containers::{Container, Inner, Reservation};
use crate::error::EngineError;

/// How long the last run may take to let go of what the next one needs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Up to here this process itself waits; a longer wait is a smaller process's.
const SHORT: Duration = Duration::from_secs(1);

impl Inner {
    /// Brings a container back if its policy says so; what is due later is left to a process that waits for that, and so is what fails now
    /// and may go better then.
    ///
    /// # Errors
    /// What keeps it from being started; that it is gone is no error.
    pub(crate) fn revive(&self, reference: &str) -> Result<(), EngineError> {
        self.revive_now(reference).inspect_err(|_| {
            // The failure is what is told. Where nobody can be had who waits, whoever looks next finds it overdue.
            let _ = self.try_again_later(reference);
        })
    }

    fn try_again_later(&self, reference: &str) -> Result<(), EngineError> {
        let container = self.find(reference)?;
        if !container.is_restarting() || is_going_down() {
            return Ok(());
        }
        // Where nobody could even write the failure down, the wait is what it was before, and over.
        self.wait_to_revive(&container, plan::left(&container.state, now()).max(SHORT))
    }

    fn revive_now(&self, reference: &str) -> Result<(), EngineError> {
        let container = match self.find(reference) {
            Err(error) if error.kind() == Kind::NotFound => return Ok(()),
            found => found?,
        };
        // A success is not to be forgotten with the power: after a boot, the work would be done again.
        if matches!(container.config.host.restart, RestartPolicy::OnFailure { .. }) {
            self.sync_journal(&container)?;
        }
        if !container.is_restarting() || is_going_down() {
            return Ok(());
        }
        let left = plan::left(&container.state, now());
        if left > SHORT {
            return self.wait_to_revive(&container, left);
        }
        thread::sleep(left);
        match self.reserve(&container.id, PATIENCE) {
            // Somebody may have stopped it, or may have been quicker.
            Ok(Reservation::Granted(lock, container)) if container.is_restarting() && !is_going_down() => {
                self.start_reserved(&container, lock, Cause::Policy).map(drop)
            }
            Ok(_) | Err(EngineError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Has a container that is overdue brought back: whoever was to do it was killed. Failing that, the next one who looks tries.
    pub(crate) fn nudge(&self, container: &Container) {
        if !container.is_restarting() || !is_overdue(&container.state, now()) {
            return;
        }
        // Somebody is at it, or waits.
        let busy = FileLock::is_held(&self.home.rootfs_lock(&container.id)).unwrap_or(true);
        if busy || self.open_bell(&container.id).is_some() {
            return;
        }
        let _ = self.call_now(container);
    }

    /// Sees to it that somebody looks at a container after the end of the run that is under way, whose monitor was started without a
    /// reason for that.
    pub(in crate::containers) fn watch_for_end(&self, container: &Container) -> Result<(), EngineError> {
        let Some(init) = &container.state.init else { return Ok(()) };
        match open_init(init, container.id.as_str())? {
            Some(process) => self.call(container, process, None),
            None => self.call_now(container),
        }
    }

    fn call_now(&self, container: &Container) -> Result<(), EngineError> {
        let path = Path::new("/dev/null");
        let failed = |source| EngineError::ReadFile { path: path.to_owned(), source };
        // There always is something to read: its end.
        self.call(container, File::open(path).map_err(failed)?.into(), None)
    }

    /// Has this program called for a container as soon as `watched` is readable, or after `wait`.
    fn call(
        &self,
        container: &Container,
        watched: OwnedFd,
        wait: Option<Duration>,
    ) -> Result<(), EngineError> {
        let Some(program) = self.call_of(container) else { return Ok(()) };
        let wait_ms = wait.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        let order = Order { program, wait_ms, monitor_cgroup: self.home.monitor_cgroup() };
        Ok(vigil::start(self.home.monitor_program(), &order, watched)?)
    }

    /// The command that looks at a container that has ended.
    pub(in crate::containers) fn call_of(&self, container: &Container) -> Option<Reaper> {
        let command = self.reaper.as_ref()?;
        let mut arguments = command.arguments.clone();
        arguments.extend(["system".to_owned(), "reap".to_owned(), container.id.to_string()]);
        Some(Reaper { program: command.program.clone(), arguments })
    }

    fn wait_to_revive(&self, container: &Container, left: Duration) -> Result<(), EngineError> {
        if self.open_bell(&container.id).is_some() {
            return Ok(());
        }
        let bell = self.make_bell(&container.id)?;
        self.call(container, bell, Some(left))
    }

    /// Writes down that a container is to end, or to stay as it has ended, before that is brought about.
    pub(in crate::containers) fn note_stop(
        &self,
        container: &Container,
        was_restarting: bool,
    ) -> Result<(), EngineError> {
        self.note(container, &Record::StopRequested { at: now(), was_restarting })?;
        // Of the policies, this one alone asks for it after a boot.
        if container.config.host.restart == RestartPolicy::UnlessStopped {
            self.sync_journal(container)?;
        }
        Ok(())
    }

    /// Has the start that somebody asked for survive a loss of power, where the policy asks for it after a boot.
    pub(in crate::containers) fn promise_return(&self, container: &Container) -> Result<(), EngineError> {
        if container.config.host.restart == RestartPolicy::No {
            return Ok(());
        }
        self.sync_journal(container)
    }

    fn sync_journal(&self, container: &Container) -> Result<(), EngineError> {
        Ok(JournalWriter::beside(&self.home.journal(&container.id))?.sync()?)
    }

    /// Lets a container that is about to come back stay as it has ended. False when it runs, or was not about to.
    pub(in crate::containers) fn cancel_restart(&self, container: &Container) -> Result<bool, EngineError> {
        let Reservation::Granted(_lock, container) = self.reserve(&container.id, PATIENCE)? else {
            return Ok(false);
        };
        if !container.is_restarting() {
            return Ok(false);
        }
        self.note_stop(&container, true)?;
        self.ring(&container.id);
        Ok(true)
    }

    /// Has whoever waits to bring a container back look at it now.
    pub(in crate::containers) fn ring(&self, id: &ContainerId) {
        if let Some(bell) = self.open_bell(id) {
            // Where it is full, it has been rung often enough.
            let _ = rustix::io::write(bell, b"!");
        }
    }

    /// The end to ring; `None` where nobody listens.
    fn open_bell(&self, id: &ContainerId) -> Option<OwnedFd> {
        open(self.home.bell(id), OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty()).ok()
    }

    /// The end to listen at. It is both ends, so that it is readable only when somebody has rung.
    fn make_bell(&self, id: &ContainerId) -> Result<OwnedFd, EngineError> {
        let path = self.home.bell(id);
        let failed = |error: Errno| EngineError::WriteFile { path: path.clone(), source: error.into() };
        match mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(failed(error)),
        }
        open(&path, OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty()).map_err(failed)
    }
}

/// Whether the machine goes down: then everybody is told to end, and whoever waits for the end of a container, as its monitor's child, has
/// that signal blocked and hands it on.
fn is_going_down() -> bool {
    signal::is_pending(SIGTERM).unwrap_or(false)
}
