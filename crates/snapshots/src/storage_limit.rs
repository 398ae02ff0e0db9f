//! How much a container may write: a project quota on its writable directories.
//!
//! The directories are the only record of which project is a container's. It is given to them before it has a limit, and loses the
//! limit before they go: so whatever is killed when, a project that is limited has files, and one that has files is somebody's.

use std::ops::RangeInclusive;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use corten_sys::project_quota::{Usage, is_enforced, next, project, set_limit, set_project, usage};
use rustix::fs::{FsWord, fstatfs};
use rustix::io::Errno;

use crate::container_files::{containers, entries, open};
use crate::{ContainerFiles, SnapshotsError};

/// The projects that are given to containers: the upper half, which neither people in `/etc/projects` nor other engines, which count from
/// below, reach. The last is none (`INVALID_PROJID`).
const PROJECTS: RangeInclusive<u32> = 1 << 31..=u32::MAX - 1;

/// How many projects are looked at for one that nobody has.
const TRIES: u32 = 64;

impl ContainerFiles {
    /// Limits what a container may write to so many bytes, unless it is so limited already. The search for a project begins
    /// `somewhere`: two that search at once should not begin at the same place.
    ///
    /// # Errors
    /// [`SnapshotsError::NoProjectQuotas`] where the file system cannot; [`SnapshotsError::Uncounted`] when something is in
    /// there that was not counted; [`SnapshotsError::Limit`].
    pub fn limit(&self, bytes: u64, somewhere: u32) -> Result<(), SnapshotsError> {
        let (upper, work) = (self.open_limited(&self.upper())?, self.open_limited(&self.work())?);
        if !is_enforced(&upper).unwrap_or(false) {
            return Err(self.no_project_quotas(&upper));
        }
        let failed = |source| SnapshotsError::Limit { path: self.upper(), source };
        let own = match self.project_of(&upper) {
            Some(own) if self.project_of(&work) == Some(own) => own,
            _ if entries(&self.upper())?.is_empty() => {
                take_project(&upper, &work, somewhere).map_err(failed)?
            }
            _ => return Err(SnapshotsError::Uncounted { path: self.upper() }),
        };
        if usage(&upper, own).map_err(failed)?.limit != bytes {
            set_limit(&upper, own, bytes).map_err(failed)?;
        }
        Ok(())
    }

    /// The bytes that a container may write, where that is limited.
    ///
    /// # Errors
    /// [`SnapshotsError::Directory`], [`SnapshotsError::Limit`].
    pub fn limited_to(&self) -> Result<Option<u64>, SnapshotsError> {
        let Some(upper) = open(&self.upper())? else { return Ok(None) };
        if !is_enforced(&upper).unwrap_or(false) {
            return Ok(None);
        }
        let Some(own) = self.project_of(&upper) else { return Ok(None) };
        let usage =
            usage(&upper, own).map_err(|source| SnapshotsError::Limit { path: self.upper(), source })?;
        Ok(Some(usage.limit).filter(|limit| *limit > 0))
    }

    /// Has the file system forget limits of projects without files; how many there were. None is left by what happens here, but whoever
    /// removes directories by hand, or while the file system is mounted without quotas, leaves some.
    ///
    /// # Errors
    /// [`SnapshotsError::Directory`], [`SnapshotsError::Limit`].
    pub fn forget_limits(root: &Path) -> Result<u64, SnapshotsError> {
        let path = containers(root);
        let Some(directory) = open(&path)? else { return Ok(0) };
        if !is_enforced(&directory).unwrap_or(false) {
            return Ok(0);
        }
        let failed = |source| SnapshotsError::Limit { path: path.clone(), source };
        let (mut forgotten, mut from) = (0, *PROJECTS.start());
        while let Some((project, usage)) = next(&directory, from).map_err(failed)? {
            if is_left_over(&usage) {
                set_limit(&directory, project, 0).map_err(failed)?;
                forgotten += 1;
            }
            if project >= *PROJECTS.end() {
                break;
            }
            from = project + 1;
        }
        Ok(forgotten)
    }

    /// Lifts the limit of a container whose files are about to be removed.
    pub(crate) fn lift_limit(&self) {
        for path in [self.upper(), self.work()] {
            let Ok(Some(directory)) = open(&path) else { continue };
            if let Some(own) = self.project_of(&directory) {
                // It fails where quotas have been turned off: what stays then is for `forget_limits`, and keeps no files here.
                let _left_for_later = set_limit(&directory, own, 0);
                return;
            }
        }
    }

