//! What unfinished downloads left: kept to be gone on from, until somebody decides that nobody will.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

use corten_spec::digest::Digest;
use rustix::fs::{FlockOperation, flock};

use crate::download::is_still_at;
use crate::store::errno;
use crate::{Content, ContentError};

/// Bytes of a blob that is not complete, or not named yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partial {
    /// What it is to become.
    pub digest: Digest,
    /// Bytes that are there.
    pub size: u64,
    /// When the last of them came.
    pub modified: SystemTime,
}

impl Content {
    /// All of them, in no order, those that are arriving at this moment too.
    ///
    /// # Errors
    /// [`ContentError::File`].
    pub fn partials(&self) -> Result<Vec<Partial>, ContentError> {
        let failed = |error: &io::Error| ContentError::file("list", &self.arriving)(errno(error));
        let entries = match fs::read_dir(&self.arriving) {
            // Nothing was ever fetched.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|error| failed(&error))?,
        };
        let mut partials = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| failed(&error))?;
            let name = entry.file_name().to_string_lossy().replacen('-', ":", 1);
            let Ok(digest) = name.parse::<Digest>() else { continue };
            match entry.metadata().and_then(|found| Ok((found.len(), found.modified()?))) {
                Ok((size, modified)) => partials.push(Partial { digest, size, modified }),
                // It was given its name meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed(&error)),
            }
        }
        Ok(partials)
    }

    /// Removes one, unless it is arriving at this moment; whether it is gone.
    ///
    /// # Errors
    /// [`ContentError::File`].
    pub fn remove_partial(&self, digest: &Digest) -> Result<bool, ContentError> {
        let path = self.partial(digest);
        let failed = |verb, error: &io::Error| ContentError::file(verb, &path)(errno(error));
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
            opened => opened.map_err(|error| failed("open", &error))?,
        };
        let is_free = flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok();
        if !is_free || !is_still_at(&file, &path)? {
            return Ok(false);
        }
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", &error)),
            _ => Ok(true),
        }
    }

    pub(crate) fn partial(&self, digest: &Digest) -> PathBuf {
        self.arriving.join(format!("{}-{}", digest.algorithm().as_str(), digest.hex()))
    }
}
