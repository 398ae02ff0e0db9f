//! What became of a container: observed facts folded from its journal, kept in the database as a cache of it.

use std::time::Duration;

use corten_journal::Record;
use corten_spec::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::restart::next_wait_ms;

/// Where a container is in its life, in Docker's words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Never started.
    #[default]
    Created,
    /// Its init lives.
    Running,
    /// Its init ended.
    Exited,
    /// Somebody is removing it.
    Removing,
}

/// The process that is or was PID 1 of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitProcess {
    /// As the host numbers it.
    pub pid: u32,
    /// Clock ticks since boot, which tell a later process of the same number apart.
    pub start_time: u64,
    /// The boot in which it ran.
    pub boot_id: String,
}

/// The folded facts.
///
/// What most containers have not is not written: every list reads the rows of all containers, and two of them fit on a page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunState {
    /// Where it is in its life.
    pub status: Status,
    /// Its processes are frozen.
    pub paused: bool,
    /// The last init.
    pub init: Option<InitProcess>,
    /// The last exit code.
    pub exit_code: i32,
    /// The signal that ended the last run, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// Why the last start failed; empty = it did not.
    pub error: String,
    /// The kernel killed a process of the last run for want of memory.
    pub oom_killed: bool,
    /// The last start; zero = never.
    pub started_at: Timestamp,
    /// The last exit; zero = never.
    pub finished_at: Timestamp,
    /// Its own volumes go with it, should its removal be cut short.
    #[serde(default, skip_serializing_if = "is_default")]
    pub removes_volumes: bool,
    /// How often its restart policy has brought it back since somebody started it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub restart_count: u64,
    /// How many milliseconds after the last exit, or after a try that has failed since, its policy brings it back, if it does; 0 = it has
    /// not ended since it was started.
    #[serde(default, skip_serializing_if = "is_default")]
    pub restart_wait_ms: u64,
    /// When its policy last failed to bring it back from the last exit; zero = it has not.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tried_at: Timestamp,
    /// Somebody wanted it to end, or to stay as it ended.
    #[serde(default, skip_serializing_if = "is_default")]
    pub stop_requested: bool,
    /// Its policy does not bring it back from the last exit.
    #[serde(default, skip_serializing_if = "is_default")]
    pub end_stays: bool,
    /// What the log of the last run has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_gap: Option<LogGap>,
    /// The run that is under way follows one that was ended for being unhealthy.
    #[serde(default, skip_serializing_if = "is_default")]
    pub was_unhealthy: bool,
    /// What is known of why the last run ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The boot in which it was created, of one that is removed when it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_in: Option<String>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What led to the end of a run, as far as its monitor knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The last signal that its monitor sent to its init.
    pub signal: Option<i32>,
    /// On whose behalf: `kill`, `stop`, `patience` or `health`; empty without a signal.
    pub by: String,
    /// Who wanted memory where the kernel killed for it: `container` or `host`.
    pub oom: Option<String>,
}

/// Output that is not in the log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogGap {
    /// How many lines, or parts of long ones, were lost.
    pub entries: u64,
    /// What they held, in bytes.
    pub bytes: u64,
    /// Why.
    pub reason: String,
}

impl RunState {
    /// Whether there is a live init as far as was observed.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.status == Status::Running
    }

    /// Whether its monitor had ended the last run for being unhealthy.
    pub(super) fn ended_unhealthy(&self) -> bool {
        self.cause.as_ref().is_some_and(|cause| cause.by == "health")
    }

    /// Takes in what a monitor (or an engine on behalf of a dead one) wrote.
    pub fn fold(&mut self, record: &Record) {
        match record {
            Record::Started { pid, start_time, boot_id, at, revived } => {
                self.status = Status::Running;
                self.init =
                    Some(InitProcess { pid: *pid, start_time: *start_time, boot_id: boot_id.clone() });
                self.started_at = *at;
                self.exit_code = 0;
                self.error.clear();
                self.oom_killed = false;
                self.paused = false;
                self.log_gap = None;
                self.end_stays = false;
                if *revived {
                    self.restart_count += 1;
                } else {
                    (self.restart_count, self.restart_wait_ms, self.stop_requested) = (0, 0, false);
                }
                self.was_unhealthy = *revived && self.ended_unhealthy();
                self.cause = None;
                self.signal = None;
            }
            Record::StartFailed { exit_code, message, revived, may_pass, at } => {
                self.status =
                    if self.started_at == Timestamp::ZERO { Status::Created } else { Status::Exited };
                // What somebody asked for has been answered; what nobody waits for is tried again.
                self.end_stays = !(*revived && *may_pass);
                if *revived {
                    self.restart_count += 1;
                    self.tried_at = *at;
                    self.restart_wait_ms = next_wait_ms(self.restart_wait_ms, Duration::ZERO);
                } else {
                    self.exit_code = *exit_code;
                    (self.restart_count, self.stop_requested) = (0, false);
                }
                // Where the command is not at fault, the engine may have failed before there was a runtime to speak of.
                self.error = if Record::blames_command(*exit_code) {
                    crate::start_failure::of_container(message)
                } else {
                    message.clone()
                };
                self.paused = false;
            }
            Record::Cause { signal, by, oom } => {
                self.cause = Some(Cause { signal: *signal, by: by.clone(), oom: oom.clone() });
            }
            Record::Exited { exit_code, signal, oom_killed, at } => {
                self.signal = *signal;
                self.status = Status::Exited;
                self.exit_code = *exit_code;
                self.oom_killed |= *oom_killed;
                self.finished_at = *at;
                self.tried_at = Timestamp::ZERO;
                self.paused = false;
                self.restart_wait_ms = next_wait_ms(self.restart_wait_ms, at.since(self.started_at));
            }
            Record::LogIncomplete { entries, bytes, reason, .. } => {
                self.log_gap = Some(LogGap { entries: *entries, bytes: *bytes, reason: reason.clone() });
            }
            Record::StopRequested { was_restarting, .. } => {
                self.stop_requested = true;
                self.restart_count += u64::from(*was_restarting);
            }
            Record::EndStays { .. } => self.end_stays = true,
            Record::OutOfMemory { .. } => self.oom_killed = true,
            // Whoever froze it may write that down after it ended.
            Record::Paused { .. } => self.paused = self.is_running(),
            Record::Unpaused { .. } => self.paused = false,
        }
    }
}
