//! What an image has at a volume's place, copied into it when it is used first: none of it or all of it is there.
//!
//! The copy grows beside the volume and takes its place by one rename. Where containers may have the volume mounted already, its directory
//! must stay the same: then what is complete has a name of its own (`_full`) until it is moved in, and whoever holds the volume next goes on
//! with that.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{self, AtFlags, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use crate::copy::{copy_attributes, copy_tree};
use crate::directory::{DATA, entries, make, open};
use crate::{Held, VolumesError};

/// A copy that is not complete.
const FILLING: &str = "_filling";

/// One that is, and is not yet where it belongs.
const FULL: &str = "_full";

/// Whether containers may have the volume mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// Nobody has it.
    Alone,
    /// Others may.
    WithOthers,
}

/// Copies what is in a directory into one of the host's, if that is empty; whether it was. It cannot be done by one rename there: whoever is
/// killed leaves what he had.
///
/// # Errors
/// [`VolumesError::Copy`], [`VolumesError::Directory`].
pub fn fill_in_place(content: BorrowedFd<'_>, target: &Path) -> Result<bool, VolumesError> {
    let failed = |verb| move |source| VolumesError::Directory { verb, path: target.to_owned(), source };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = fs::open(target, flags, Mode::empty()).map_err(failed("open"))?;
    if !entries(&directory).map_err(failed("list"))?.is_empty() {
        return Ok(false);
    }
    copy_tree(content, directory.as_fd()).map(|()| true)
}

impl Held {
    /// Copies what is in a directory into the volume, if that is empty; whether it was.
    /// It is not waited for the disk, as for nothing that is written into volumes.
    ///
    /// Nobody may change the directory meanwhile.
    ///
    /// # Errors
    /// [`VolumesError::Copy`], [`VolumesError::Directory`]; the volume is as it was.
    pub fn fill(&self, content: BorrowedFd<'_>, sharing: Sharing) -> Result<bool, VolumesError> {
        self.finish()?;
        if !self.is_empty()? {
            return Ok(false);
        }
        let path = self.path.join(FILLING);
        make(&path, 0o700)?;
        let filling = self.require(&path)?;
        copy_tree(content, filling.as_fd())?;
        drop(filling);
        if sharing == Sharing::WithOthers {
            self.rename(FILLING, FULL)?;
            self.finish()?;
            return Ok(true);
        }
        match self.rename(FILLING, DATA) {
            // Somebody has written into it from outside.
            Err(VolumesError::Directory { source: Errno::NOTEMPTY | Errno::EXIST, .. }) => {
                self.discard(FILLING)?;
                Ok(false)
            }
            done => done.map(|()| true),
        }
    }

    /// Whether somebody who was killed has left something here.
    ///
    /// # Errors
    /// [`VolumesError::Directory`].
    pub fn has_leftovers(&self) -> Result<bool, VolumesError> {
        let found = entries(&self.directory).map_err(|source| self.failed("list", "", source))?;
        Ok(found.iter().any(|name| name == FILLING || name == FULL))
    }

    /// Ends what somebody began who was killed: an incomplete copy goes, a complete one goes where it belongs.
    ///
    /// # Errors
    /// [`VolumesError::Directory`], [`VolumesError::Copy`], [`VolumesError::Remove`].
    pub fn finish(&self) -> Result<(), VolumesError> {
        self.discard(FILLING)?;
        let Some(full) = open(&self.path.join(FULL))? else { return Ok(()) };
        let data = self.require(&self.path.join(DATA))?;
        for name in entries(&full).map_err(|source| self.failed("list", FULL, source))? {
            match fs::renameat_with(&full, &name, &data, &name, RenameFlags::NOREPLACE) {
                // A container that has it mounted was faster, and what it wrote counts.
                Ok(()) | Err(Errno::EXIST) => {}
                Err(source) => return Err(self.failed("move", FULL, source)),
            }
        }
        copy_attributes(full.as_fd(), data.as_fd())?;
        self.discard(FULL)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), VolumesError> {
        fs::renameat(&self.directory, from, &self.directory, to)
            .map_err(|source| self.failed("rename", from, source))
    }

    fn discard(&self, name: &str) -> Result<(), VolumesError> {
        // Nothing is there but after a crash: one look instead of a removal's many.
        match fs::statat(&self.directory, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => Ok(()),
            _ => corten_tree::remove(&self.directory, name)
                .map_err(|source| VolumesError::Remove { volume: self.name.to_string(), source }),
        }
    }

    fn require(&self, path: &Path) -> Result<OwnedFd, VolumesError> {
        let missing =
            || VolumesError::Directory { verb: "open", path: path.to_owned(), source: Errno::NOENT };
        open(path)?.ok_or_else(missing)
    }

    fn failed(&self, verb: &'static str, name: &str, source: Errno) -> VolumesError {
        VolumesError::Directory { verb, path: self.path.join(name), source }
    }
}

#[cfg(test)]
mod tests;
