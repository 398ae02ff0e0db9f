//! Opening roots of every kind, and many processes writing at once.

#![allow(clippy::unwrap_used, reason = "clippy.toml's exemption for tests does not reach files under tests/")]

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use corten_spec::time::Timestamp;
use corten_state::{ContainerRow, Durability, Result, StateError, Store};

fn container(name: &str) -> ContainerRow {
    ContainerRow {
        id: name.to_owned(),
        name: name.to_owned(),
        image_id: None,
        image_name: String::new(),
        created_at: Timestamp::from_nanos(0),
        config: String::new(),
        state: "0".to_owned(),
        journal_offset: 0,
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

#[test]
fn a_new_root_and_all_files_in_it_are_the_owners_alone() {
    let parent = tempfile::tempdir().unwrap();
    let root = parent.path().join("a/b");
    let store = Store::open(&root).unwrap();
    store.write(Durability::Full, |to| to.insert_container(&container("a"))).unwrap();
    assert_eq!(mode(&root), 0o700);
    let files: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.iter().any(|path| path.ends_with("state.db-wal")), "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn a_directory_open_to_others_is_closed_if_empty_and_refused_if_not() {
    let root = tempfile::tempdir().unwrap();
    fs::set_permissions(root.path(), Permissions::from_mode(0o755)).unwrap();
    drop(Store::open(root.path()).unwrap());
    assert_eq!(mode(root.path()), 0o700);

    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("letter"), "").unwrap();
    fs::set_permissions(root.path(), Permissions::from_mode(0o755)).unwrap();
    let refused = Store::open(root.path()).unwrap_err();
    assert!(matches!(refused, StateError::SharedRoot { mode: 0o755, .. }), "{refused}");
    assert_eq!(mode(root.path()), 0o755);
}

#[test]
fn a_root_of_another_user_is_refused() {
    let root = tempfile::tempdir().unwrap();
    std::os::unix::fs::chown(root.path(), Some(12345), None).unwrap();
    let refused = Store::open(root.path()).unwrap_err();
    assert!(matches!(refused, StateError::ForeignRoot { owner: 12345, .. }), "{refused}");
}

#[test]
fn a_damaged_database_is_one_line_that_names_the_file_and_what_to_do() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("state.db");
    fs::write(&path, "this is no database, and long enough to be sure of it".repeat(100)).unwrap();
    let error = Store::open(root.path()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "state database `{}` is damaged: stop every engine of this root, then restore it from a backup, or move it, \
             its -wal and -shm, `containers` and `layers` away to begin anew",
            path.display()
        )
    );
}

#[test]
fn damage_behind_the_first_page_is_told_as_damage_too() {
    let root = tempfile::tempdir().unwrap();
    let store = Store::open(root.path()).unwrap();
    store.write(Durability::Normal, |to| to.insert_container(&container("a"))).unwrap();
    drop(store);
    let path = root.path().join("state.db");
    sqlite(&path, "PRAGMA wal_checkpoint(TRUNCATE)");
    let mut bytes = fs::read(&path).unwrap();
    bytes[4096..].fill(0x55);
    fs::write(&path, bytes).unwrap();
    let store = Store::open(root.path()).unwrap();
    let error = store.read(|at| at.containers()).unwrap_err();
    assert!(matches!(error, StateError::Damaged { .. }), "{error}");
}

#[test]
fn a_newer_schema_and_a_foreign_database_are_refused_untouched() {
    let root = tempfile::tempdir().unwrap();
    drop(Store::open(root.path()).unwrap());
    let path = root.path().join("state.db");
    sqlite(&path, "PRAGMA user_version = 1000");
    let error = Store::open(root.path()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "state database `{}` has schema 1000, this version knows schemas up to 8: use the newer version that wrote it",
            path.display()
        )
    );

    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("state.db");
    sqlite(&path, "CREATE TABLE letters (text)");
    let error = Store::open(root.path()).unwrap_err();
    assert!(matches!(error, StateError::ForeignDatabase { .. }), "{error}");
}

