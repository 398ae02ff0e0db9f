//! Removes directory trees that somebody hostile may have filled.
//!
//! It does not decide what is to be removed, and it does not measure or copy trees.

mod error;
mod removal;

pub use error::TreeError;
pub use removal::remove;
