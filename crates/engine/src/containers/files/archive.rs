//! Something in a container as an archive.

use std::io::Write;
use std::os::fd::AsFd as _;

use corten_layer_tar::{Limits, pack_object};
use rustix::fs::{FileType, OFlags, fstat};

use super::go_path;
use super::path_stat::{PathStat, look_at};
use crate::containers::{Containers, Inner};
use crate::error::EngineError;
use crate::task::blocking;

impl Containers {
    /// Packs what is at a path of a container. Once it is known what that is, `begin` is told and gives what the archive is written to.
    ///
    /// # Errors
    /// As [`Self::stat_path`], before `begin` is called; a file that cannot be read or written.
    pub async fn archive_path<W, B>(&self, reference: &str, path: &str, begin: B) -> Result<(), EngineError>
    where
        W: Write,
        B: FnOnce(PathStat) -> W + Send + 'static,
    {
        let (inner, reference, path) = (self.inner.clone(), reference.to_owned(), path.to_owned());
        blocking(move || inner.archive_path(&reference, &path, begin)).await
    }
}

impl Inner {
    fn archive_path<W: Write>(
        &self,
        reference: &str,
        path: &str,
        begin: impl FnOnce(PathStat) -> W + Send,
    ) -> Result<(), EngineError> {
        self.with_files(reference, |container, files| {
            let path = go_path::absolute(path);
            let (stat, object) = look_at(files, &path)?;
            let name = stat.name.clone();
            let failed = |error| files.failed("lstat", &path, error);
            let found = fstat(&object).map_err(failed)?;
            if FileType::from_raw_mode(found.st_mode) == FileType::Directory {
                pack_object(
                    (object.as_fd(), b""),
                    name.as_bytes(),
                    &files.owners,
                    begin(stat),
                    &Limits::default(),
                )?;
            } else {
                let (above, base) = path.rsplit_once('/').unwrap_or(("", &path));
                let above = if above.is_empty() { "/" } else { above };
                let directory =
                    files.open(above.as_bytes(), OFlags::PATH | OFlags::DIRECTORY).map_err(failed)?;
                let place = (directory.as_fd(), base.as_bytes());
                pack_object(place, name.as_bytes(), &files.owners, begin(stat), &Limits::default())?;
            }
            self.tell(container, "archive-path", [].into())
        })
    }
}
