//! Networks and the segments that they consist of.
//!
//! The settings are JSON of the engine's; nothing here looks into them.

use corten_spec::time::Timestamp;
use rusqlite::Row;

use crate::{Reader, Result, Writer};

/// A network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkRow {
    /// 64 lowercase hex digits.
    pub id: String,
    /// No two networks have the same.
    pub name: String,
    /// What makes it: `bridge`.
    pub driver: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// What was asked for.
    pub settings: String,
}

/// One bridge of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentRow {
    /// The row's number; 0 in one that is not inserted yet.
    pub id: i64,
    /// The network's id.
    pub network_id: String,
    /// The interface's name. No two segments of a root have the same.
    pub bridge: String,
    /// `10.208.0.0/22`.
    pub subnet4: String,
    /// `fd00::/64`; `None` = no IPv6.
    pub subnet6: Option<String>,
}

fn network(row: &Row<'_>) -> rusqlite::Result<NetworkRow> {
    Ok(NetworkRow {
        id: row.get(0)?,
        name: row.get(1)?,
        driver: row.get(2)?,
        created_at: Timestamp::from_nanos(row.get(3)?),
        settings: row.get(4)?,
    })
}

fn segment(row: &Row<'_>) -> rusqlite::Result<SegmentRow> {
    Ok(SegmentRow {
        id: row.get(0)?,
        network_id: row.get(1)?,
        bridge: row.get(2)?,
        subnet4: row.get(3)?,
        subnet6: row.get(4)?,
    })
}

impl Reader<'_> {
    /// The network of this name.
    pub fn network_by_name(&self, name: &str) -> Result<Option<NetworkRow>> {
        let sql = "SELECT id, name, driver, created_at, settings FROM networks WHERE name = ?1";
        self.first(sql, (name,), network)
    }

    /// Every segment of every network, the oldest first.
    pub fn segments(&self) -> Result<Vec<SegmentRow>> {
        self.all("SELECT id, network_id, bridge, subnet4, subnet6 FROM segments ORDER BY id", (), segment)
    }
}

impl Writer<'_> {
    /// Adds a network.
    pub fn insert_network(&self, row: &NetworkRow) -> Result<()> {
        let sql = "INSERT INTO networks (id, name, driver, created_at, settings) VALUES (?1, ?2, ?3, ?4, ?5)";
        let NetworkRow { id, name, driver, created_at, settings } = row;
        let params = (id, name, driver, created_at.as_nanos(), settings);
        self.change("record a network", sql, params).map(drop)
    }

    /// Adds a segment, whose number the database gives.
    pub fn insert_segment(&self, row: &SegmentRow) -> Result<()> {
        let sql = "INSERT INTO segments (network_id, bridge, subnet4, subnet6) VALUES (?1, ?2, ?3, ?4)";
        let SegmentRow { network_id, bridge, subnet4, subnet6, .. } = row;
        self.change("record a segment", sql, (network_id, bridge, subnet4, subnet6)).map(drop)
    }

    /// Forgets a segment that nobody is on (any more); whether it did.
    pub fn remove_unused_segment(&self, id: i64) -> Result<bool> {
        let sql = "DELETE FROM segments WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM endpoints WHERE segment_id = ?1)";
        Ok(self.change("forget a segment", sql, (id,))? > 0)
    }
}
