//! Limits as a list of writes, and how the writes are made.
//!
//! The lists are made by pure functions of [`crate::legacy`] and [`crate::unified`]; what goes wrong is told with file and
//! value.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use crate::error::CgroupsError;
use crate::hierarchy::Moment;

/// One value for one file of a cgroup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Write {
    pub(crate) file: String,
    pub(crate) value: String,
    /// What to do where the kernel does not have the file.
    pub(crate) missing: Missing,
    /// Whether `EINVAL` may mean that a later value of the same list has to be set first.
    pub(crate) may_wait: bool,
}

/// What a missing file means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Missing {
    /// The limit cannot be set.
    Fail,
    /// The limit is met anyway.
    Skip,
    /// Another file does the same.
    Instead {
        /// Its name.
        file: String,
        /// What is written to it.
        value: String,
    },
}

// Values are numbers and short texts; references at every call would only be noise.
#[allow(clippy::needless_pass_by_value)]
impl Write {
    pub(crate) fn new(file: impl Into<String>, value: impl ToString) -> Write {
        Write { file: file.into(), value: value.to_string(), missing: Missing::Fail, may_wait: false }
    }

    pub(crate) fn or_skip(self) -> Write {
        Write { missing: Missing::Skip, ..self }
    }

    pub(crate) fn or(self, file: impl Into<String>, value: impl ToString) -> Write {
        Write { missing: Missing::Instead { file: file.into(), value: value.to_string() }, ..self }
    }

    pub(crate) fn or_later(self) -> Write {
        Write { may_wait: true, ..self }
    }
}

/// Makes the writes in order in `directory`; those that have to wait for others come last. A change remembers what it replaces.
///
/// # Errors
/// [`CgroupsError::Write`] at the first that fails for good, [`CgroupsError::Unsupported`] for a missing file.
pub(crate) fn apply(directory: &Path, writes: &[Write], moment: &mut Moment<'_>) -> Result<(), CgroupsError> {
    if let Moment::Change(undo) = moment {
        for write in writes {
            undo.remember(directory, &write.file, &write.value)?;
            if let Missing::Instead { file, value } = &write.missing {
                undo.remember(directory, file, value)?;
            }
        }
    }
    let mut open = None;
    let mut waiting = Vec::new();
    for write in writes {
        match attempt(directory, write, &mut open) {
            Err(error)
                if write.may_wait
                    && error.raw_os_error() == Some(rustix::io::Errno::INVAL.raw_os_error()) =>
            {
                waiting.push(write);
            }
            outcome => outcome.map_err(|source| failure(directory, write, source))?,
        }
    }
    for write in waiting {
        attempt(directory, write, &mut open).map_err(|source| failure(directory, write, source))?;
    }
    Ok(())
}

fn failure(directory: &Path, write: &Write, source: io::Error) -> CgroupsError {
    // It is the file that was written in its stead that has refused.
    if let Missing::Instead { file, value } = &write.missing
        && directory.join(file).exists()
        && !directory.join(&write.file).exists()
    {
        return CgroupsError::Write { value: value.clone(), path: directory.join(file), source };
    }
    if source.kind() == io::ErrorKind::NotFound && directory.exists() {
        return CgroupsError::Unsupported {
            limit: format!("`{}`", write.file),
            reason: "this kernel does not offer it here",
        };
    }
    CgroupsError::Write { value: write.value.clone(), path: directory.join(&write.file), source }
}

/// Keeps the last file open: a list of device rules is many writes to one file.
fn attempt(directory: &Path, write: &Write, open: &mut Option<(String, File)>) -> io::Result<()> {
    match put(directory, &write.file, &write.value, open) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => match &write.missing {
            Missing::Fail => Err(error),
            Missing::Skip => Ok(()),
            Missing::Instead { file, value } => put(directory, file, value, open),
        },
        outcome => outcome,
    }
}

fn put(directory: &Path, file: &str, value: &str, open: &mut Option<(String, File)>) -> io::Result<()> {
    if open.as_ref().is_none_or(|(name, _)| name != file) {
        // Neither created nor truncated: the kernel made the file, and a stand-in must not hide that one is missing.
        *open = Some((file.to_owned(), OpenOptions::new().write(true).open(directory.join(file))?));
    }
    // One write(2): the kernel takes each as a whole value.
    open.as_mut().map_or(Ok(()), |(_, opened)| opened.write(value.as_bytes()).map(drop))
}
