//! A unix socket that only root and one group can connect to, from the moment it is there.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::net::UnixListener as Blocking;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use corten_spec::passwd;
use tokio::net::UnixListener;

use crate::error::DaemonError;

/// Root and the group.
const MODE: u32 = 0o660;

/// The number of a group of this host.
///
/// # Errors
/// There is none of that name.
pub(super) fn group(name: &str) -> Result<u32, DaemonError> {
    let none = || DaemonError::NoGroup(name.to_owned());
    if let Ok(number) = name.parse() {
        return Ok(number);
    }
    let groups = fs::read_to_string("/etc/group").map_err(|_| none())?;
    passwd::group_of(name, &groups).ok_or_else(none)
}

/// Listens at `path`; a socket that nobody answers at is what a killed daemon has left, and replaced.
///
/// # Errors
/// Somebody answers there; the directory cannot be written.
pub(super) fn bind(path: &Path, group: Option<u32>) -> Result<UnixListener, DaemonError> {
    if UnixStream::connect(path).is_ok() {
        return Err(DaemonError::InUse(path.to_owned()));
    }
    make(path, group)
        .map_err(|source| DaemonError::Listen { address: format!("unix://{}", path.display()), source })
}

/// Under another name first: with its own it appears when it belongs to whom it should.
fn make(path: &Path, group: Option<u32>) -> io::Result<UnixListener> {
    let parent = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(parent)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let new: PathBuf = parent.join(format!(".{name}.{}", std::process::id()));
    let _ = fs::remove_file(&new);
    let listener = Blocking::bind(&new)?;
    let finish = || {
        chown(&new, Some(0), Some(group.unwrap_or(0)))?;
        fs::set_permissions(&new, fs::Permissions::from_mode(MODE))?;
        fs::rename(&new, path)
    };
    if let Err(error) = finish() {
        let _ = fs::remove_file(&new);
        return Err(error);
    }
    listener.set_nonblocking(true)?;
    UnixListener::from_std(listener)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[tokio::test]
    async fn a_socket_belongs_to_its_group_and_replaces_what_a_killed_daemon_left() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new/corten.sock");
        drop(bind(&path, Some(7)).unwrap());
        let listening = bind(&path, Some(8)).unwrap();
        let found = fs::metadata(&path).unwrap();
        assert_eq!((found.mode() & 0o7777, found.uid(), found.gid()), (0o660, 0, 8));
        let second = bind(&path, None).unwrap_err();
        assert!(matches!(second, DaemonError::InUse(_)), "{second}");
        drop(listening);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_group_that_is_not_there_is_named() {
        assert_eq!(group("nobody-has-this").unwrap_err().to_string(), "group nobody-has-this not found");
        assert_eq!(group("12").unwrap(), 12);
        assert_eq!(group("root").unwrap(), 0);
    }
}
