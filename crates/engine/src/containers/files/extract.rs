//! An archive put into a container.

use std::io::Read;
use std::os::fd::{AsRawFd as _, OwnedFd};

use corten_images::decompressed;
use corten_layer_tar::{Extraction, LayerTarError, Limits, Owner, extract};
use corten_spec::passwd;
use rustix::fs::{FileType, Mode, OFlags, StatVfsMountFlags, fstat, fstatvfs, open};
use rustix::io::Errno;

use super::go_path;
use super::link_target::evaluate;
use super::owners::mount_of;
use super::reach::Files;
use crate::containers::{Containers, Inner};
use crate::error::EngineError;
use crate::task::blocking;

/// The largest `/etc/passwd` that is read: a hundred thousand users.
const LARGEST_FILE: u64 = 16 << 20;

/// Where an archive goes.
#[derive(Debug, Clone, Default)]
pub struct ExtractRequest {
    /// Into which container.
    pub container: String,
    /// Into which of its directories.
    pub path: String,
    /// Nothing replaces a directory but a directory, and the other way round.
    pub no_overwrite_dir_non_dir: bool,
    /// All of it is to belong to the container's user, where it has one.
    pub copy_uid_gid: bool,
}

impl Containers {
    /// Extracts an archive (plain, gzip or zstd); blocks in it, so it is given a thread of its own.
    ///
    /// # Errors
    /// Not found: the container, or the directory; something else than a directory there; a place that is read-only; an archive that is
    /// none. What was extracted before stays, but for the file in whose middle it broke off.
    pub async fn extract<R: Read + Send + 'static>(
        &self,
        archive: R,
        request: ExtractRequest,
    ) -> Result<(), EngineError> {
        let inner = self.inner.clone();
        blocking(move || inner.extract(archive, &request)).await
    }
}

impl Inner {
    fn extract(&self, archive: impl Read + Send, request: &ExtractRequest) -> Result<(), EngineError> {
        self.with_files(&request.container, |container, files| {
            let path = go_path::absolute(&request.path);
            let at = place(files, &path, &request.path)?;
            let user = container.config.user.as_str();
            let owner = (request.copy_uid_gid && !user.is_empty()).then(|| owner(files, user)).transpose()?;
            let extraction = Extraction {
                root: files.root,
                at: &at,
                refuse_outward_links: false,
                refuse_exchange: request.no_overwrite_dir_non_dir,
                owner,
                rename: None,
                owners: Some(&files.owners),
            };
            let archive = decompressed(archive)?;
            extract(archive, extraction, &Limits::default()).map_err(|error| in_dockers_words(error, &at))?;
            self.tell(container, "extract-to-dir", [].into())
        })
    }
}

/// The directory to extract into, links resolved: one that is there and may be written to.
fn place(files: &Files<'_>, path: &str, asked: &str) -> Result<Vec<u8>, EngineError> {
    let failed = |error| files.failed("lstat", asked, error);
    let directory = match files.open(path.as_bytes(), OFlags::PATH | OFlags::DIRECTORY) {
        Err(Errno::NOTDIR) if files.open(path.trim_end_matches('/').as_bytes(), OFlags::PATH).is_ok() => {
            return Err(EngineError::Invalid("extraction point is not a directory".to_owned()));
        }
        opened => opened.map_err(failed)?,
    };
    refuse_read_only(files, &directory).map_err(failed)??;
    evaluate(files, path)
}

/// The kernel knows it best, for the root as for whatever is mounted there.
fn refuse_read_only(files: &Files<'_>, directory: &OwnedFd) -> rustix::io::Result<Result<(), EngineError>> {
    if !fstatvfs(directory)?.f_flag.contains(StatVfsMountFlags::RDONLY) {
        return Ok(Ok(()));
    }
    let what = match mount_of(directory) == mount_of(files.root) {
        true => "container rootfs is marked read-only",
        false => "mounted volume is marked read-only",
    };
    Ok(Err(EngineError::Invalid(what.to_owned())))
}

/// The container's user, by its own files: what is called for on the host could be anybody (CVE-2019-14271 loaded a library for it).
fn owner(files: &Files<'_>, user: &str) -> Result<Owner, EngineError> {
    let invalid = |error: &dyn std::fmt::Display| EngineError::Invalid(error.to_string());
    let spec = user.parse().map_err(|error: corten_spec::user::IdOutOfRange| invalid(&error))?;
    let (users, groups) = (read(files, "/etc/passwd")?, read(files, "/etc/group")?);
    let account = passwd::account(&spec, &[], &users, &groups).map_err(|error| invalid(&error))?;
    Ok(Owner { uid: account.uid, gid: account.gid })
}

/// A small file of the container's; one that is none, or is not there, is empty.
fn read(files: &Files<'_>, path: &str) -> Result<String, EngineError> {
    let failed = |error| files.failed("open", path, error);
    let object = match files.open(path.as_bytes(), OFlags::PATH) {
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(String::new()),
        opened => opened.map_err(failed)?,
    };
    let kind = FileType::from_raw_mode(fstat(&object).map_err(failed)?.st_mode);
    if kind != FileType::RegularFile {
        return Err(EngineError::Invalid(format!("`{path}` of the container is not a regular file")));
    }
    // The very file that was looked at: what has its name by now may be a pipe or a device.
    let itself = format!("/proc/self/fd/{}", object.as_raw_fd());
    let file = open(itself, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).map_err(failed)?;
    let mut bytes = Vec::new();
    let source = std::fs::File::from(file).take(LARGEST_FILE).read_to_end(&mut bytes);
    source.map_err(|source| EngineError::ContainerPath { verb: "read", path: path.into(), source })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn in_dockers_words(error: LayerTarError, at: &[u8]) -> EngineError {
    let words = error.in_dockers_words(&String::from_utf8_lossy(at));
    words.map_or_else(|| error.into(), EngineError::Extract)
}
