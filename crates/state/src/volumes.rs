//! Volumes, and which containers have them.
//!
//! What is in them lies on the disk; the settings are JSON of the engine's.

use corten_spec::time::Timestamp;
use rusqlite::{Row, params};

use crate::{Reader, Result, Writer};

/// A volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeRow {
    /// No two volumes have the same.
    pub name: String,
    /// What keeps it: `local`.
    pub driver: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its removal has begun: nobody may have it any more.
    pub is_removing: bool,
    /// What was asked for.
    pub settings: String,
}

/// That a container has a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeUse {
    /// The volume's name.
    pub volume: String,
    /// The container's id.
    pub container_id: String,
}

/// The columns in the order of [`row`].
macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT name, driver, created_at, state = 'removing', settings FROM volumes ", $rest)
    };
}

fn row(row: &Row<'_>) -> rusqlite::Result<VolumeRow> {
    Ok(VolumeRow {
        name: row.get(0)?,
        driver: row.get(1)?,
        created_at: Timestamp::from_nanos(row.get(2)?),
        is_removing: row.get(3)?,
        settings: row.get(4)?,
    })
}

impl Reader<'_> {
    /// The volume of this name.
    pub fn volume(&self, name: &str) -> Result<Option<VolumeRow>> {
        self.first(select!("WHERE name = ?1"), (name,), row)
    }

    /// Every volume, by name.
    pub fn volumes(&self) -> Result<Vec<VolumeRow>> {
        self.all(select!("ORDER BY name"), (), row)
    }

    /// Who has which volume.
    pub fn volume_uses(&self) -> Result<Vec<VolumeUse>> {
        let sql = "SELECT volume, container_id FROM container_volumes ORDER BY volume, container_id";
        self.all(sql, (), |row| Ok(VolumeUse { volume: row.get(0)?, container_id: row.get(1)? }))
    }

    /// The ids of the containers that have a volume.
    pub fn users_of_volume(&self, name: &str) -> Result<Vec<String>> {
        let sql = "SELECT container_id FROM container_volumes WHERE volume = ?1 ORDER BY container_id";
        self.all(sql, (name,), |row| row.get(0))
    }

    /// The volumes of a container that the image's content is still to be copied into.
    pub fn volumes_owed_copies(&self, container_id: &str) -> Result<Vec<String>> {
        let sql =
            "SELECT volume FROM container_volumes WHERE container_id = ?1 AND owes_copy = 1 ORDER BY volume";
        self.all(sql, (container_id,), |row| row.get(0))
    }
}

impl Writer<'_> {
    /// Adds a volume, unless there is one of that name; whether it did.
    pub fn insert_volume(&self, row: &VolumeRow) -> Result<bool> {
        let sql = "INSERT INTO volumes (name, driver, created_at, state, settings) VALUES (?1, ?2, ?3, ?4, ?5) \
                   ON CONFLICT DO NOTHING";
        let state = if row.is_removing { "removing" } else { "ready" };
        let params = params![row.name, row.driver, row.created_at.as_nanos(), state, row.settings];
        Ok(self.change("record a volume", sql, params)? > 0)
    }

    /// Gives a container a volume; whether that is there, and nobody is removing it.
    ///
    /// # Errors
    /// [`Dependency`](crate::StateError::Dependency) if the container is not there.
    pub fn hold_volume(&self, container_id: &str, name: &str, owes_copy: bool) -> Result<bool> {
        let sql = "INSERT INTO container_volumes (container_id, volume, owes_copy) \
                   SELECT ?1, name, ?3 FROM volumes WHERE name = ?2 AND state = 'ready' \
                   ON CONFLICT DO UPDATE SET owes_copy = max(owes_copy, excluded.owes_copy)";
        Ok(self.change("give a container a volume", sql, (container_id, name, owes_copy))? > 0)
    }

    /// Records that nothing is to be copied into the volumes of a container any more.
    pub fn settle_copies(&self, container_id: &str) -> Result<()> {
        let sql = "UPDATE container_volumes SET owes_copy = 0 WHERE container_id = ?1";
        self.change("record copies into volumes", sql, (container_id,)).map(drop)
    }

    /// Begins the removal of a volume that no container has; whether there is one, or its removal had begun.
    pub fn begin_volume_removal(&self, name: &str) -> Result<bool> {
        let sql = "UPDATE volumes SET state = 'removing' WHERE name = ?1 \
                   AND NOT EXISTS (SELECT 1 FROM container_volumes WHERE volume = ?1)";
        Ok(self.change("mark a volume for removal", sql, (name,))? > 0)
    }

    /// Forgets a volume whose removal has begun; whether it did.
    ///
    /// # Errors
    /// [`Dependency`](crate::StateError::Dependency) if a container has it.
    pub fn remove_volume(&self, name: &str) -> Result<bool> {
        let sql = "DELETE FROM volumes WHERE name = ?1 AND state = 'removing'";
        Ok(self.change("remove a volume", sql, (name,))? > 0)
    }
}