    /// The project that was given to one of the container's directories, not the one that they would have anyway.
    fn project_of(&self, directory: &OwnedFd) -> Option<u32> {
        let own = project(directory).ok().filter(|own| PROJECTS.contains(own))?;
        let around = open(self.directory()).ok()??;
        (project(around).ok() != Some(own)).then_some(own)
    }

    fn open_limited(&self, path: &Path) -> Result<OwnedFd, SnapshotsError> {
        open(path)?.ok_or_else(|| SnapshotsError::Directory {
            verb: "open",
            path: path.to_owned(),
            source: Errno::NOENT,
        })
    }

    fn no_project_quotas(&self, upper: &OwnedFd) -> SnapshotsError {
        let directory = self.directory().parent().map_or_else(PathBuf::new, Path::to_owned);
        let kind = fstatfs(upper).map(|found| found.f_type).unwrap_or_default();
        SnapshotsError::NoProjectQuotas { directory, remedy: remedy(kind) }
    }
}

/// Gives both directories to a project that nobody has: after they have joined it, there are two in it.
fn take_project(upper: &OwnedFd, work: &OwnedFd, somewhere: u32) -> std::io::Result<u32> {
    for candidate in candidates(somewhere) {
        if usage(upper, candidate)? != Usage::default() {
            continue;
        }
        set_project(upper, candidate)?;
        set_project(work, candidate)?;
        if usage(upper, candidate)?.inodes == 2 {
            return Ok(candidate);
        }
    }
    Err(std::io::Error::other("no project was found that nobody has"))
}

fn candidates(somewhere: u32) -> impl Iterator<Item = u32> {
    let count = PROJECTS.end() - PROJECTS.start() + 1;
    (0..TRIES).map(move |n| PROJECTS.start() + somewhere.wrapping_add(n) % count)
}

/// Whether a project is one of ours whose files are gone: nothing of ours is limited before it has files.
fn is_left_over(usage: &Usage) -> bool {
    usage.limit > 0 && usage.inodes == 0 && usage.bytes == 0 && !usage.is_limited_otherwise
}

/// What is to be done about a file system that does not enforce project quotas, by its magic number (statfs(2)).
fn remedy(kind: FsWord) -> &'static str {
    match kind {
        0x5846_5342 => {
            "xfs mounted without it; a remount does not turn it on, and for `/` it is `rootflags=pquota` on the kernel's command line"
        }
        0xef53 => {
            "ext4 mounted without it; it takes `tune2fs -O quota,project` while the file system is not mounted, then the mount option"
        }
        _ => "neither; give a --root that is",
    }
}

#[cfg(test)]
mod tests {
    use corten_spec::id::ContainerId;

    use super::*;

    #[test]
    fn projects_stay_in_their_range_wherever_the_search_begins() {
        for somewhere in [0, 1, u32::MAX / 2, u32::MAX - 1, u32::MAX] {
            let found: Vec<u32> = candidates(somewhere).collect();
            assert!(found.iter().all(|project| PROJECTS.contains(project)), "{somewhere}: {found:?}");
            assert!(found.windows(2).all(|pair| pair[0] != pair[1]));
        }
    }

    #[test]
    fn only_a_plain_limit_without_files_is_left_over() {
        let left = Usage { limit: 1 << 20, ..Usage::default() };
        assert!(is_left_over(&left));
        for other in [
            Usage { limit: 0, ..left },
            Usage { inodes: 1, ..left },
            Usage { bytes: 512, ..left },
            Usage { is_limited_otherwise: true, ..left },
        ] {
            assert!(!is_left_over(&other), "{other:?}");
        }
    }

    #[test]
    fn what_a_file_system_lacks_is_said_of_the_directory() {
        let root = tempfile::Builder::new().tempdir_in("/dev/shm").unwrap();
        let files = ContainerFiles::prepare(root.path(), &ContainerId::from_bytes([7; 32])).unwrap();
        let refused = files.limit(1 << 20, 7).unwrap_err().to_string();
        let directory = root.path().join("containers");
        assert_eq!(
            refused,
            format!(
                "--storage-opt is supported only for overlay over xfs with 'pquota' mount option or over ext4 with 'prjquota': `{}` is \
                 on neither; give a --root that is",
                directory.display()
            )
        );
        assert_eq!(files.limited_to().unwrap(), None);
        assert_eq!(ContainerFiles::forget_limits(root.path()).unwrap(), 0);
    }
}
