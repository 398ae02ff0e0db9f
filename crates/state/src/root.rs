//! The root directory: made, or judged fit to hold the state of containers.
//!
//! What lies in it beside the database is the business of other crates.

use std::fs::{DirBuilder, Metadata, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;

use crate::{Result, StateError, network_fs};

/// Makes `root` (0700, with its parents) where it is missing, closes it to others where that harms nobody, and refuses one
/// that is not ours to use.
pub(crate) fn prepare(root: &Path, database: &Path) -> Result<()> {
    let metadata = match std::fs::metadata(root) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            make(root)?;
            std::fs::metadata(root)
        }
        found => found,
    };
    let metadata = metadata.map_err(|error| StateError::file("open root", root, error))?;
    let user = rustix::process::geteuid().as_raw();
    // A directory of somebody else can be changed under our hands, links and all.
    if metadata.uid() != user {
        return Err(StateError::ForeignRoot { path: root.to_owned(), owner: metadata.uid(), user });
    }
    if open_to_others(&metadata).is_some() {
        close(root, database)?;
    }
    refuse_network(root)
}

/// Its mode, where others may do anything with it.
fn open_to_others(metadata: &Metadata) -> Option<u32> {
    let mode = metadata.mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}

fn make(root: &Path) -> Result<()> {
    if let Some(parent) = root.parent() {
        std::fs::create_dir_all(parent).map_err(|error| StateError::file("create", parent, error))?;
    }
    match DirBuilder::new().mode(0o700).create(root) {
        // Another process was first with the same.
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(StateError::file("create", root, error))
        }
        _ => Ok(()),
    }
}

/// Closes a root that is open to others, unless it holds files that are not ours: `--root /tmp` must not lock everybody out.
fn close(root: &Path, database: &Path) -> Result<()> {
    let unreadable = |error| StateError::file("read", root, error);
    let is_ours = database.try_exists().map_err(unreadable)?
        || std::fs::read_dir(root).map_err(unreadable)?.next().is_none();
    if !is_ours {
        // Another process that opens it, too, closes it before it puts anything there.
        let now = std::fs::metadata(root).map_err(unreadable)?;
        return match open_to_others(&now) {
            Some(mode) => Err(StateError::SharedRoot { path: root.to_owned(), mode }),
            None => Ok(()),
        };
    }
    std::fs::set_permissions(root, Permissions::from_mode(0o700))
        .map_err(|error| StateError::file("chmod", root, error))
}

fn refuse_network(root: &Path) -> Result<()> {
    let statistics = rustix::fs::statfs(root).map_err(|error| StateError::file("statfs", root, error))?;
    match network_fs::name(statistics.f_type as u64) {
        Some(kind) => Err(StateError::NetworkFileSystem { path: root.to_owned(), kind }),
        None => Ok(()),
    }
}
