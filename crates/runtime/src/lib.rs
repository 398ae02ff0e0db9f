//! The OCI runtime library: starts one container, or one more process in it, synchronously.
//!
//! It is called by small single-threaded processes: it clones the caller. It keeps no state of its own between calls.

pub mod bounding_set;
pub mod command;
mod error;
mod failure;
mod hook;
pub mod init;
pub mod launch;
mod message;
mod namespace_visit;
pub mod own_program;
mod plan;
mod search;
mod setup;
mod spawn;
mod starting;
mod stdio;
mod user_namespace;

pub use error::RuntimeError;
pub use failure::StartFailure;
pub use hook::{run_poststart, run_poststop};
pub use plan::BENEATH;
pub use setup::staged::{StagedRoot, resolve_inside};
pub use setup::visit::{StoppedBind, StoppedRoot, Visit};
pub use spawn::{Outliving, Target, spawn_exec, spawn_init};
pub use starting::{Started, Starting};
pub use stdio::StdioSource;
