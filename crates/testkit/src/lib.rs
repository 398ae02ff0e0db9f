//! What tests of the whole program share: private roots, a runner, images made on the spot, and the search for what was left behind.
//!
//! A test gets a [`Corten`], tells it what a user would type, and drops it; the drop fails the test when anything of it
//! is still on the machine. Nothing here is linked into what ships, and nothing here knows the engine from inside.

mod corten;
pub mod crash;
mod disk;
pub mod fault;
pub mod fixtures;
pub mod host;
pub mod images;
mod leftovers;
pub mod network;
mod outcome;
mod registry;
pub mod requirement;
mod root;
mod terminal;

pub use corten::Corten;
pub use leftovers::leftovers;
pub use outcome::Outcome;
pub use registry::Registry;
pub use root::Root;
pub use terminal::Terminal;
