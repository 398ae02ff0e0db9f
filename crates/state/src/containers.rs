//! Containers: what was asked for, and what is known of them since.
//!
//! The configuration and the state are JSON of the engine's; nothing here looks into them.

use corten_spec::time::Timestamp;
use rusqlite::{Row, params};

use crate::error::extended_code;
use crate::{Reader, Result, StateError, Writer};

/// A container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerRow {
    /// 64 lowercase hex digits.
    pub id: String,
    /// Without a slash. No two containers have the same.
    pub name: String,
    /// The image's id, if it was made from one.
    pub image_id: Option<String>,
    /// The image as it was typed.
    pub image_name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// What was asked for.
    pub config: String,
    /// What is known of it.
    pub state: String,
    /// How many bytes of its journal `state` accounts for.
    pub journal_offset: u64,
}

/// The columns in the order of [`row`].
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, image_id, image_name, created_at, config, state, journal_offset FROM containers ",
            $rest
        )
    };
}

fn row(row: &Row<'_>) -> rusqlite::Result<ContainerRow> {
    Ok(ContainerRow {
        id: row.get(0)?,
        name: row.get(1)?,
        image_id: row.get(2)?,
        image_name: row.get(3)?,
        created_at: Timestamp::from_nanos(row.get(4)?),
        config: row.get(5)?,
        state: row.get(6)?,
        journal_offset: row.get(7)?,
    })
}

impl Reader<'_> {
    /// The container of this full id.
    pub fn container(&self, id: &str) -> Result<Option<ContainerRow>> {
        self.first(select!("WHERE id = ?1"), (id,), row)
    }

    /// The container of this name (without a slash).
    pub fn container_by_name(&self, name: &str) -> Result<Option<ContainerRow>> {
        self.first(select!("WHERE name = ?1"), (name,), row)
    }

    /// The container that a user means: by full id, else by name (a leading slash is allowed), else by the beginning of its id.
    ///
    /// # Errors
    /// [`StateError::NoSuchContainer`], [`StateError::AmbiguousPrefix`], [`StateError::EmptyContainerName`].
    pub fn resolve_container(&self, text: &str) -> Result<ContainerRow> {
        if text.is_empty() {
            return Err(StateError::EmptyContainerName);
        }
        if let Some(container) = self.container(text)? {
            return Ok(container);
        }
        if let Some(container) = self.container_by_name(text.strip_prefix('/').unwrap_or(text))? {
            return Ok(container);
        }
        let mut found = self.containers_by_prefix(text)?;
        match (found.pop(), found.is_empty()) {
            (Some(container), true) => Ok(container),
            (Some(_), false) => Err(StateError::AmbiguousPrefix(text.to_owned())),
            (None, _) => Err(StateError::NoSuchContainer(text.to_owned())),
        }
    }

    /// Two at most: enough to tell one from several.
    fn containers_by_prefix(&self, prefix: &str) -> Result<Vec<ContainerRow>> {
        if !prefix.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Ok(Vec::new());
        }
        // "g" follows every hex digit: a range of the primary key.
        self.all(select!("WHERE id > ?1 AND id < ?1 || 'g' LIMIT 2"), (prefix,), row)
    }

    /// Every container, the oldest first.
    pub fn containers(&self) -> Result<Vec<ContainerRow>> {
        let mut rows = self.all(select!(""), (), row)?;
        // SQLite would sort whole rows, and write them to a temporary file where they are many.
        rows.sort_unstable_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        Ok(rows)
    }

    /// Id and name of every container that was made from an image, the oldest first.
    pub fn containers_using_image(&self, image_id: &str) -> Result<Vec<(String, String)>> {
        let sql = "SELECT id, name FROM containers WHERE image_id = ?1 ORDER BY created_at, id";
        self.all(sql, (image_id,), |row| Ok((row.get(0)?, row.get(1)?)))
    }
}

impl Writer<'_> {
    /// Adds a container.
    ///
    /// # Errors
    /// [`StateError::NameInUse`], [`StateError::ContainerExists`].
    pub fn insert_container(&self, row: &ContainerRow) -> Result<()> {
        let sql = "INSERT INTO containers (id, name, image_id, image_name, created_at, config, state, journal_offset) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let params = params![
            row.id,
            row.name,
            row.image_id,
            row.image_name,
            row.created_at.as_nanos(),
            row.config,
            row.state,
            row.journal_offset
        ];
        match self.try_change(sql, params) {
            Ok(_) => Ok(()),
            Err(error) if extended_code(&error) == Some(rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => {
                Err(StateError::ContainerExists(row.id.clone()))
            }
            Err(error) => Err(self.name_conflict(&row.name, error)?),
        }
    }

    /// Records what is known of a container, and how much of its journal that accounts for.
    ///
    /// # Errors
    /// [`StateError::NoSuchContainer`].
    pub fn set_container_state(&self, id: &str, state: &str, journal_offset: u64) -> Result<()> {
        let sql = "UPDATE containers SET state = ?2, journal_offset = ?3 WHERE id = ?1";
        let changed = self.change("record the state of a container", sql, (id, state, journal_offset))?;
        found(changed, id)
    }

    /// Records a state that was folded from more of the journal than the one on record; an older one changes nothing, since
    /// whoever recorded the newer one has seen more.
    pub fn advance_container_state(&self, id: &str, state: &str, journal_offset: u64) -> Result<()> {
        let sql =
            "UPDATE containers SET state = ?2, journal_offset = ?3 WHERE id = ?1 AND journal_offset < ?3";
        self.change("record the state of a container", sql, (id, state, journal_offset)).map(drop)
    }

    /// Changes what is asked for of a container.
    ///
    /// # Errors
    /// [`StateError::NoSuchContainer`].
    pub fn set_container_config(&self, id: &str, config: &str) -> Result<()> {
        let sql = "UPDATE containers SET config = ?2 WHERE id = ?1";
        found(self.change("record the configuration of a container", sql, (id, config))?, id)
    }

    /// Gives a container another name.
    ///
    /// # Errors
    /// [`StateError::NoSuchContainer`], [`StateError::NameInUse`].
    pub fn rename_container(&self, id: &str, name: &str) -> Result<()> {
        match self.try_change("UPDATE containers SET name = ?2 WHERE id = ?1", (id, name)) {
            Ok(changed) => found(changed, id),
            Err(error) => Err(self.name_conflict(name, error)?),
        }
    }

    /// Removes a container, and its hold on layers; whether it was there.
    pub fn remove_container(&self, id: &str) -> Result<bool> {
        Ok(self.change("remove a container", "DELETE FROM containers WHERE id = ?1", (id,))? > 0)
    }

    /// What an error in giving a container its name means.
    fn name_conflict(&self, name: &str, error: rusqlite::Error) -> Result<StateError> {
        if extended_code(&error) == Some(rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE)
            && let Some(holder) = self.container_by_name(name)?
        {
            return Ok(StateError::NameInUse { name: name.to_owned(), holder_id: holder.id });
        }
        Ok(self.failed("name a container", error))
    }
}

fn found(changed: usize, id: &str) -> Result<()> {
    if changed == 0 { Err(StateError::NoSuchContainer(id.to_owned())) } else { Ok(()) }
}
