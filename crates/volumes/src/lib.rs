//! Volumes on disk: `volumes/<name>/_data`, what fills it at its first use, and the lock that keeps others away meanwhile.
//!
//! It mounts nothing, and does not know containers, images or the state database.

mod copy;
mod directory;
mod error;
mod fill;
mod held;
mod name;

pub use directory::VolumeDirectory;
pub use error::VolumesError;
pub use fill::{Sharing, fill_in_place};
pub use held::Held;
pub use name::{InvalidName, VolumeName};
