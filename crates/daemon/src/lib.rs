//! The daemon: configuration, sockets, and the life of the process that serves the Engine API.
//!
//! It knows nothing of containers: stopping it changes nothing for them.

mod boot;
mod collect;
pub mod configuration;
mod error;
mod listen;
mod logging;
mod metrics;
mod notify;
mod observer;
mod pid_file;
mod rest;
mod run;
mod serve;
mod upgrade;

pub use configuration::Configuration;
pub use error::DaemonError;
pub use listen::Address;
pub use logging::warn;
pub use run::{Daemon, run};
