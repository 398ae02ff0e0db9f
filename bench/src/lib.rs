//! Measurements against the kernel's floor and the incumbents, and runs too long for CI.
//!
//! Statistics, tables and plans are pure; [`runner`] is where commands are started. Nothing here knows the engine from inside:
//! it is measured as its user meets it.

pub mod api;
pub mod contender;
pub mod daemon;
pub mod density;
pub mod error;
pub mod machine;
pub mod measure;
pub mod measurement;
pub mod net;
pub mod order;
pub mod race;
pub mod report;
pub mod runner;
pub mod site;
pub mod soak;
pub mod statistics;
pub mod table;
pub mod workshop;
