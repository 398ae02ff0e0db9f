//! Scheduling of a process: CPU policy, I/O priority, affinity.
//! Value ranges are the kernel's to check.

use serde::{Deserialize, Serialize};

use crate::omit::is_zero;

/// CPU scheduling attributes (`sched_setattr(2)`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheduler {
    /// Scheduling policy.
    pub policy: SchedulerPolicy,
    /// Nice value for the policies that have one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub nice: i32,
    /// Static priority for the real-time policies.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: i32,
    /// Scheduling flags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<SchedulerFlag>,
    /// Deadline policy: nanoseconds of run time in a period.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub runtime: u64,
    /// Deadline policy: nanoseconds until a job must be done.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub deadline: u64,
    /// Deadline policy: nanoseconds of a period.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub period: u64,
}

/// Scheduling policies by their kernel names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // The serialised names are those of `sched(7)`.
pub enum SchedulerPolicy {
    #[serde(rename = "SCHED_OTHER")]
    Other,
    #[serde(rename = "SCHED_FIFO")]
    Fifo,
    #[serde(rename = "SCHED_RR")]
    RoundRobin,
    #[serde(rename = "SCHED_BATCH")]
    Batch,
    #[serde(rename = "SCHED_ISO")]
    Iso,
    #[serde(rename = "SCHED_IDLE")]
    Idle,
    #[serde(rename = "SCHED_DEADLINE")]
    Deadline,
}

/// Flags of `sched_setattr(2)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // The serialised names are those of `sched_setattr(2)`.
pub enum SchedulerFlag {
    #[serde(rename = "SCHED_FLAG_RESET_ON_FORK")]
    ResetOnFork,
    #[serde(rename = "SCHED_FLAG_RECLAIM")]
    Reclaim,
    #[serde(rename = "SCHED_FLAG_DL_OVERRUN")]
    DeadlineOverrun,
    #[serde(rename = "SCHED_FLAG_KEEP_POLICY")]
    KeepPolicy,
    #[serde(rename = "SCHED_FLAG_KEEP_PARAMS")]
    KeepParams,
    #[serde(rename = "SCHED_FLAG_UTIL_CLAMP_MIN")]
    UtilClampMin,
    #[serde(rename = "SCHED_FLAG_UTIL_CLAMP_MAX")]
    UtilClampMax,
}

/// I/O priority (`ioprio_set(2)`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IoPriority {
    /// Scheduling class.
    pub class: IoPriorityClass,
    /// Level inside the class, 0 (first) to 7.
    #[serde(default)]
    pub priority: i32,
}

/// I/O scheduling classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // The serialised names are those of `ioprio_set(2)`.
pub enum IoPriorityClass {
    #[serde(rename = "IOPRIO_CLASS_RT")]
    RealTime,
    #[serde(rename = "IOPRIO_CLASS_BE")]
    BestEffort,
    #[serde(rename = "IOPRIO_CLASS_IDLE")]
    Idle,
}

/// CPU lists, as `0-3,7`, for a process that `exec` adds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CpuAffinity {
    /// Affinity before the process joins the container's cgroup.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub initial: String,
    /// Affinity afterwards.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub r#final: String,
}
