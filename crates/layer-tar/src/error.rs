//! What can go wrong with an archive or with the place that it is unpacked to.
//!
//! It does not say which layer of which image it was; the caller knows that.

use std::io;
use std::path::PathBuf;

use corten_error::{Classified, Kind};
use rustix::io::Errno;

/// A failed step of reading or unpacking an archive. Paths are those in the archive, with anything unprintable replaced.
#[derive(Debug, thiserror::Error)]
pub enum LayerTarError {
    /// The stream that the archive comes from failed.
    #[error("cannot read the archive at byte {position}")]
    Read {
        /// How far it had been read.
        position: u64,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The archive ends inside an entry.
    #[error("the archive ends unexpectedly at byte {position}")]
    Truncated {
        /// Its length.
        position: u64,
    },
    /// A header that is none: bad checksum, bad number, bad record.
    #[error("invalid tar header before byte {position}: {problem}")]
    Header {
        /// Where the header ends.
        position: u64,
        /// What is wrong.
        problem: &'static str,
    },
    /// Something that tar knows and this reader does not.
    #[error("entry `{path}` is not supported: {what}")]
    Unsupported {
        /// The entry.
        path: String,
        /// What it uses.
        what: String,
    },
    /// The archive asks for more than [`crate::Limits`] allow.
    #[error("too many {}: {}, and at most {} are allowed", .0.what, .0.value, .0.limit)]
    Limit(LimitOf),
    /// A path with more components than [`crate::Limits::depth`].
    #[error("path `{path}` is too deep: it has {depth} components, and at most {limit} are allowed")]
    Depth {
        /// The path.
        path: String,
        /// Its components, links followed.
        depth: usize,
        /// The allowed number.
        limit: usize,
    },
    /// The map of a sparse file makes no sense.
    #[error("cannot read the map of sparse file `{path}`: {problem}")]
    Sparse {
        /// The file.
        path: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// A path that cannot be one inside a layer.
    #[error("invalid path `{path}`: {problem}")]
    Path {
        /// The path.
        path: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// A path that leads out of what is unpacked into, by words alone.
    #[error("invalid path `{path}`: it leads out of the layer")]
    Outside {
        /// The path.
        path: String,
    },
    /// A parent of an entry is neither a directory nor a link to one.
    #[error("cannot place `{path}`: a parent is not a directory")]
    Parent {
        /// The parent.
        path: String,
    },
    /// A hard link to something that neither this layer nor a lower one has.
    #[error("cannot link `{path}` to `{target}`: there is no such file")]
    LinkTarget {
        /// The entry.
        path: String,
        /// What it names.
        target: String,
    },
    /// What the layer means depends on the layers below it, and they were not given.
    #[error("the layer cannot be unpacked without the layers below it: `{path}` is theirs")]
    NeedsLowers {
        /// The first path that needs them.
        path: String,
    },
    /// The place to unpack to cannot be used.
    #[error("cannot unpack into `{}`", path.display())]
    Destination {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: Errno,
    },
    /// The place to pack from cannot be used.
    #[error("cannot pack `{}`", path.display())]
    Source {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: Errno,
    },
    /// Whoever takes the archive does not take it, or a name is none that an archive can hold.
    #[error("cannot write the archive")]
    Write(#[source] io::Error),
    /// Whoever takes the file index does not take it.
    #[error("cannot write the file index")]
    Record(#[source] io::Error),
    /// A lower layer cannot be read.
    #[error("cannot read `{path}` in a lower layer")]
    Lower {
        /// The path in it.
        path: String,
        /// Why.
        #[source]
        source: Errno,
    },
    /// A system call on an object of the layer failed.
    #[error("cannot {verb} `{path}`")]
    Object {
        /// What was tried.
        verb: &'static str,
        /// The object.
        path: String,
        /// Why.
        #[source]
        source: Errno,
    },
    /// A directory would replace something else, or be replaced by it, and that is not wanted.
    #[error("cannot replace `{path}`: only one of the two is a directory")]
    Exchange {
        /// Where.
        path: String,
        /// The archive has a directory, and the destination something else.
        by_directory: bool,
    },
    /// The owner of an entry has no id in the user namespace of the tree.
    #[error("cannot give `{path}` to user {uid} and group {gid}: the user namespace does not have them")]
    NoSuchOwner {
        /// The entry.
        path: String,
        /// Its user.
        uid: u32,
        /// Its group.
        gid: u32,
    },
    /// An object that a later entry replaces could not be removed.
    #[error("cannot replace `{path}`")]
    Replace {
        /// The object.
        path: String,
        /// Why.
        #[source]
        source: corten_tree::TreeError,
    },
}

/// A bound, and what goes over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitOf {
    /// What is counted.
    pub what: &'static str,
    /// How many there are, as far as they were counted.
    pub value: u64,
    /// How many there may be.
    pub limit: u64,
}

impl Classified for LayerTarError {
    fn kind(&self) -> Kind {
        match self {
            Self::Truncated { .. }
            | Self::Header { .. }
            | Self::Limit(_)
            | Self::Depth { .. }
            | Self::Sparse { .. }
            | Self::Path { .. }
            | Self::Outside { .. }
            | Self::Parent { .. }
            | Self::LinkTarget { .. }
            | Self::NoSuchOwner { .. } => Kind::Invalid,
            Self::Read { source, .. } if source.kind() == io::ErrorKind::InvalidData => Kind::Invalid,
            Self::Unsupported { .. } => Kind::NotImplemented,
            Self::Read { .. }
            | Self::NeedsLowers { .. }
            | Self::Destination { .. }
            | Self::Source { .. }
            | Self::Write(_)
            | Self::Record(_)
            | Self::Lower { .. }
            | Self::Object { .. }
            | Self::Exchange { .. }
            | Self::Replace { .. } => Kind::Internal,
        }
    }
}

impl LayerTarError {
    /// What Docker says of an archive that is extracted into the directory `at`, where it says something of its own.
    #[must_use]
    pub fn in_dockers_words(&self, at: &str) -> Option<String> {
        match self {
            Self::Truncated { .. } => Some("unexpected EOF".to_owned()),
            Self::Outside { path } => Some(format!("\"{path}\" is outside of \"{at}\"")),
            Self::Exchange { path, by_directory } => {
                let (there, new) = if *by_directory {
                    ("non-directory", "directory")
                } else {
                    ("directory", "non-directory")
                };
                let separator = if at.ends_with('/') { "" } else { "/" };
                Some(format!("cannot overwrite {there} \"{at}{separator}{path}\" with {new} \"{at}\""))
            }
            _ => None,
        }
    }
}

/// A path of an archive for an error text.
pub(crate) fn shown(path: &[u8]) -> String {
    if path.is_empty() { "/".to_owned() } else { String::from_utf8_lossy(path).escape_debug().to_string() }
}
