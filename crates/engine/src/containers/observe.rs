//! What became of a container: folds what its journal says beyond what the database knows, and notices a monitor that died.
//!
//! The journal and the lock are the truth; what is written back to the database only saves the next reader the folding.

use std::os::fd::OwnedFd;
use std::time::Duration;

use corten_journal::{FileLock, JournalReader, JournalWriter, NewEvent, Record};
use corten_spec::time::Timestamp;
use corten_state::Durability;
use corten_sys::pidfd;
use corten_sys::process::start_time as process_start_time;
use rustix::io::Errno;

use super::record::Container;
use super::state::{InitProcess, Status};
use super::{CGROUP_PATIENCE, Inner};
use crate::clock::now;
use crate::error::EngineError;
use crate::host::boot_id;

/// How long the processes of a container whose monitor died may take to vanish after SIGKILL.
const DEATH_DEADLINE: Duration = Duration::from_secs(10);

/// SIGKILL, as a shell reports it: what a container is left with when its monitor was killed.
const KILLED: i32 = 128 + 9;

/// What Docker shows for a container that could not be started, where its command is not at fault.
const NOT_STARTED: i32 = 128;

/// What Docker reports for a container that ran when the machine went down.
const LOST_AT_REBOOT: i32 = 255;

impl Inner {
    /// Brings `container.state` up to date.
    pub(crate) fn observe(&self, container: &mut Container) -> Result<(), EngineError> {
        self.fold(container)?;
        if container.state.is_running() && !FileLock::is_held(&self.home.rootfs_lock(&container.id))? {
            self.bury(container)?;
        }
        container.health = self.health_status(container);
        Ok(())
    }

    /// Folds the rest of the journal.
    pub(crate) fn fold(&self, container: &mut Container) -> Result<(), EngineError> {
        let (records, offset) =
            JournalReader::read_from(&self.home.journal(&container.id), container.journal_offset)?;
        if records.is_empty() {
            // Shorter than what was read of it: it lost its tail with the power, or somebody removed it.
            container.journal_offset = container.journal_offset.min(offset);
            return Ok(());
        }
        for record in &records {
            container.state.fold(record);
        }
        container.journal_offset = offset;
        let state = container.state_document()?;
        let id = container.id.to_string();
        // Neither a full disk nor another writer, who may have been stopped in the middle, keeps anybody from seeing the state: unsaved, it
        // is folded again by the next reader.
        let _ =
            self.store.try_write(Durability::Normal, |tx| tx.advance_container_state(&id, &state, offset));
        Ok(())
    }

    /// Writes the state down, for the holder of the lock: also where the journal begins anew.
    pub(crate) fn save_locked(&self, container: &Container) -> Result<(), EngineError> {
        let (id, state, offset) =
            (container.id.to_string(), container.state_document()?, container.journal_offset);
        Ok(self.store.write(Durability::Normal, |tx| tx.set_container_state(&id, &state, offset))?)
    }

    /// Ends what a dead monitor left and writes down what it could not.
    fn bury(&self, container: &mut Container) -> Result<(), EngineError> {
        let Some(lock) = self.try_lock(&container.id)? else {
            // Somebody else starts or buries it at this moment; the journal tells the rest.
            return self.fold(container);
        };
        self.fold(container)?;
        if !container.state.is_running() {
            return Ok(());
        }
        self.bury_locked(container)?;
        if container.config.host.auto_remove {
            // Its monitor would have seen to it.
            container.state.status = Status::Removing;
            self.remove_reserved(container.clone(), lock)?;
        }
        Ok(())
    }

    /// The same for a caller that holds the lock of the root file system.
    pub(crate) fn bury_locked(&self, container: &mut Container) -> Result<(), EngineError> {
        let cgroup = self.cgroups.open(&self.cgroup_path(container))?;
        cgroup.kill()?;
        if let Some(init) = container.state.init.clone() {
            await_death(&init, container.id.as_str())?;
        }
        let exit_code = if ran_in_this_boot(container) { KILLED } else { LOST_AT_REBOOT };
        let at = now();
        let record = Record::Exited {
            exit_code,
            signal: Some(9),
            oom_killed: cgroup.oom_kills().unwrap_or(0) > 0,
            at,
        };
        let written = JournalWriter::open(&self.home.journal(&container.id))
            .and_then(|mut journal| journal.append(&record));
        if let Err(error) = written.map_err(EngineError::from) {
            // Everybody who looks comes to the same end, until there is room to write it down.
            container.state.fold(&record);
            return if error.is_full_disk() { Ok(()) } else { Err(error) };
        }
        cgroup.remove(CGROUP_PATIENCE)?;
        self.fold(container)?;
        self.save_locked(container)?;
        self.announce_death(container, exit_code, at)?;
        self.tell_of_disconnection(container, at)?;
        self.tell_of_unmounts(container, at)
    }

    /// Writes down what kept a start from having a monitor to do so: `inspect` shows it as it shows the monitor's own words.
    pub(super) fn note_failed_start(&self, container: &Container, error: &EngineError, revived: bool) {
        let message = corten_error::chain(error);
        let may_pass = error.may_pass();
        let record = Record::StartFailed { exit_code: NOT_STARTED, message, at: now(), revived, may_pass };
        // The start has failed, and that is told: where even this cannot be written, it is only not kept.
        let _ = self.note(container, &record);
    }

