//! What every monitor and every keeper needs and what depends on the machine alone: made before there is an order, where there is time.

use corten_cgroups::Layout;

use crate::failure::{Failure, doing};
use crate::filter::{self, Filter};

/// See the module.
#[derive(Debug)]
pub(crate) struct Equipment {
    /// The way to cgroups.
    pub(crate) layout: Layout,
    /// What it confines itself with.
    pub(crate) filter: Filter,
}

impl Equipment {
    /// Looks at the machine.
    pub(crate) fn gather() -> Result<Self, Failure> {
        Ok(Self {
            layout: doing("detect the control groups", Layout::detect())?,
            filter: doing("compile the filter of system calls", filter::compile(&[]))?,
        })
    }
}
