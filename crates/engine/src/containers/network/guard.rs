//! The guard of this root's table: somebody may flush the firewall while no engine looks.

use std::time::Duration;

use corten_journal::FileLock;
use corten_monitor::guard::{self, Order};
use corten_monitor::protocol::Reaper;

use crate::containers::Inner;
use crate::error::EngineError;

/// How long a guard that was killed may take to be gone.
const PATIENCE: Duration = Duration::from_secs(2);

impl Inner {
    /// Starts a guard, unless there is one.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn ensure_guard(&self) -> Result<(), EngineError> {
        let Some(command) = &self.reaper else { return Ok(()) };
        let path = self.home.guard_lock();
        if FileLock::is_held(&path)? {
            return Ok(());
        }
        let Some(lock) = FileLock::try_exclusive(&path)? else { return Ok(()) };
        let mut arguments = command.arguments.clone();
        arguments.extend(["system", "mend"].map(str::to_owned));
        let order = Order {
            table: self.home.name().to_owned(),
            mender: Reaper { program: command.program.clone(), arguments },
            monitor_cgroup: self.home.monitor_cgroup(),
        };
        Ok(guard::start(self.home.monitor_program(), &order, lock)?)
    }

    /// Ends the guard once nobody needs networks. Most end by themselves when the table goes; not one that watches another network
    /// namespace than this one, which it would keep for ever. For the holder of the networks' lock.
    ///
    /// # Errors
    /// When it cannot be ended, or not within two seconds.
    pub(super) fn end_guard(&self) -> Result<(), EngineError> {
        for pid in self.cgroups.open(&self.home.monitor_cgroup())?.pids()? {
            guard::end(pid, PATIENCE)
                .map_err(|source| EngineError::System { operation: format!("end guard {pid}"), source })?;
        }
        // Somebody may have got an address meanwhile, and have found the guard that has just ended.
        if self.needs_networks()? { self.ensure_guard() } else { Ok(()) }
    }
}
