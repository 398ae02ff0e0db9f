//! What volumes take on the disk.

use std::collections::HashMap;

use super::VolumeUsage;
use crate::containers::Inner;
use crate::error::EngineError;

impl Inner {
    /// Every volume, measured.
    pub(crate) fn volumes_usage(&self) -> Result<Vec<VolumeUsage>, EngineError> {
        let mut users: HashMap<String, usize> = HashMap::new();
        for used in self.store.read(|tx| tx.volume_uses())? {
            *users.entry(used.volume).or_default() += 1;
        }
        let measured = |volume: super::Volume| {
            Ok(VolumeUsage {
                size: self.volume_directory(&volume.name)?.disk_usage()?,
                users: users.get(&volume.name).copied().unwrap_or_default(),
                volume,
            })
        };
        self.all_volumes()?.into_iter().map(measured).collect()
    }
}
