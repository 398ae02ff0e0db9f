//! The closed set of error kinds and the renderer of error chains.
//! Knows neither HTTP statuses nor exit codes: the faces map kinds to those.

mod chain;
mod kind;

pub use chain::chain;
pub use kind::{Classified, Kind};
