//! Links: under which alias a container knows another one on the default network.

use rusqlite::Row;

use crate::{Reader, Result, Writer};

/// One link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRow {
    /// The container that links.
    pub container_id: String,
    /// The name that it has for the other, unique among its own.
    pub alias: String,
    /// The container that is linked; it may be gone.
    pub linked_id: String,
}

fn link(row: &Row<'_>) -> rusqlite::Result<LinkRow> {
    Ok(LinkRow { container_id: row.get(0)?, alias: row.get(1)?, linked_id: row.get(2)? })
}

impl Reader<'_> {
    /// The links of a container to others, by alias.
    pub fn links_of(&self, container_id: &str) -> Result<Vec<LinkRow>> {
        let sql = "SELECT container_id, alias, linked_id FROM links WHERE container_id = ?1 ORDER BY alias";
        self.all(sql, (container_id,), link)
    }

    /// The links of others to a container.
    pub fn links_to(&self, linked_id: &str) -> Result<Vec<LinkRow>> {
        let sql = "SELECT container_id, alias, linked_id FROM links WHERE linked_id = ?1 ORDER BY container_id, alias";
        self.all(sql, (linked_id,), link)
    }

    /// Every link, with the name of the container that links.
    pub fn named_links(&self) -> Result<Vec<(String, LinkRow)>> {
        let sql = "SELECT l.container_id, l.alias, l.linked_id, c.name FROM links l JOIN containers c ON c.id = l.container_id \
                   ORDER BY c.name, l.alias";
        self.all(sql, (), |row| Ok((row.get(3)?, link(row)?)))
    }
}

impl Writer<'_> {
    /// Adds a link.
    ///
    /// # Errors
    /// [`Dependency`](crate::StateError::Dependency) if the container that links is not there.
    pub fn insert_link(&self, row: &LinkRow) -> Result<()> {
        let sql = "INSERT INTO links (container_id, alias, linked_id) VALUES (?1, ?2, ?3)";
        self.change("record a link", sql, (&row.container_id, &row.alias, &row.linked_id)).map(drop)
    }

    /// Forgets a link; whether it was there.
    pub fn remove_link(&self, container_id: &str, alias: &str) -> Result<bool> {
        let sql = "DELETE FROM links WHERE container_id = ?1 AND alias = ?2";
        Ok(self.change("forget a link", sql, (container_id, alias))? > 0)
    }
}
