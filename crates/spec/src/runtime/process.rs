//! The process of a container: its program, identity, capabilities and limits.
//! Names of users and groups are not resolved here: the document holds numbers.

use serde::{Deserialize, Serialize};

use super::{CpuAffinity, IoPriority, Scheduler};
use crate::omit::is_false;

/// What runs in the container and as whom; also the document that `exec --process` reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Process {
    /// Whether standard input, output and error are one pseudo-terminal.
    #[serde(default, skip_serializing_if = "is_false")]
    pub terminal: bool,
    /// First size of that terminal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console_size: Option<ConsoleSize>,
    /// User and groups. The specification requires it; every runtime reads its absence as root, and so does this.
    #[serde(default)]
    pub user: User,
    /// The program and its arguments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// Environment as `NAME=value`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<String>,
    /// Working directory: an absolute path inside the container.
    pub cwd: String,
    /// Capability sets; absent means none in any set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Capabilities>,
    /// Resource limits (`setrlimit(2)`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rlimits: Vec<Rlimit>,
    /// Whether `execve` is kept from granting more than the process has (`PR_SET_NO_NEW_PRIVS`).
    #[serde(default, skip_serializing_if = "is_false")]
    pub no_new_privileges: bool,
    /// AppArmor profile to change to on exec.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub apparmor_profile: String,
    /// Value for `/proc/PID/oom_score_adj`, -1000 to 1000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oom_score_adj: Option<i32>,
    /// CPU scheduling (`sched_setattr(2)`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduler: Option<Scheduler>,
    /// SELinux label of the process.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub selinux_label: String,
    /// I/O priority (`ioprio_set(2)`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub io_priority: Option<IoPriority>,
    /// CPU affinity of processes that `exec` adds.
    #[serde(rename = "execCPUAffinity", default, skip_serializing_if = "Option::is_none")]
    pub exec_cpu_affinity: Option<CpuAffinity>,
}

/// Size of a terminal in characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsoleSize {
    /// Rows.
    pub height: u32,
    /// Columns.
    pub width: u32,
}

/// Numeric identity of a process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// User id inside the container.
    pub uid: u32,
    /// Primary group id inside the container.
    pub gid: u32,
    /// File mode creation mask; absent keeps the caller's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub umask: Option<u32>,
    /// Supplementary groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub additional_gids: Vec<u32>,
}

/// The five capability sets (`capabilities(7)`), as `CAP_…` names.
///
/// Names stay text: the specification lets a runtime go on past a capability that its kernel does not know.
/// [`capability::Capability`](super::capability::Capability) reads them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// What `execve` can ever grant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bounding: Vec<String>,
    /// What the kernel checks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effective: Vec<String>,
    /// What is kept across `execve` of a file with inheritable capabilities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inheritable: Vec<String>,
    /// What the process may raise to effective.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permitted: Vec<String>,
    /// What is kept across `execve` of a file without capabilities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ambient: Vec<String>,
}

/// One resource limit; `u64::MAX` is unlimited.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rlimit {
    /// Name as in `getrlimit(2)`: `RLIMIT_NOFILE`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Ceiling that only a privileged process may raise.
    pub hard: u64,
    /// What the kernel enforces.
    pub soft: u64,
}