#[test]
fn ids_go_back_with_their_container() {
    let root = tempfile::tempdir().unwrap();
    let store = Store::open(root.path()).unwrap();
    let taken = || store.read(|at| at.id_ranges()).unwrap();
    let give = |id: &str, range| store.write(Durability::Normal, |to| to.hold_id_range(id, range));
    store.write(Durability::Normal, |to| to.insert_container(&container("a"))).unwrap();
    give("a", (3_000_000_000, 65_536)).unwrap();
    assert_eq!(taken(), [(3_000_000_000, 65_536)]);
    assert!(matches!(give("nobody", (5, 1)), Err(StateError::Dependency { .. })));
    store.write(Durability::Normal, |to| to.remove_container("a")).unwrap();
    assert_eq!(taken(), []);
}

fn sqlite(path: &Path, sql: &str) {
    rusqlite::Connection::open(path)
        .unwrap()
        .query_row(sql, (), |_| Ok(()))
        .or_else(|error| match error {
            rusqlite::Error::QueryReturnedNoRows => Ok(()),
            error => Err(error),
        })
        .unwrap();
}

#[test]
fn an_error_in_a_transaction_undoes_it_and_so_does_a_panic() {
    let root = tempfile::tempdir().unwrap();
    let store = Store::open(root.path()).unwrap();
    let result: Result<()> = store.write(Durability::Normal, |to| {
        to.insert_container(&container("a"))?;
        Err(StateError::EmptyContainerName)
    });
    assert!(matches!(result, Err(StateError::EmptyContainerName)));
    let panicked = std::panic::catch_unwind(|| {
        store.write(Durability::Normal, |to| -> Result<()> {
            to.insert_container(&container("b"))?;
            panic!("on purpose")
        })
    });
    assert!(panicked.is_err());
    assert_eq!(store.read(|at| at.containers()).unwrap(), []);
    store.write(Durability::Full, |to| to.insert_container(&container("c"))).unwrap();
}

#[test]
fn a_reader_sees_one_moment_while_others_write() {
    let root = tempfile::tempdir().unwrap();
    let store = Store::open(root.path()).unwrap();
    store
        .read(|at| -> Result<()> {
            assert_eq!(at.containers()?.len(), 0);
            store.write(Durability::Normal, |to| to.insert_container(&container("a")))?;
            assert_eq!(at.containers()?.len(), 0);
            Ok(())
        })
        .unwrap();
    assert_eq!(store.read(|at| at.containers()).unwrap().len(), 1);
}

/// How the programs that `start` starts are told what to do: `<root>`, or `<root>:<name>`.
const ORDER: &str = "CORTEN_TEST_STATE";

/// Transactions of one process.
const EACH: u64 = 40;

/// Not a test by itself: the program of the tests below. It counts up in one row that all share and inserts rows of its own.
#[test]
fn state_process() {
    let Ok(order) = std::env::var(ORDER) else { return };
    let (root, name) = order.rsplit_once(':').unwrap();
    let store = Store::open(Path::new(root)).unwrap();
    for number in 0..EACH {
        let durability = if number % 8 == 0 { Durability::Full } else { Durability::Normal };
        store
            .write(durability, |to| -> Result<()> {
                let shared = match to.container("shared")? {
                    Some(row) => row,
                    None => {
                        to.insert_container(&container("shared"))?;
                        container("shared")
                    }
                };
                let next = shared.state.parse::<u64>().unwrap() + 1;
                to.set_container_state("shared", &next.to_string(), next)?;
                to.insert_container(&container(&format!("{name}-{number}")))
            })
            .unwrap();
        println!("\nwrote {number}");
    }
}

