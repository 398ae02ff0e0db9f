//! What can go wrong with blobs.
//!
//! It does not say whose blob it was; the caller knows the image.

use std::path::PathBuf;

use corten_error::{Classified, Kind};
use corten_spec::digest::Digest;
use rustix::io::Errno;

/// A failed operation on the store or on a blob.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// A system call on a file of the store failed.
    #[error("cannot {verb} `{}`", path.display())]
    File {
        /// What was tried.
        verb: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: Errno,
    },
    /// There is no such blob.
    #[error("there is no content `{digest}`")]
    Absent {
        /// Its digest.
        digest: Digest,
    },
    /// What came is not what was announced.
    #[error("content `{expected}` has digest `{actual}`")]
    Digest {
        /// The announced digest.
        expected: Digest,
        /// That of the bytes.
        actual: Digest,
    },
    /// More or less came than was announced.
    #[error("content has {actual} bytes instead of {expected}")]
    Size {
        /// The announced size.
        expected: u64,
        /// What came, or the first number above the expected.
        actual: u64,
    },
    /// A document is larger than anything that makes sense.
    #[error("content `{digest}` has {size} bytes, more than {limit}")]
    TooLarge {
        /// Its digest.
        digest: Digest,
        /// Its size.
        size: u64,
        /// The most that the caller takes.
        limit: u64,
    },
}

impl ContentError {
    pub(crate) fn file(verb: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(Errno) -> Self {
        let path = path.into();
        move |source| Self::File { verb, path, source }
    }
}

impl Classified for ContentError {
    fn kind(&self) -> Kind {
        match self {
            Self::File { .. } => Kind::Internal,
            Self::Absent { .. } => Kind::NotFound,
            Self::Digest { .. } | Self::Size { .. } | Self::TooLarge { .. } => Kind::Invalid,
        }
    }
}
