//! Opening one connection to the database file, as cheaply as the rules allow.
//!
//! The file is never opened by other means in this process: closing any descriptor of it would drop SQLite's POSIX locks
//! (fcntl(2), "Advisory record locking").

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use rustix::fs::{CWD, FileType, Mode};
use rustix::io::Errno;

use crate::{Result, StateError, migrations};

/// How long a connection waits for a lock. Transactions here last milliseconds: this is for machines that swap.
const BUSY: Duration = Duration::from_secs(30);

/// More than the distinct statements of this crate, so that each is compiled once per connection.
const STATEMENTS: usize = 64;

/// Makes an empty, private database file where there is none: SQLite's own would follow the umask.
pub(crate) fn create_file(path: &Path) -> Result<()> {
    // mknod(2) makes a regular file without opening it.
    match rustix::fs::mknodat(CWD, path, FileType::RegularFile, Mode::RUSR | Mode::WUSR, 0) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(error) => Err(StateError::file("create", path, error)),
    }
}

/// Opens the database, bringing its schema up to date where need be.
pub(crate) fn checked(path: &Path) -> Result<Connection> {
    let mut connection = connection(path)?;
    let found = migrations::version(&connection)
        .map_err(|error| StateError::database("read the schema's version", path, error))?;
    migrations::refuse_newer(found, path)?;
    if found < migrations::CURRENT {
        use_write_ahead_log(&connection, path)?;
        migrations::migrate(&mut connection, path)?;
    }
    Ok(connection)
}

/// Opens the database of a store whose schema was seen to.
pub(crate) fn connection(path: &Path) -> Result<Connection> {
    let failed = |error| StateError::database("open", path, error);
    // No mutex: a connection has one user at a time. No URI: a path may hold any character.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(BUSY).map_err(failed)?;
    // The last to close would move the log into the database, which takes several fsyncs: every one-shot command would.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// Pages of the log (1 MiB) after which a commit moves them into the database. Who opens a root that nobody has open reads the
/// log once: SQLite's own 1000 pages take 1.5 ms for that.
const LOG_PAGES: u32 = 256;

/// Bounds the log, for a connection that is about to write.
pub(crate) fn bound_log(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row(&format!("PRAGMA wal_autocheckpoint = {LOG_PAGES}"), (), |_| Ok(()))
}

/// The mode is kept in the file: this is needed once.
fn use_write_ahead_log(connection: &Connection, path: &Path) -> Result<()> {
    let deadline = Instant::now() + BUSY;
    loop {
        match connection.query_row("PRAGMA journal_mode = WAL", (), |row| row.get::<_, String>(0)) {
            // SQLite answers "busy" at once, without its time-out, where two connections change the mode together.
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && Instant::now() < deadline =>
            {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(error) => return Err(StateError::database("turn on the write-ahead log", path, error)),
            Ok(_) => return Ok(()),
        }
    }
}
