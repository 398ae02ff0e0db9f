//! The engine as a whole: what it runs on, waiting until nothing is under way, and whether records and disk agree.

mod boot;
mod check;
mod collect;
mod info;
mod mend;
mod owed;
mod reap;
mod settle;
mod upgrade;
mod usage;

pub use boot::Booted;
pub use check::{CheckReport, Problem};
pub use info::{CgroupVersion, RegistryFacts, SystemInfo};
pub use upgrade::Upgraded;
pub use usage::{DiskUsage, UsageQuery};

use crate::containers::Containers;

/// The service. Cheap to clone; every clone is the same service.
#[derive(Debug, Clone)]
pub struct System {
    containers: Containers,
}

impl System {
    pub(crate) fn new(containers: Containers) -> Self {
        Self { containers }
    }
}
