//! A volume as the database keeps it, in the engine's types.

use std::collections::BTreeMap;
use std::path::PathBuf;

use corten_spec::time::Timestamp;
use corten_state::VolumeRow;
use serde::{Deserialize, Serialize};

use crate::containers::Inner;
use crate::error::EngineError;

/// One volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// Its name.
    pub name: String,
    /// What keeps it.
    pub driver: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Labels; `None` = none were given.
    pub labels: Option<BTreeMap<String, String>>,
    /// What its driver was told; `None` = nothing was.
    pub options: Option<BTreeMap<String, String>>,
    /// Where its files are.
    pub mountpoint: PathBuf,
}

/// How much of the disk a volume takes, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeUsage {
    /// The volume.
    pub volume: Volume,
    /// Bytes.
    pub size: u64,
    /// How many containers have it.
    pub users: usize,
}

/// What a row has as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Settings {
    pub(super) labels: Option<BTreeMap<String, String>>,
    pub(super) options: Option<BTreeMap<String, String>>,
}

impl Settings {
    pub(super) fn to_json(&self, name: &str) -> Result<String, EngineError> {
        serde_json::to_string(self).map_err(|source| damaged(name, source))
    }
}

impl Inner {
    pub(super) fn volume_of(&self, row: VolumeRow) -> Result<Volume, EngineError> {
        let settings: Settings =
            serde_json::from_str(&row.settings).map_err(|source| damaged(&row.name, source))?;
        Ok(Volume {
            mountpoint: self.home.volume_data(&row.name),
            name: row.name,
            driver: row.driver,
            created_at: row.created_at,
            labels: settings.labels,
            options: settings.options,
        })
    }
}

fn damaged(name: &str, source: serde_json::Error) -> EngineError {
    EngineError::DamagedVolume { name: name.to_owned(), source }
}
