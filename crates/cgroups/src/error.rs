//! What can go wrong with cgroups.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use corten_error::{Classified, Kind};
use thiserror::Error;

use crate::controller::Controller;
use crate::file;

/// An operation on cgroups failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CgroupsError {
    /// A path that is no list of plain names.
    #[error("invalid cgroup path `{path}`")]
    Path {
        /// As it was given.
        path: String,
    },
    /// No hierarchy is mounted.
    #[error("no cgroup file system is mounted")]
    NotMounted,
    /// A file could not be opened, read or written, a directory not made or removed.
    #[error("{verb} `{path}`")]
    File {
        /// What was tried.
        verb: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The kernel did not take a value.
    #[error("write `{value}` to `{path}`")]
    Write {
        /// The value.
        value: String,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file does not contain what the kernel documents.
    #[error("unexpected content of `{path}`: `{content}`")]
    Content {
        /// The file.
        path: PathBuf,
        /// What it says.
        content: String,
    },
    /// A limit needs a controller that no hierarchy offers here.
    #[error("cannot limit {limit}: cgroup controller `{controller}` is not available")]
    NoController {
        /// What was to be limited.
        limit: &'static str,
        /// The controller.
        controller: Controller,
    },
    /// A limit that this version of cgroups, or this kernel, does not have.
    #[error("cannot set {limit}: {reason}")]
    Unsupported {
        /// What was to be limited.
        limit: String,
        /// Why that is impossible.
        reason: &'static str,
    },
    /// A value that makes no sense. The text is runc's where it has one.
    #[error("{0}")]
    Value(String),
    /// More is in use than the new limit. The text is runc's.
    #[error("unable to set memory limit to {limit} (current usage: {usage}, peak usage: {peak})")]
    MemoryInUse {
        /// Bytes asked for.
        limit: i64,
        /// Bytes in use.
        usage: u64,
        /// Most bytes that were ever in use.
        peak: u64,
    },
    /// The kernel refused a change of several limits, and one of those that it had accepted before cannot be taken back.
    #[error("{refused} (and `{value}`, which was there before, cannot be written back to `{path}`)")]
    NotPutBack {
        /// Why the change was to be taken back.
        refused: Box<CgroupsError>,
        /// What was there before.
        value: String,
        /// The file.
        path: PathBuf,
        /// Why it cannot be written.
        #[source]
        source: io::Error,
    },
    /// A device program could not be loaded or attached.
    #[error("{verb} the device program of cgroup `{path}`")]
    Program {
        /// What was tried.
        verb: &'static str,
        /// The cgroup's directory.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// It did not happen in time.
    #[error("cgroup `{path}` is not {state} after {patience:?}")]
    Late {
        /// The cgroup's directory.
        path: PathBuf,
        /// What was waited for.
        state: &'static str,
        /// How long.
        patience: Duration,
    },
}

impl CgroupsError {
    pub(crate) fn file(
        verb: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> CgroupsError {
        let path = path.into();
        move |source| CgroupsError::File { verb, path, source }
    }
}

impl Classified for CgroupsError {
    fn kind(&self) -> Kind {
        match self {
            CgroupsError::Path { .. } | CgroupsError::Value(_) => Kind::Invalid,
            CgroupsError::NotMounted
            | CgroupsError::NoController { .. }
            | CgroupsError::Unsupported { .. } => Kind::NotImplemented,
            CgroupsError::MemoryInUse { .. } => Kind::Conflict,
            CgroupsError::Late { .. } => Kind::Unavailable,
            CgroupsError::File { source, .. }
            | CgroupsError::Write { source, .. }
            | CgroupsError::Program { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => Kind::NotFound,
                _ if file::is_gone(source) => Kind::NotFound,
                io::ErrorKind::PermissionDenied => Kind::Forbidden,
                io::ErrorKind::InvalidInput => Kind::Invalid,
                _ => Kind::Internal,
            },
            CgroupsError::NotPutBack { refused, .. } => refused.kind(),
            CgroupsError::Content { .. } => Kind::Internal,
        }
    }
}
