//! Removing all containers that do not run.

use corten_spec::id::ContainerId;
use corten_spec::label;
use corten_spec::time::{Timestamp, parse_since};

use super::list::ListFilter;
use super::record::Container;
use super::state::Status;
use super::{Containers, Inner, RemoveOptions};
use crate::clock::now;
use crate::error::EngineError;
use crate::task::blocking;

/// What went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContainersPruned {
    /// Containers.
    pub removed: Vec<ContainerId>,
    /// Bytes that their own files took.
    pub reclaimed: u64,
}

impl Containers {
    /// Removes containers that do not run and pass the filters `label`, `label!` and `until`; one that must not be removed, or is started
    /// meanwhile, stays.
    ///
    /// # Errors
    /// An unknown filter, a moment that is none; the database; what keeps a container's files from being removed, once all others are gone.
    pub async fn prune(&self, filters: ListFilter) -> Result<ContainersPruned, EngineError> {
        let inner = self.inner.clone();
        blocking(move || {
            let (filter, mut pruned) = (Filter::read(&filters)?, ContainersPruned::default());
            let prune = || inner.prune(&filter, &mut pruned);
            inner.headroom.draw_on_to_free(EngineError::is_full_disk, prune)?;
            Ok(pruned)
        })
        .await
    }
}

impl Inner {
    fn prune(&self, filter: &Filter, pruned: &mut ContainersPruned) -> Result<(), EngineError> {
        let mut failed = None;
        for container in self.everything()?.iter().filter(|container| filter.takes(container)) {
            let size = self.size(container).map_or(0, |size| size.writable);
            match self.remove(container.id.as_str(), RemoveOptions::default()) {
                Ok(()) => {
                    pruned.removed.push(container.id.clone());
                    pruned.reclaimed += size;
                }
                // Somebody may have started it, or have removed it.
                Err(error) if error.is_refusal() => {}
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(()), Err)
    }
}

/// Which containers go: those that meet all conditions.
#[derive(Debug, Default)]
struct Filter {
    until: Option<Timestamp>,
    labels: Vec<String>,
    without_labels: Vec<String>,
}

impl Filter {
    fn read(filters: &ListFilter) -> Result<Self, EngineError> {
        let mut filter = Self::default();
        for (name, values) in filters {
            match (name.as_str(), values.as_slice()) {
                ("label", labels) => filter.labels = labels.to_vec(),
                ("label!", labels) => filter.without_labels = labels.to_vec(),
                ("until", [until]) => {
                    let until =
                        parse_since(until, now()).map_err(|error| EngineError::Invalid(error.to_string()))?;
                    filter.until = Some(until);
                }
                ("until", _) => {
                    return Err(EngineError::Invalid("more than one until filter specified".to_owned()));
                }
                (name, _) => return Err(EngineError::Invalid(format!("invalid filter '{name}'"))),
            }
        }
        Ok(filter)
    }

    fn takes(&self, container: &Container) -> bool {
        let has = |wanted: &String| label::has(&container.config.labels, wanted);
        // One whose removal was cut short goes, too.
        matches!(container.state.status, Status::Created | Status::Exited | Status::Removing)
            && !container.is_restarting()
            && self.until.is_none_or(|until| container.created_at <= until)
            && self.labels.iter().all(has)
            && (self.without_labels.is_empty() || !self.without_labels.iter().all(has))
    }
}
