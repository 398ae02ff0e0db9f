//! Removing the volumes that no container has.

use super::list::{has_label, truth};
use super::{ANONYMOUS, Volume, VolumeFilter, Volumes};
use crate::containers::Inner;
use crate::error::EngineError;
use crate::task::blocking;

/// What a pruning did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VolumesPruned {
    /// The names of what is gone.
    pub removed: Vec<String>,
    /// Bytes.
    pub reclaimed: u64,
}

const KNOWN: [&str; 3] = ["all", "label", "label!"];

impl Volumes {
    /// Removes the volumes that no container has and whose name nobody chose; with the filter `all`, others too.
    ///
    /// # Errors
    /// An unknown filter; the database. A volume that resists is left.
    pub async fn prune(&self, filters: VolumeFilter) -> Result<VolumesPruned, EngineError> {
        let inner = self.containers.inner.clone();
        blocking(move || {
            inner.headroom.draw_on_to_free(EngineError::is_full_disk, || inner.prune_volumes(&filters))
        })
        .await
    }
}

impl Inner {
    fn prune_volumes(&self, filters: &VolumeFilter) -> Result<VolumesPruned, EngineError> {
        if let Some(name) = filters.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(EngineError::Invalid(format!("invalid filter '{name}'")));
        }
        let all = truth(filters, "all")?.unwrap_or(false);
        let used = self.used_volumes()?;
        let mut pruned = VolumesPruned::default();
        for volume in self.all_volumes()? {
            if used.contains(&volume.name)
                || !(all || has_label(&volume, ANONYMOUS))
                || !passes(&volume, filters)
            {
                continue;
            }
            let size = self.volume_directory(&volume.name)?.disk_usage()?;
            // Somebody may use it by now, or have removed it.
            if self.remove_volume(&volume.name).is_ok() {
                pruned.removed.push(volume.name);
                pruned.reclaimed += size;
            }
        }
        Ok(pruned)
    }
}

fn passes(volume: &Volume, filters: &VolumeFilter) -> bool {
    let values = |name: &str| filters.get(name).map_or(&[][..], Vec::as_slice);
    values("label").iter().all(|label| has_label(volume, label))
        && !values("label!").iter().any(|label| has_label(volume, label))
}
