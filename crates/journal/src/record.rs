//! What a monitor observed about its container.
//!
//! Intent (what was asked for) is not recorded here: it lies in the state database. The one exception is what somebody wants of the run
//! that is under way ([`Record::StopRequested`]): that has its place in the order of what happens to the run.

use std::ops::Not;

use corten_spec::time::Timestamp;
use serde::{Deserialize, Serialize};

/// One observation, in the order in which it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", rename_all_fields = "snake_case")]
pub enum Record {
    /// The container's init runs its program.
    Started {
        /// Its process id, as the host counts.
        pid: u32,
        /// Field 22 of `/proc/PID/stat`: clock ticks since boot. With `boot_id` and `pid` it names the process for good.
        start_time: u64,
        /// `/proc/sys/kernel/random/boot_id`.
        boot_id: String,
        /// When.
        at: Timestamp,
        /// Whether its restart policy brought it back, and nobody asked.
        #[serde(default, skip_serializing_if = "Not::not")]
        revived: bool,
    },
    /// The container could not be started.
    StartFailed {
        /// What `docker run` would exit with: 125, 126 or 127.
        exit_code: i32,
        /// For the user, in full.
        message: String,
        /// When.
        at: Timestamp,
        /// Whether its restart policy was to bring it back.
        #[serde(default, skip_serializing_if = "Not::not")]
        revived: bool,
        /// Whether the next try may go better: neither is its command at fault nor is something gone that it needs.
        #[serde(default, skip_serializing_if = "Not::not")]
        may_pass: bool,
    },
    /// Somebody wants it to end, or to stay as it ended: its restart policy does not bring it back from this end.
    StopRequested {
        /// When.
        at: Timestamp,
        /// Whether it had ended already, and was about to be brought back.
        #[serde(default, skip_serializing_if = "Not::not")]
        was_restarting: bool,
    },
    /// It has ended before its restart policy was what it is now: that does not bring it back from this end.
    EndStays {
        /// When.
        at: Timestamp,
    },
    /// The container's init is gone.
    Exited {
        /// 0–255; 128 + number if a signal ended it.
        exit_code: i32,
        /// The signal that ended it.
        signal: Option<i32>,
        /// Whether the kernel killed a process of the container for want of memory.
        oom_killed: bool,
        /// When.
        at: Timestamp,
    },
    /// Not everything that the container wrote in the run that is about to end is in its log.
    LogIncomplete {
        /// How many lines, or parts of long ones, were lost.
        entries: u64,
        /// What they held, in bytes.
        bytes: u64,
        /// Why, for a person.
        reason: String,
        /// When.
        at: Timestamp,
    },
    /// The kernel killed a process of the container for want of memory.
    OutOfMemory {
        /// When.
        at: Timestamp,
    },
    /// What is known of why the container's init is about to be gone; there is none where it ended by itself.
    Cause {
        /// The last signal that was sent to it through its monitor.
        signal: Option<i32>,
        /// On whose behalf: `kill`, `stop`, `patience` (a stop's time was over) or `health`.
        #[serde(default)]
        by: String,
        /// Who wanted memory where the kernel killed for it: `container` (its limit) or `host`.
        oom: Option<String>,
    },
    /// Every process of the container is frozen.
    Paused {
        /// When.
        at: Timestamp,
    },
    /// The container's processes run again.
    Unpaused {
        /// When.
        at: Timestamp,
    },
}

impl Record {
    /// Whether a start that failed with `exit_code` failed by its command: one that cannot be invoked or was not found, as in sh(1).
    #[must_use]
    pub fn blames_command(exit_code: i32) -> bool {
        matches!(exit_code, 126 | 127)
    }
}