fn start(root: &Path, name: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "state_process", "--nocapture"])
        .env(ORDER, format!("{}:{name}", root.display()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn eight_processes_open_a_new_root_at_once_and_write_and_none_fails() {
    let root = tempfile::tempdir().unwrap();
    let writers: Vec<_> = (0..8).map(|name| start(root.path(), name)).collect();
    for writer in writers {
        let output = writer.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    let rows = Store::open(root.path()).unwrap().read(|at| at.containers()).unwrap();
    assert_eq!(rows.len() as u64, 8 * EACH + 1);
    let shared = rows.iter().find(|row| row.id == "shared").unwrap();
    assert_eq!(shared.journal_offset, 8 * EACH, "no count was lost");
}

#[test]
fn what_a_killed_process_had_committed_stays_and_the_rest_is_undone() {
    let root = tempfile::tempdir().unwrap();
    let mut committed = 0;
    for name in 0..4 {
        let mut writer = start(root.path(), name);
        let mut lines =
            BufReader::new(writer.stdout.take().unwrap()).lines().map_while(std::result::Result::ok);
        let before = lines.by_ref().filter(|line| line.starts_with("wrote ")).take(3 + 5 * name).count();
        writer.kill().unwrap();
        committed += before + lines.filter(|line| line.starts_with("wrote ")).count();
        writer.wait().unwrap();
    }
    let rows = Store::open(root.path()).unwrap().read(|at| at.containers()).unwrap();
    let shared = rows.iter().find(|row| row.id == "shared").unwrap();
    assert!(rows.len() > committed);
    assert_eq!(shared.journal_offset, rows.len() as u64 - 1, "a transaction is whole or not at all");
}

/// Opens the root as a command does, inserts one row, and leaves without having moved the log.
fn insert_and_leave(root: &Path, name: usize) {
    let store = Store::open(root).unwrap();
    store.write(Durability::Normal, |to| to.insert_container(&container(&name.to_string()))).unwrap();
}

#[test]
fn a_log_that_every_command_appends_to_once_does_not_grow_for_ever() {
    let root = tempfile::tempdir().unwrap();
    let log = || fs::metadata(root.path().join("state.db-wal")).unwrap().len();
    for name in 0..400 {
        insert_and_leave(root.path(), name);
        assert!(log() < 700_000, "{} bytes after {name} commands", log());
    }
    let store = Store::open(root.path()).unwrap();
    store.move_log().unwrap();
    assert_eq!(log(), 0);
    assert_eq!(store.read(|at| at.containers()).unwrap().len(), 400);
}

#[test]
fn a_database_that_was_lost_is_not_begun_anew_beside_what_it_knew() {
    let root = tempfile::tempdir().unwrap();
    drop(Store::open(root.path()).unwrap());
    fs::create_dir_all(root.path().join("layers/one")).unwrap();
    drop(Store::open(root.path()).unwrap());

    for name in ["state.db", "state.db-wal", "state.db-shm"] {
        fs::remove_file(root.path().join(name)).unwrap();
    }
    for _ in 0..2 {
        let refused = Store::open(root.path()).unwrap_err().to_string();
        assert!(refused.contains("layers` is not: it or its -wal was lost; put both back"), "{refused}");
    }
    fs::rename(root.path().join("layers"), root.path().join("kept")).unwrap();
    Store::open(root.path()).unwrap();
}

#[test]
fn what_can_be_left_undone_does_not_wait_and_the_writer_in_its_way_is_named() {
    let root = tempfile::tempdir().unwrap();
    let (store, other) = (Store::open(root.path()).unwrap(), Store::open(root.path()).unwrap());
    let insert = |to: &corten_state::Writer<'_>| to.insert_container(&container("a"));
    let refused =
        store.write(Durability::Normal, |_| Ok::<_, StateError>(other.try_write(Durability::Normal, insert)));
    let refused = refused.unwrap().unwrap_err();
    let told = format!("process {} (", std::process::id());
    assert!(matches!(refused, StateError::Busy { .. }) && refused.to_string().contains(&told), "{refused}");
    other.try_write(Durability::Normal, insert).unwrap();
}
