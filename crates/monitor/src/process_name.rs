//! The names by which the small binary's processes tell themselves apart: for people, and for an engine that looks after what is left.
//!
//! Any process can take such a name; only those in the cgroup of monitors are asked.

use std::ffi::CStr;
use std::fs;

/// Whether a process has a name (proc_pid_comm(5)).
pub(crate) fn is_of(name: &CStr, pid: u32) -> bool {
    fs::read(format!("/proc/{pid}/comm")).is_ok_and(|found| found.trim_ascii_end() == name.to_bytes())
}