    fn announce_death(
        &self,
        container: &Container,
        exit_code: i32,
        at: Timestamp,
    ) -> Result<(), EngineError> {
        let mut attributes = self.event_attributes(container);
        attributes.insert("exitCode".to_owned(), exit_code.to_string());
        let event = NewEvent {
            at,
            kind: "container".to_owned(),
            action: "die".to_owned(),
            actor: container.id.to_string(),
            attributes,
        };
        match self.headroom.draw_on(EngineError::is_full_disk, || self.events.append(&event)) {
            // The journal has it.
            Err(error) if error.is_full_disk() => Ok(()),
            told => told,
        }
    }

    /// The container's own cgroup.
    pub(crate) fn cgroup_path(&self, container: &Container) -> String {
        self.home.container_cgroup(&container.config.host.cgroup_parent, &container.id)
    }
}

/// Whether the last run began since the machine was started.
pub(crate) fn ran_in_this_boot(container: &Container) -> bool {
    container.state.init.as_ref().is_some_and(|init| boot_id().is_ok_and(|boot| boot == init.boot_id))
}

/// Waits until a recorded init is gone. A number that another process has by now is not waited for.
///
/// # Errors
/// When it still lives after [`DEATH_DEADLINE`]: a process stuck in the kernel keeps its root file system mounted.
pub(crate) fn await_death(init: &InitProcess, container: &str) -> Result<(), EngineError> {
    let Some(process) = open_init(init, container)? else { return Ok(()) };
    if pidfd::ends_within(&process, DEATH_DEADLINE).map_err(|source| watch_failed(init, container, source))? {
        return Ok(());
    }
    Err(EngineError::TimedOut {
        operation: "the end",
        id: container.to_owned(),
        seconds: DEATH_DEADLINE.as_secs(),
    })
}

/// A descriptor of a recorded init that becomes readable with its end; `None` when it is gone.
///
/// # Errors
/// When the kernel does not let it be watched.
pub(super) fn open_init(init: &InitProcess, container: &str) -> Result<Option<OwnedFd>, EngineError> {
    if boot_id()? != init.boot_id {
        return Ok(None);
    }
    let process = match pidfd::open(init.pid) {
        Ok(process) => process,
        Err(error) if error.raw_os_error() == Some(Errno::SRCH.raw_os_error()) => return Ok(None),
        Err(source) => return Err(watch_failed(init, container, source)),
    };
    // Looked at after the descriptor was opened: from here on the number cannot be given to another process unnoticed.
    let same = process_start_time(init.pid).is_ok_and(|started| started == init.start_time);
    Ok(same.then_some(process))
}

fn watch_failed(init: &InitProcess, container: &str, source: std::io::Error) -> EngineError {
    EngineError::System { operation: format!("watch process {} of container {container}", init.pid), source }
}

impl Container {
    /// Whether nothing of it is to stay: somebody is removing it, or it was to be removed when it ended, and has ended, could not
    /// be started, or was created before the machine went down. One that was created since may be about to start.
    pub(crate) fn is_to_go(&self) -> bool {
        let left_behind = || boot_id().is_ok_and(|boot| self.is_of_earlier_boot_than(boot));
        let over = || self.state.finished_at != Timestamp::ZERO || !self.state.error.is_empty();
        let removes_itself = self.config.host.auto_remove && !self.state.is_running();
        self.is_being_removed() || (removes_itself && (over() || left_behind()))
    }

    /// Whether it was created before this boot, as far as that is known: it is of those that are removed when they end. Who made it for
    /// a single run was lost with the machine.
    fn is_of_earlier_boot_than(&self, boot: &str) -> bool {
        self.state.created_in.as_ref().is_some_and(|created_in| created_in != boot)
    }

    /// Whether somebody is removing it, as its row says: with a full disk that may not be written down.
    #[must_use]
    pub fn is_being_removed(&self) -> bool {
        self.state.status == Status::Removing
    }
}

#[cfg(test)]
mod tests {
    use corten_spec::id::ContainerId;

    use super::*;
    use crate::containers::RunState;
    use crate::containers::config::{ContainerConfig, HostConfig};

    fn created(auto_remove: bool, created_in: Option<&str>) -> Container {
        let host = HostConfig { auto_remove, ..HostConfig::default() };
        Container {
            id: ContainerId::from_bytes([7; 32]),
            name: "box".to_owned(),
            image_id: String::new(),
            created_at: Timestamp::from_nanos(1),
            config: ContainerConfig { host, ..ContainerConfig::default() },
            state: RunState { created_in: created_in.map(str::to_owned), ..RunState::default() },
            journal_offset: 0,
            health: None,
        }
    }

    #[test]
    fn one_that_is_removed_when_it_ends_and_never_began_goes_with_the_boot_that_it_was_created_in() {
        let this = boot_id().unwrap();
        assert!(created(true, Some("an earlier one")).is_to_go());
        assert!(!created(true, Some(this)).is_to_go(), "somebody may be about to start it");
        assert!(!created(true, None).is_to_go(), "nobody knows");
        assert!(!created(false, None).is_to_go());
        // What runs is not taken away, whenever it was created.
        let mut started = created(true, Some("an earlier one"));
        started.state.status = Status::Running;
        assert!(!started.is_to_go());
    }
}
