//! What a monitor writes down: first the journal, then the event file; only then is anything announced.
//!
//! It decides nothing. The words and attributes are Docker's (`docker events`).

use std::collections::BTreeMap;

use corten_journal::{EventLog, Headroom, JournalError, JournalWriter, NewEvent, Record};
use corten_spec::time::Timestamp;
use corten_sys::pidfd::Exit;
use corten_sys::process;
use serde::{Deserialize, Serialize};

use crate::health::Status;
use crate::protocol::{ConnectedNetwork, LogGap, Paths};

/// The journal's name in the container's directory.
const NAME: &str = "journal";

/// Where the kernel says which boot this is: a pid and its start time mean nothing in another.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// Whose journal and events these are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Identity {
    /// The container's id.
    pub(crate) id: String,
    /// The attributes of every event.
    pub(crate) attributes: BTreeMap<String, String>,
    /// The volumes that the container has.
    #[serde(default)]
    pub(crate) volumes: Vec<String>,
    /// The network that the container is on.
    #[serde(default)]
    pub(crate) network: Option<ConnectedNetwork>,
    /// Whether its restart policy brings the container back.
    #[serde(default)]
    pub(crate) revived: bool,
}

/// The journal of one container and its part of the event file.
#[derive(Debug)]
pub(crate) struct Chronicle {
    journal: JournalWriter,
    events: EventLog,
    headroom: Headroom,
    identity: Identity,
    memory: Memory,
}

/// What is not written down yet, or cannot be; it crosses a re-execution.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Memory {
    /// Why something could not be written.
    failure: Option<String>,
    /// The last signal to the container's init, and on whose behalf.
    sent: Option<(i32, Sender)>,
}

/// On whose behalf a monitor sends a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Sender {
    /// Somebody who asked for that signal.
    Kill,
    /// Somebody who asked for a stop.
    Stop,
    /// The same, when the time for it was over.
    Patience,
    /// Probes that failed.
    Health,
}

impl Sender {
    fn word(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Stop => "stop",
            Self::Patience => "patience",
            Self::Health => "health",
        }
    }
}

/// What tells a process from every other one, before and after.
#[derive(Debug)]
pub(crate) struct Process {
    pid: u32,
    start_time: u64,
    boot_id: String,
}

impl Process {
    /// Of a child that is not reaped yet.
    pub(crate) fn of(pid: u32) -> Self {
        let boot_id = std::fs::read_to_string(BOOT_ID).unwrap_or_default().trim_end().to_owned();
        // A child has a start time until it is reaped; 0 makes a record that matches no process.
        Self { pid, start_time: process::start_time(pid).unwrap_or_default(), boot_id }
    }
}

/// How a container ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ending {
    pub(crate) exit: Exit,
    pub(crate) oom_killed: bool,
    /// Who wanted memory, where the kernel has killed for it.
    pub(crate) oom_scope: Option<&'static str>,
    pub(crate) started_at: Timestamp,
    pub(crate) at: Timestamp,
    /// Whether somebody had asked for a stop.
    pub(crate) stopped: bool,
}

impl Chronicle {
    /// # Errors
    /// Where the journal cannot be opened.
    pub(crate) fn open(paths: &Paths, identity: Identity) -> Result<Self, JournalError> {
        let journal = JournalWriter::open(&paths.container.join(NAME))?;
        let (events, headroom) = (EventLog::new(&paths.root), Headroom::of(&paths.root));
        Ok(Self { journal, events, headroom, identity, memory: Memory::default() })
    }

    /// The same again, after a re-execution.
    pub(crate) fn remembering(self, memory: Memory) -> Self {
        Self { memory, ..self }
    }

