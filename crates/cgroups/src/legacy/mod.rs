//! A hierarchy of cgroup v1.

mod cpuset;
pub(crate) mod freezer;
mod limits;
pub(crate) mod stats;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};

use corten_spec::runtime::Resources;

use crate::controller::Controller;
use crate::devices;
use crate::error::CgroupsError;
use crate::file;
use crate::hierarchy::{Hierarchy, Moment};
use crate::path::CgroupPath;
use crate::plan::{self, Write};
use crate::tree;

/// A v1 hierarchy with one or several controllers; systemd's own has none.
#[derive(Debug, Clone)]
pub(crate) struct Legacy {
    pub(crate) mount: PathBuf,
    pub(crate) controllers: Vec<Controller>,
}

impl Hierarchy for Legacy {
    fn mount(&self) -> &Path {
        &self.mount
    }

    fn offers(&self, controller: Controller) -> bool {
        self.controllers.contains(&controller)
    }

    fn make(
        &self,
        path: &CgroupPath,
        _wanted: &[Controller],
        made: &mut Vec<PathBuf>,
    ) -> Result<(), CgroupsError> {
        let directory = path.below(&self.mount);
        tree::make(&directory, &self.mount, made)?;
        if self.offers(Controller::CpuSet) {
            cpuset::inherit(&directory, &self.mount)?;
        }
        Ok(())
    }

    fn limit(
        &self,
        path: &CgroupPath,
        resources: &Resources,
        mut moment: Moment<'_>,
    ) -> Result<(), CgroupsError> {
        let directory = path.below(&self.mount);
        for controller in &self.controllers {
            let present = match (controller, &moment) {
                (Controller::Memory, Moment::Life | Moment::Change(_)) => {
                    file::number(&directory.join(LIMIT))?
                }
                _ => None,
            };
            let mut writes = limits::plan(*controller, resources, present)?;
            if *controller == Controller::Devices {
                writes.extend(devices::legacy::plan(&devices::policy::Policy::of(&resources.devices)?));
            }
            plan::apply(&directory, &writes, &mut moment)
                .map_err(|error| in_use(&directory, &writes, error))?;
        }
        Ok(())
    }
}

const LIMIT: &str = "memory.limit_in_bytes";

/// Says how much is in use where the kernel only says `EBUSY`.
fn in_use(directory: &Path, writes: &[Write], error: CgroupsError) -> CgroupsError {
    let CgroupsError::Write { value, path, source } = &error else { return error };
    let busy = source.kind() == io::ErrorKind::ResourceBusy && path.ends_with(LIMIT);
    let limit = writes.iter().find(|write| write.file == LIMIT && write.value == *value);
    let (true, Some(Ok(limit))) = (busy, limit.map(|write| write.value.parse())) else { return error };
    let number = |file: &str| file::number(&directory.join(file)).ok().flatten();
    match (number("memory.usage_in_bytes"), number("memory.max_usage_in_bytes")) {
        (Some(usage), Some(peak)) => CgroupsError::MemoryInUse { limit, usage, peak },
        _ => error,
    }
}
