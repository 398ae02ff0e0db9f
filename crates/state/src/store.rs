//! A root's database, shared by the threads of this process and by other processes.
//!
//! A transaction is a closure, so that none can be kept open across an await or other I/O by accident.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::pool::{Lent, Pool, Pooled};
use crate::transaction::{Durability, Reader, Writer};
use crate::{Result, StateError, migrations, open, root};

/// The database's name in the root.
const FILE_NAME: &str = "state.db";

/// An open state database. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Store(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    pool: Pool,
    /// Whose turn it is to write: SQLite lets one writer at a time in, and those who wait for it there look again and again, each with a
    /// connection of its own.
    turn: Mutex<()>,
    /// Whether a commit has failed since the last [`Store::dispel_doubt`].
    in_doubt: AtomicBool,
}

impl Store {
    /// Opens the database of `root`, making both where they are missing and bringing an older schema up to date.
    ///
    /// # Errors
    /// A root on a network file system, of another user, or open to others while holding their files; a damaged database; one
    /// with a schema newer than this version knows.
    pub fn open(root: &Path) -> Result<Store> {
        let path = root.join(FILE_NAME);
        root::prepare(root, &path)?;
        open::create_file(&path)?;
        let first = open::checked(&path)?;
        let pool = Pool::new(path, first);
        Ok(Store(Arc::new(Shared { pool, turn: Mutex::new(()), in_doubt: AtomicBool::new(false) })))
    }

    /// The database file, for messages.
    pub fn path(&self) -> &Path {
        self.0.pool.path()
    }

    /// Runs `body` on one consistent view of the database.
    pub fn read<T, E: From<StateError>>(
        &self,
        body: impl FnOnce(&Reader<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let pooled = self.0.pool.take()?;
        self.execute(&pooled, "begin to read", "BEGIN")?;
        let result = body(&Reader::new(&pooled.connection, self.path()));
        // Nothing was written, so there is nothing that ending it could lose.
        let ended = self.execute(&pooled, "end reading", "ROLLBACK");
        pooled.give_back();
        ended?;
        result
    }

    /// Runs `body` as the only writer of the root; what it wrote is kept if it returns `Ok`, all of it, and else none.
    ///
    /// Keep it short and free of other I/O: every other writer, of any process, waits meanwhile.
    ///
    /// # Errors
    /// [`StateError::Busy`] where another writer keeps everybody waiting for longer than anybody should; what `body` says.
    pub fn write<T, E: From<StateError>>(
        &self,
        durability: Durability,
        body: impl FnOnce(&Writer<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let _turn = self.0.turn.lock().unwrap_or_else(PoisonError::into_inner);
        // Those who have a connection may wait for this turn.
        let pooled = self.0.pool.take_at_once()?;
        self.write_with(pooled, durability, body)
    }

    /// Makes sure that what a failed commit of this store wrote is not taken for done by whoever opens the database next: where only the
    /// last step, the flush, failed, all of it stands in the log, until something else is written there.
    ///
    /// # Errors
    /// When that cannot be written either: then nobody knows.
    pub fn dispel_doubt(&self) -> Result<()> {
        if !self.0.in_doubt.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.write::<_, StateError>(Durability::Full, |t| {
            // Written even if it is the same as before.
            let written = t.connection.pragma_update(None, "user_version", migrations::CURRENT);
            written.map_err(|error| t.failed("write", error))
        })?;
        self.0.in_doubt.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// The same for what can be left undone: it does not wait for another writer.
    ///
    /// # Errors
    /// [`StateError::Busy`] where there is one at this moment; what `body` says.
    pub fn try_write<T, E: From<StateError>>(
        &self,
        durability: Durability,
        body: impl FnOnce(&Writer<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut pooled = self.0.pool.take()?;
        pooled.wait_up_to(Duration::ZERO)?;
        self.write_with(pooled, durability, body)
    }

    fn write_with<T, E: From<StateError>>(
        &self,
        mut pooled: Lent<'_>,
        durability: Durability,
        body: impl FnOnce(&Writer<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.set_durability(&mut pooled, durability)?;
        open::bound_log(&pooled.connection, self.path())?;
        // Not a deferred transaction: one that reads first cannot wait when it turns to writing, it fails.
        self.execute(&pooled, "begin to write", "BEGIN IMMEDIATE")?;
        let result = body(&Writer::new(&pooled.connection, self.path()));
        let ended = match &result {
            Ok(_) => self.execute(&pooled, "commit", "COMMIT").inspect_err(|error| {
                // Where the disk was full, the write that failed was no later than that of the last page, without which nothing stands.
                if !error.is_full_disk() {
                    self.0.in_doubt.store(true, Ordering::Relaxed);
                }
            }),
            Err(_) => Ok(()),
        };
        // An error can have ended the transaction already: a full disk does.
        if !pooled.connection.is_autocommit() {
            self.execute(&pooled, "roll back", "ROLLBACK")?;
        }
        pooled.give_back();
        ended?;
        result
    }

    /// Moves the whole log into the database file and gives its space back to the disk, after waiting for those who read.
    ///
    /// # Errors
    /// [`StateError::Database`] where the disk has no room for it: the log then stays as it was.
    pub fn move_log(&self) -> Result<()> {
        let pooled = self.0.pool.take()?;
        let moved = open::move_log(&pooled.connection, "TRUNCATE");
        pooled.give_back();
        moved.map_err(|error| StateError::database("move the log into", self.path(), error))
    }

    /// SQLite allows this only between transactions, and obeys while it compiles: the statement must not come from a cache.
    fn set_durability(&self, pooled: &mut Pooled, durability: Durability) -> Result<()> {
        let failed = |error| StateError::database("prepare to write", self.path(), error);
        if pooled.durability.is_none() {
            open::keep_log_to_writers(&pooled.connection).map_err(failed)?;
        }
        if pooled.durability != Some(durability) {
            pooled.connection.execute_batch(durability.pragma()).map_err(failed)?;
            pooled.durability = Some(durability);
        }
        Ok(())
    }

    fn execute(&self, pooled: &Pooled, what: &'static str, sql: &str) -> Result<()> {
        let run = || pooled.connection.prepare_cached(sql)?.execute(());
        run().map(drop).map_err(|error| StateError::database(what, self.path(), error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recovery takes for committed whatever stands whole at the end of the log.
    #[test]
    fn what_a_failed_commit_left_in_the_log_is_written_over() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        let log = || std::fs::read(root.path().join("state.db-wal")).unwrap();
        let before = log();
        store.dispel_doubt().unwrap();
        assert!(log() == before, "nothing has failed");
        store.0.in_doubt.store(true, Ordering::Relaxed);
        store.dispel_doubt().unwrap();
        assert!(log() != before);
        assert!(!store.0.in_doubt.load(Ordering::Relaxed));
    }
}
