//! The schema, as the list of steps that lead to it.
//!
//! A step that was released is never changed: what is to be different is another step behind it. Steps add; they do not
//! take away what an older engine, still running on the same root, reads or writes.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::{Result, StateError};

/// Step N leads from schema N to N + 1; the number is kept as SQLite's `user_version`.
const STEPS: &[&str] = &[
    include_str!("migrations/0001_containers_and_images.sql"),
    include_str!("migrations/0002_id_ranges.sql"),
    include_str!("migrations/0003_tag_images.sql"),
    include_str!("migrations/0004_store.sql"),
    include_str!("migrations/0005_referrers.sql"),
    include_str!("migrations/0006_networks.sql"),
    include_str!("migrations/0007_volumes.sql"),
    include_str!("migrations/0008_links.sql"),
];

/// The schema of this version.
pub(crate) const CURRENT: u32 = STEPS.len() as u32;

/// The schema of a database: one read of its first page.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.query_row("PRAGMA user_version", (), |row| row.get(0))
}

/// Brings the database to [`CURRENT`] in one transaction. Of several processes that open an old root at once, one does it and
/// the others find it done.
pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<()> {
    let failed = |error| StateError::database("bring the schema up to date", path, error);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let found = version(&transaction).map_err(failed)?;
    refuse_newer(found, path)?;
    if found == 0 && holds_tables(&transaction).map_err(failed)? {
        return Err(StateError::ForeignDatabase { path: path.to_owned() });
    }
    for step in &STEPS[found as usize..] {
        transaction.execute_batch(step).map_err(failed)?;
    }
    if found < CURRENT {
        transaction.pragma_update(None, "user_version", CURRENT).map_err(failed)?;
    }
    transaction.commit().map_err(failed)
}

/// A schema that only a newer version knows is refused, before anything is written.
pub(crate) fn refuse_newer(found: u32, path: &Path) -> Result<()> {
    if found > CURRENT {
        return Err(StateError::NewerSchema { path: path.to_owned(), found, known: CURRENT });
    }
    Ok(())
}

fn holds_tables(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT EXISTS (SELECT 1 FROM sqlite_schema)", (), |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_database_keeps_what_it_has() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(STEPS[0]).unwrap();
        let container = "INSERT INTO containers VALUES ('c', 'name', NULL, 'image', 0, '{}', '{}', 0)";
        connection.execute(container, ()).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        migrate(&mut connection, Path::new("state.db")).unwrap();
        assert_eq!(version(&connection).unwrap(), CURRENT);
        connection.execute("INSERT INTO id_ranges VALUES ('c', 5, 1)", ()).unwrap();
        let names: u32 =
            connection.query_row("SELECT count(*) FROM containers", (), |row| row.get(0)).unwrap();
        assert_eq!(names, 1);
    }
}
