//! A container's health: when it is probed, how, and what the results make of it.
//!
//! Three parts, each unaware of the others' means. The *prober* ([`prober`]) is a process of its own, made before the monitor is confined:
//! it keeps the clock, and starts each probe or makes it itself. The *ward* ([`ward`]) is what the monitor has of it: it judges results ([`verdict`], pure),
//! writes the report ([`report`]) and has events told. Engines only read the report.

mod attempt;
mod connection;
mod file;
pub mod http;
mod output;
mod plan;
mod prober;
mod report;
mod schedule;
mod told;
mod verdict;
mod ward;
mod worker;

pub use plan::{HealthPlan, OnFailure, Probe};
pub use prober::is_prober;
pub use report::{ProbeResult, Report, Status, read, read_status};

pub(crate) use prober::{PROBE, run};
pub(crate) use ward::{Prober, SavedWard, Ward};
