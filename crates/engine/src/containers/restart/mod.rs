//! Restart policies: containers come back by themselves, without a daemon.
//!
//! A container with a policy has a process that waits for its end, as a `--rm` container has; it calls this program, which looks at the
//! records and starts the container, or waits in a small process until that is due. Whoever finds a container that is overdue calls it
//! too: no process is needed for longer than it lives.

mod order;
mod plan;
mod policy;
mod revive;

pub(crate) use order::awaited;
pub(crate) use plan::runs_after_boot;
pub(super) use plan::{brings_back, is_request_to_end, may_come_back, next_wait_ms};
pub use policy::RestartPolicy;
