//! The file with the number of the daemon's process.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::error::DaemonError;

/// The file, removed when this is dropped.
#[derive(Debug)]
pub(crate) struct PidFile {
    path: PathBuf,
}

impl PidFile {
    /// Writes it.
    ///
    /// # Errors
    /// The process that it names still runs; the file cannot be written.
    pub(crate) fn write(path: &Path) -> Result<Self, DaemonError> {
        let failed = |source| DaemonError::PidFile { path: path.to_owned(), source };
        if let Some(pid) = running(path).map_err(failed)? {
            return Err(DaemonError::StillRunning { pid, path: path.to_owned() });
        }
        let open = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o644).open(path);
        open.and_then(|mut file| write!(file, "{}", std::process::id())).map_err(failed)?;
        Ok(Self { path: path.to_owned() })
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        // The next daemon replaces what stays.
        let _ = fs::remove_file(&self.path);
    }
}

/// The process that the file names, if there is one that is not this.
fn running(path: &Path) -> io::Result<Option<u32>> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text?,
    };
    let pid = text.trim().parse().ok().filter(|pid| *pid != std::process::id());
    Ok(pid.filter(|pid: &u32| Path::new(&format!("/proc/{pid}")).exists()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_a_process_that_runs_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("corten.pid");
        fs::write(&path, "1\n").unwrap();
        assert!(matches!(PidFile::write(&path).unwrap_err(), DaemonError::StillRunning { pid: 1, .. }));
        // No process has this number: pid_max is 2^22 at most.
        fs::write(&path, "4194305").unwrap();
        let file = PidFile::write(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), std::process::id().to_string());
        drop(file);
        assert!(!path.exists());
    }
}
