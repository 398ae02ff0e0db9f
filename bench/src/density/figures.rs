//! What was seen of one engine with so many containers.

use serde::Serialize;

/// See the module.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Figures {
    pub(super) engine: &'static str,
    /// Containers with a check.
    pub(super) count: usize,
    /// How many processors were busy, of the whole machine.
    pub(super) processors: f64,
    /// In kB, of the whole machine.
    pub(super) memory: u64,
    /// In milliseconds.
    pub(super) list: Vec<f64>,
    pub(super) inspect: Vec<f64>,
}