    /// What only this process knows.
    pub(crate) fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Whose it is.
    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Why something could not be written, if that happened.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.memory.failure.as_deref()
    }

    /// The container's init runs. Without this record an engine would take it for lost, so failing here fails the start.
    ///
    /// # Errors
    /// Where the journal cannot be written.
    pub(crate) fn started(&mut self, process: Process, at: Timestamp) -> Result<(), JournalError> {
        let Process { pid, start_time, boot_id } = process;
        let revived = self.identity.revived;
        self.journal.append(&Record::Started { pid, start_time, boot_id, at, revived })?;
        self.announce("start", at, []);
        Ok(())
    }

    /// The container could not be started. Docker has no event for it.
    pub(crate) fn start_failed(&mut self, exit_code: i32, message: &str, at: Timestamp) {
        let (message, revived) = (message.to_owned(), self.identity.revived);
        let may_pass = !Record::blames_command(exit_code);
        self.record(&Record::StartFailed { exit_code, message, at, revived, may_pass });
    }

    /// A signal was sent to the container's init.
    pub(crate) fn killed(&mut self, signal: i32, sender: Sender, at: Timestamp) {
        // Where health asked for the stop, it is its patience that ends, too.
        let own = self
            .memory
            .sent
            .is_some_and(|(_, before)| before == Sender::Health && sender == Sender::Patience);
        self.memory.sent = Some((signal, if own { Sender::Health } else { sender }));
        self.announce("kill", at, [("signal", signal.to_string())]);
    }

    /// The container ended. A stop is over with the end that it asked for: nobody hears of the one without the other.
    pub(crate) fn exited(&mut self, ending: &Ending) {
        let Ending { exit, oom_killed, oom_scope, started_at, at, stopped } = *ending;
        let signal = match exit {
            Exit::Signal(signal) => Some(signal),
            Exit::Code(_) => None,
        };
        self.explain(oom_scope);
        self.record(&Record::Exited { exit_code: exit.shell_code(), signal, oom_killed, at });
        if oom_killed {
            self.announce("oom", at, []);
        }
        let seconds = at.since(started_at).as_secs().to_string();
        let more = [("exitCode", exit.shell_code().to_string()), ("execDuration", seconds)];
        let mut events = vec![self.event("die", at, more)];
        events.extend(self.identity.network.iter().map(|network| left(network, &self.identity.id, at)));
        let volumes = self.identity.volumes.iter();
        events.extend(volumes.map(|volume| unmounted(volume, &self.identity.id, at)));
        if stopped {
            events.push(self.event("stop", at, []));
        }
        self.append(&events);
    }

    /// Some output of the container is not in its log: told once, with the end of the run. Docker has no event for it.
    pub(crate) fn log_incomplete(&mut self, gap: LogGap, at: Timestamp) {
        let LogGap { entries, bytes, reason } = gap;
        let more = [
            ("droppedEntries", entries.to_string()),
            ("droppedBytes", bytes.to_string()),
            ("reason", reason.clone()),
        ];
        self.record(&Record::LogIncomplete { entries, bytes, reason, at });
        self.announce("log_incomplete", at, more);
    }

    /// What is known of why; it stands before the end.
    fn explain(&mut self, oom_scope: Option<&str>) {
        if self.memory.sent.is_none() && oom_scope.is_none() {
            return;
        }
        let (signal, by) =
            self.memory.sent.map(|(signal, sender)| (signal, sender.word().to_owned())).unzip();
        let oom = oom_scope.map(str::to_owned);
        self.record(&Record::Cause { signal, by: by.unwrap_or_default(), oom });
    }

    /// An exec session's process runs.
    pub(crate) fn exec_started(&mut self, exec: &str, command: &str, at: Timestamp) {
        self.announce(&format!("exec_start: {command}"), at, [("execID", exec.to_owned())]);
    }

    /// An exec session's process ended.
    pub(crate) fn exec_died(&mut self, exec: &str, exit_code: i32, at: Timestamp) {
        let attributes = [("execID", exec.to_owned()), ("exitCode", exit_code.to_string())];
        self.announce("exec_die", at, attributes);
    }

    /// A process that probes the container's health was asked for, and runs unless it could not be started.
    pub(crate) fn probe_begun(&mut self, exec: &str, command: &str, runs: bool, at: Timestamp) {
        let actions = ["exec_create", "exec_start"].into_iter().take(if runs { 2 } else { 1 });
        let of = |action| self.event(&format!("{action}: {command}"), at, [("execID", exec.to_owned())]);
        let events: Vec<NewEvent> = actions.map(of).collect();
        self.append(&events);
    }

    /// A process that probed has ended, or the container's health is another: what there is of both.
    pub(crate) fn probe_ended(
        &mut self,
        ended: Option<(String, i32)>,
        changed: Option<Status>,
        at: Timestamp,
    ) {
        let died = ended.map(|(exec, exit_code)| {
            self.event("exec_die", at, [("execID", exec), ("exitCode", exit_code.to_string())])
        });
        let became = changed.map(|status| self.event(&format!("health_status: {}", status.word()), at, []));
        let events: Vec<NewEvent> = died.into_iter().chain(became).collect();
        if !events.is_empty() {
            self.append(&events);
        }
    }

    /// Remembers that something else could not be written.
    pub(crate) fn note_failure(&mut self, written: std::io::Result<()>) {
        if let Err(error) = written {
            self.memory.failure = Some(format!("cannot write the report of the container's health: {error}"));
        }
    }

    fn record(&mut self, record: &Record) {
        let journal = &mut self.journal;
        let appended = self.headroom.draw_on(JournalError::is_full_disk, || journal.append(record));
        if let Err(error) = appended {
            self.memory.failure = Some(corten_error::chain(&error));
        }
    }

    fn announce<const N: usize>(&mut self, action: &str, at: Timestamp, more: [(&str, String); N]) {
        let event = self.event(action, at, more);
        self.append(&[event]);
    }

    fn event<const N: usize>(&self, action: &str, at: Timestamp, more: [(&str, String); N]) -> NewEvent {
        let mut attributes = self.identity.attributes.clone();
        attributes.extend(more.map(|(name, value)| (name.to_owned(), value)));
        NewEvent {
            at,
            kind: "container".to_owned(),
            action: action.to_owned(),
            actor: self.identity.id.clone(),
            attributes,
        }
    }

    fn append(&mut self, events: &[NewEvent]) {
        let log = &self.events;
        let appended = self.headroom.draw_on(JournalError::is_full_disk, || log.append_together(events));
        if let Err(error) = appended {
            self.memory.failure = Some(corten_error::chain(&error));
        }
    }
}

/// That a container is on a network.
#[must_use]
pub fn joined(network: &ConnectedNetwork, container: &str, at: Timestamp) -> NewEvent {
    of_network("connect", network, container, at)
}

/// That a container is on a network no more.
#[must_use]
pub fn left(network: &ConnectedNetwork, container: &str, at: Timestamp) -> NewEvent {
    of_network("disconnect", network, container, at)
}

fn of_network(action: &str, network: &ConnectedNetwork, container: &str, at: Timestamp) -> NewEvent {
    let attributes = [("container", container), ("name", &network.name), ("type", &network.driver)];
    NewEvent {
        at,
        kind: "network".to_owned(),
        action: action.to_owned(),
        actor: network.id.clone(),
        attributes: attributes.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
    }
}

/// That a container has a volume no more: its end, as those tell it who have a part in volumes.
#[must_use]
pub fn unmounted(volume: &str, container: &str, at: Timestamp) -> NewEvent {
    let attributes = [("container", container), ("driver", "local")];
    NewEvent {
        at,
        kind: "volume".to_owned(),
        action: "unmount".to_owned(),
        actor: volume.to_owned(),
        attributes: attributes.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
    }
}
