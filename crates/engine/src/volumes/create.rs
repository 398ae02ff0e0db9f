//! Making a volume: its directory and then its row, under its lock. Of several who make the same one at once, one does.

use std::collections::BTreeMap;

use corten_state::{Durability, VolumeRow};
use corten_volumes::Held;

use super::options;
use super::record::Settings;
use super::{LOCAL, Volume, Volumes};
use crate::clock::now;
use crate::containers::Inner;
use crate::error::EngineError;
use crate::random;
use crate::task::blocking;

/// The label of a volume whose name nobody chose.
pub(crate) const ANONYMOUS: &str = "com.docker.volume.anonymous";

/// What is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VolumeCreation {
    /// Its name; empty = one is made up.
    pub name: String,
    /// What keeps it; empty = `local`.
    pub driver: String,
    /// Labels; `None` = none were given.
    pub labels: Option<BTreeMap<String, String>>,
    /// Options of the driver; `None` = none were given.
    pub options: Option<BTreeMap<String, String>>,
}

/// A volume that nobody knows of yet: its directory is there, and held.
#[derive(Debug)]
pub(crate) struct NewVolume {
    pub(crate) row: VolumeRow,
    pub(crate) held: Held,
}

impl Volumes {
    /// Makes a volume; one that is there already is returned as it is.
    ///
    /// # Errors
    /// A name or an option that cannot be; a driver that there is none of; a full disk. In Docker's words.
    pub async fn create(&self, asked: VolumeCreation) -> Result<Volume, EngineError> {
        let inner = self.containers.inner.clone();
        blocking(move || inner.create_volume(asked, Durability::Full)).await
    }
}

impl Inner {
    /// Makes a volume where it is missing.
    pub(crate) fn create_volume(
        &self,
        mut asked: VolumeCreation,
        durability: Durability,
    ) -> Result<Volume, EngineError> {
        if asked.name.is_empty() {
            name_anonymous(&mut asked)?;
        }
        if let Some(found) = self.existing(&asked)? {
            return Ok(found);
        }
        let new = self.new_volume(&asked)?;
        // Somebody else may have been faster; from here on nobody makes or removes it.
        if let Some(found) = self.existing(&asked)? {
            return Ok(found);
        }
        if self.store.read(|tx| tx.volume(&asked.name))?.is_some() {
            // Its removal was cut short: whoever was at it would hold it.
            new.held.clear()?;
        }
        new.held.finish()?;
        self.store.write(durability, |tx| {
            tx.remove_volume(&new.row.name)?;
            tx.insert_volume(&new.row)
        })?;
        self.tell_of_volume(&asked.name, "create", BTreeMap::new())?;
        self.volume_of(new.row)
    }

    /// Prepares a volume of a container's own, which is recorded together with that.
    pub(crate) fn new_anonymous_volume(&self, mut asked: VolumeCreation) -> Result<NewVolume, EngineError> {
        name_anonymous(&mut asked)?;
        self.new_volume(&asked)
    }

    fn new_volume(&self, asked: &VolumeCreation) -> Result<NewVolume, EngineError> {
        check_driver(asked)?;
        let directory = self.volume_directory(&asked.name)?;
        options::check(&asked.name, asked.options.as_ref())?;
        let settings = Settings { labels: asked.labels.clone(), options: asked.options.clone() };
        let row = VolumeRow {
            name: asked.name.clone(),
            driver: LOCAL.to_owned(),
            created_at: now(),
            is_removing: false,
            settings: settings.to_json(&asked.name)?,
        };
        Ok(NewVolume { row, held: directory.make()? })
    }

    fn existing(&self, asked: &VolumeCreation) -> Result<Option<Volume>, EngineError> {
        check_driver(asked)?;
        let row = self.store.read(|tx| tx.volume(&asked.name))?.filter(|row| !row.is_removing);
        row.map(|row| self.volume_of(row)).transpose()
    }
}

fn name_anonymous(asked: &mut VolumeCreation) -> Result<(), EngineError> {
    asked.name = random::hex_id()?;
    asked.labels.get_or_insert_default().insert(ANONYMOUS.to_owned(), String::new());
    Ok(())
}

/// There are no plugins.
fn check_driver(asked: &VolumeCreation) -> Result<(), EngineError> {
    let VolumeCreation { name, driver, .. } = asked;
    if matches!(driver.as_str(), "" | LOCAL) {
        return Ok(());
    }
    Err(EngineError::NotFound(format!(
        "create {name}: error looking up volume plugin {driver}: plugin \"{driver}\" not found"
    )))
}
