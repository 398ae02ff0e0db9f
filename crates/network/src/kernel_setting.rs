//! Settings of the network below `/proc/sys` (ip-sysctl in the kernel's documents), of the calling thread's network namespace.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::NetworkError;

/// Reads one; `None` where the kernel does not have it.
pub(crate) fn read(name: &str) -> Result<Option<String>, NetworkError> {
    let path = path(name);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(NetworkError::Setting { verb: "read", path, source }),
    }
}

/// Writes one, unless it has that value already: a host whose settings are read-only can still be right.
pub(crate) fn write(name: &str, value: &str) -> Result<(), NetworkError> {
    if read(name)?.as_deref() == Some(value) {
        return Ok(());
    }
    let path = path(name);
    fs::write(&path, value).map_err(|source| NetworkError::Setting { verb: "write", path, source })
}

fn path(name: &str) -> PathBuf {
    Path::new("/proc/sys/net").join(name)
}

/// The names in a directory of them, `all` and `default` among them.
pub(crate) fn list(directory: &str) -> Result<Vec<String>, NetworkError> {
    let path = path(directory);
    let failed = |source| NetworkError::Setting { verb: "list", path: path.clone(), source };
    let entries = fs::read_dir(&path).map_err(failed)?;
    entries.map(|entry| Ok(entry.map_err(failed)?.file_name().to_string_lossy().into_owned())).collect()
}
