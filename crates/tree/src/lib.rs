//! Removes and measures directory trees that somebody hostile may have filled.
//!
//! It does not decide what is to be removed, and it does not copy trees.

mod error;
mod measure;
mod removal;

pub use error::TreeError;
pub use measure::{disk_usage, measure};
pub use removal::remove;
