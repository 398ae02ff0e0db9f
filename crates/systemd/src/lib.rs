//! Asking systemd for a cgroup of one's own, over D-Bus.
//!
//! Where systemd manages the tree of cgroups, whoever wants cgroups gets a part of the tree from it ([`start_scope`]) and leaves the
//! rest alone (systemd's `CGROUP_DELEGATION.md`). These are the two methods that this takes and no D-Bus library: it has no
//! introspection, passes no descriptors and serves no objects. It blocks.

mod connection;
mod error;
mod message;
mod scope;
mod wire;

pub use error::SystemdError;
pub use scope::{Scope, start_scope, stop_scope};
