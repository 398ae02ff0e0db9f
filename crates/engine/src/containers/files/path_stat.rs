//! What a path of a container is, as Docker's clients are told.

use corten_spec::time::Timestamp;
use rustix::fs::{FileType, OFlags, Stat, fstat};

use super::go_path;
use super::link_target::evaluate;
use super::reach::Files;
use crate::containers::{Containers, Inner};
use crate::error::EngineError;
use crate::task::blocking;

/// Something in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathStat {
    /// The last part of the path that was asked for.
    pub name: String,
    /// Bytes, as stat(2) has them.
    pub size: i64,
    /// Type and permissions, as Go's `os.FileMode` has them.
    pub mode: u32,
    /// Last modification.
    pub modified: Timestamp,
    /// Where a link leads in the end, as far as it does; empty for anything else.
    pub link_target: String,
}

impl Containers {
    /// Looks at a path of a container; a link is not followed, unless a slash stands behind it.
    ///
    /// # Errors
    /// Not found: the container, or the path; a path that leads through something that is no directory.
    pub async fn stat_path(&self, reference: &str, path: &str) -> Result<PathStat, EngineError> {
        let (inner, reference, path) = (self.inner.clone(), reference.to_owned(), path.to_owned());
        blocking(move || inner.stat_path(&reference, &path)).await
    }
}

impl Inner {
    fn stat_path(&self, reference: &str, path: &str) -> Result<PathStat, EngineError> {
        self.with_files(reference, |_, files| Ok(look_at(files, path)?.0))
    }
}

/// Looks at a path, and gives the object that was looked at with it.
pub(super) fn look_at(files: &Files<'_>, path: &str) -> Result<(PathStat, rustix::fd::OwnedFd), EngineError> {
    let failed = |error| files.failed("lstat", path, error);
    let object = files.open(path.as_bytes(), OFlags::PATH | OFlags::NOFOLLOW).map_err(failed)?;
    let stat = fstat(&object).map_err(failed)?;
    let is_link = FileType::from_raw_mode(stat.st_mode) == FileType::Symlink;
    let target = if is_link { evaluate(files, path)? } else { Vec::new() };
    let stat = PathStat {
        name: go_path::base(path).to_owned(),
        size: stat.st_size,
        mode: go_mode(&stat),
        modified: modified(&stat),
        link_target: String::from_utf8_lossy(&target).into_owned(),
    };
    Ok((stat, object))
}

fn modified(stat: &Stat) -> Timestamp {
    let nanoseconds = i64::try_from(stat.st_mtime_nsec).unwrap_or_default();
    Timestamp::from_nanos(stat.st_mtime.saturating_mul(1_000_000_000).saturating_add(nanoseconds))
}

/// Go's `os.FileMode`: nine permission bits as everywhere, everything else from the top down.
fn go_mode(stat: &Stat) -> u32 {
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => 1 << 31,
        FileType::Symlink => 1 << 27,
        FileType::BlockDevice => 1 << 26,
        FileType::CharacterDevice => 1 << 26 | 1 << 21,
        FileType::Fifo => 1 << 25,
        FileType::Socket => 1 << 24,
        _ => 0,
    };
    let bits = [(0o4000, 1 << 23), (0o2000, 1 << 22), (0o1000, 1 << 20)];
    let special = bits.iter().filter(|(bit, _)| stat.st_mode & bit != 0).map(|(_, go)| go);
    special.fold(kind | stat.st_mode & 0o777, |mode, bit| mode | bit)
}
