//! The processes that look after a running container, from outside.

use std::fs;

use crate::Corten;
use crate::crash::engine::{Result, succeed};

/// Its monitor, and what that has started beforehand: who waits for the container's end, who probes its health.
pub(super) fn of(corten: &Corten, name: &str) -> Result<Vec<u32>> {
    let pid = succeed(corten, &["inspect", "--format", "{{.State.Pid}}", name])?.line();
    let init: u32 = pid.parse().map_err(|_| format!("`{name}` has the process `{pid}`"))?;
    let monitor = parent(init).ok_or_else(|| format!("nobody looks after `{name}`"))?;
    let others = children(monitor).into_iter().filter(|pid| *pid != init);
    Ok([monitor].into_iter().chain(others).collect())
}

fn parent(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
}

fn children(pid: u32) -> Vec<u32> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}
