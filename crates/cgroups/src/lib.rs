//! Control groups: v2, v1 and both at once, behind one door.
//!
//! [`Layout::detect`] finds what is mounted, [`Layout::create`] makes a cgroup in every hierarchy and limits it,
//! [`Cgroup::join_handles`] is what a process needs to be born in it. Limits come as the OCI runtime specification has them.
//!
//! Decides no policy: which cgroup, which limits and who joins is the caller's. Speaks to no systemd.

mod birth;
mod cgroup;
mod controller;
mod devices;
mod error;
mod file;
mod hierarchy;
mod join;
#[cfg(test)]
mod kernel_tests;
mod kill;
mod layout;
mod legacy;
mod mounts;
mod path;
mod plan;
mod processes;
mod stats;
mod support;
mod tree;
mod undo;
mod unified;
mod values;

pub use birth::Birth;
pub use cgroup::Cgroup;
pub use controller::Controller;
pub use error::CgroupsError;
pub use join::JoinHandles;
pub use layout::{Description, Layout};
pub use path::CgroupPath;
pub use stats::{BlockIoEntry, BlockIoStats, CpuStats, MemoryStats, PidsStats, Stats};
pub use support::Limit;
