//! The guard of this root's table: somebody may flush the firewall while no engine looks.

use corten_journal::FileLock;
use corten_monitor::guard::{self, Order};
use corten_monitor::protocol::Reaper;

use crate::containers::Inner;
use crate::error::EngineError;

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
}
