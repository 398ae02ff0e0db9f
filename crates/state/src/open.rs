//! Opening one connection to the database file, as cheaply as the rules allow.
//!
//! The file is never opened by other means in this process: closing any descriptor of it would drop SQLite's POSIX locks
//! (fcntl(2), "Advisory record locking").

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use rustix::fs::{CWD, FileType, Mode};
use rustix::io::Errno;

use crate::{Result, StateError, migrations};

/// How long a connection waits for a lock. Transactions here last milliseconds: this is for machines that swap.
pub(crate) const BUSY: Duration = Duration::from_secs(30);

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
    if found == 0
        && let Some(directory) = known_to_a_used_one(path)
        // Another process may have made the schema and a first layer since.
        && migrations::version(&connection).is_ok_and(|version| version == 0)
    {
        return Err(StateError::Lost { path: path.to_owned(), directory });
    }
    if found < migrations::CURRENT {
        use_write_ahead_log(&connection, path)?;
        migrations::migrate(&mut connection, path)?;
    }
    Ok(connection)
}

/// What a root has beside its database as soon as that knows of anything.
const KNOWN_TO_IT: [&str; 3] = ["containers", "layers", "volumes"];

/// What lies beside an empty database although it should know of it: whoever cleans up by its records would remove everything.
fn known_to_a_used_one(path: &Path) -> Option<PathBuf> {
    let directories = KNOWN_TO_IT.map(|name| path.with_file_name(name));
    // One that cannot be read is as good as none here: the engine will have its own error for it.
    let has_entries =
        |directory: &PathBuf| std::fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some());
    directories.into_iter().find(has_entries)
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

/// How long the log may get before the next writer moves it into the database, in bytes. Who opens a root that nobody has open
/// reads the log once, which is what bounds it; moving it takes two fsyncs, about ten commits apart.
const LOG_LIMIT: u64 = 512 * 1024;

/// Prepares a connection that is about to write.
pub(crate) fn keep_log_to_writers(connection: &Connection) -> rusqlite::Result<()> {
    // SQLite would move the log after a commit. That is of no use where the process ends then, as every command does: the next
    // one reads the log anew, does not know that it was moved, and appends to it for ever.
    connection.query_row("PRAGMA wal_autocheckpoint = 0", (), |_| Ok(()))?;
    // A log that begins anew is cut: its file's size then tells what it holds.
    connection.query_row("PRAGMA journal_size_limit = 0", (), |_| Ok(()))
}

/// Moves the log into the database if it has become long; the write that follows then begins a new one. Whoever reads meanwhile
/// is not waited for: the log then stays, and the next writer tries again.
pub(crate) fn bound_log(connection: &Connection, database: &Path) -> Result<()> {
    if log_size(database)? < LOG_LIMIT {
        return Ok(());
    }
    move_log(connection, "PASSIVE").or_else(|error| match error.sqlite_error_code() {
        // Nothing is lost: the log stays. If the write that follows has no room either, it says so.
        Some(ErrorCode::DiskFull) => Ok(()),
        _ => Err(StateError::database("move the log into", database, error)),
    })
}

/// One of SQLite's modes of a checkpoint. That others are in the way is no error: it moves what it can.
pub(crate) fn move_log(connection: &Connection, mode: &'static str) -> rusqlite::Result<()> {
    connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), (), |_| Ok(()))
}

/// Looks at the file without opening it.
fn log_size(database: &Path) -> Result<u64> {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    match rustix::fs::stat(&log) {
        Ok(found) => Ok(u64::try_from(found.st_size).unwrap_or(0)),
        Err(Errno::NOENT) => Ok(0),
        Err(error) => Err(StateError::file("look at", Path::new(&log), error)),
    }
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
