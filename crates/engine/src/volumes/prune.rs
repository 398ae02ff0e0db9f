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
    /// An unknown filter; the database; what keeps the files of a volume from being removed, once all others are gone.
    pub async fn prune(&self, filters: VolumeFilter) -> Result<VolumesPruned, EngineError> {
        let inner = self.containers.inner.clone();
        blocking(move || {
            let mut pruned = VolumesPruned::default();
            let prune = || inner.prune_volumes(&filters, &mut pruned);
            inner.headroom.draw_on_to_free(EngineError::is_full_disk, prune)?;
            Ok(pruned)
        })
        .await
    }
}

impl Inner {
    fn prune_volumes(&self, filters: &VolumeFilter, pruned: &mut VolumesPruned) -> Result<(), EngineError> {
        if let Some(name) = filters.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(EngineError::Invalid(format!("invalid filter '{name}'")));
        }
        let all = truth(filters, "all")?.unwrap_or(false);
        let used = self.used_volumes()?;
        let mut failed = None;
        for volume in self.all_volumes()? {
            if used.contains(&volume.name)
                || !(all || has_label(&volume, ANONYMOUS))
                || !passes(&volume, filters)
            {
                continue;
            }
            let size = self.volume_directory(&volume.name)?.disk_usage()?;
            match self.remove_volume(&volume.name) {
                Ok(()) => {
                    pruned.removed.push(volume.name);
                    pruned.reclaimed += size;
                }
                // Somebody may use it by now, or have removed it.
                Err(error) if error.is_refusal() => {}
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(()), Err)
    }
}

fn passes(volume: &Volume, filters: &VolumeFilter) -> bool {
    let values = |name: &str| filters.get(name).map_or(&[][..], Vec::as_slice);
    values("label").iter().all(|label| has_label(volume, label))
        && !values("label!").iter().any(|label| has_label(volume, label))
}
