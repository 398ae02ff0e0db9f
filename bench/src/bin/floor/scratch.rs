//! The two directories that overlay writes to.
//!
//! They are made anew each time, as for a new container.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Doing, Result};

pub(crate) struct Scratch {
    directory: PathBuf,
}

impl Scratch {
    pub(crate) fn make(directory: &Path) -> Result<Scratch> {
        let scratch = Scratch { directory: directory.to_owned() };
        for path in [directory, &scratch.upper(), &scratch.work()] {
            fs::create_dir(path).doing("make a directory")?;
        }
        Ok(scratch)
    }

    pub(crate) fn upper(&self) -> PathBuf {
        self.directory.join("upper")
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.directory.join("work")
    }

    pub(crate) fn remove(&self) -> Result<()> {
        fs::remove_dir_all(&self.directory).doing("remove the directories")
    }
}
