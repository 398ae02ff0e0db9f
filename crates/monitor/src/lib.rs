//! The process that looks after one container.
//!
//! [`run`] is the monitor, [`client`] what engines start and ask monitors with, [`protocol`] what both say to each other.

mod birth;
mod bundle;
mod channel;
mod chronicle;
pub mod client;
mod clock;
mod compressor;
mod confinement;
mod control;
mod copy;
mod ending;
mod equipment;
mod failure;
mod filter;
mod foreign;
pub mod guard;
pub mod health;
mod holder;
pub mod home;
mod keeper;
mod kept;
mod life;
mod log;
mod moment;
mod monitor;
mod network;
mod newborn;
mod plan;
mod poll;
mod process_name;
pub mod protocol;
mod queue;
mod reaper;
mod recruit;
mod reexecution;
mod refusal;
pub mod relay;
mod requests;
mod run;
mod session;
mod sessions;
mod stdio;
mod streams;
mod succession;
pub mod vigil;

pub use chronicle::{joined, left, unmounted};
pub use keeper::is_keeper;
pub use recruit::is_recruit;
pub use run::{run, takes_over};
