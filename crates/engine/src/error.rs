//! What can go wrong in a service of the engine: the failed operation with its operands, and its kind.
//!
//! Texts that scripts can see are Docker's.

use std::io;
use std::path::PathBuf;

use corten_error::{Classified, Kind};
use corten_journal::Record;
use thiserror::Error;

/// A failed operation of the engine.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A directory could not be made.
    #[error("make directory `{}`", path.display())]
    MakeDirectory {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A directory could not be opened.
    #[error("open directory `{}`", path.display())]
    OpenDirectory {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What something takes on the disk could not be found out.
    #[error(transparent)]
    Measure(corten_tree::TreeError),
    /// A file could not be read.
    #[error("read `{}`", path.display())]
    ReadFile {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("write `{}`", path.display())]
    WriteFile {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A request that makes no sense, in words that name the field and the value.
    #[error("{0}")]
    Invalid(String),
    /// A request that is understood and not built.
    #[error("{0}")]
    NotImplemented(String),
    /// A request that the object's present state forbids.
    #[error("{0}")]
    Conflict(String),
    /// A request that nobody may make.
    #[error("{0}")]
    Forbidden(String),
    /// Nothing has that name.
    #[error("{0}")]
    NotFound(String),
    /// A registry does not let somebody do something, in Docker's words.
    #[error("{words}")]
    Refused {
        /// What it, or its client, says.
        words: String,
        /// What sort of refusal it is.
        kind: Kind,
    },
    /// A port of a container cannot be published, in Docker's words.
    #[error("{0}")]
    NotPublished(String),
    /// The process of a container, or of a session in it, could not be started.
    #[error("{message}")]
    StartFailed {
        /// 126, 127 or 128.
        exit_code: i32,
        /// What failed, in Docker's words.
        message: String,
    },
    /// A monitor that somebody has stopped would never answer.
    #[error(
        "cannot {operation} container {id}: its monitor (process {pid}) is stopped; `kill -CONT {pid}` lets it go on, SIGKILL to \
         the container ends both"
    )]
    MonitorStopped {
        /// What it was to do.
        operation: &'static str,
        /// Of which container.
        id: String,
        /// The monitor.
        pid: u32,
    },
    /// A monitor was asked and did not answer.
    #[error("cannot {operation} container {id}")]
    Asking {
        /// What it was to do.
        operation: &'static str,
        /// Of which container.
        id: String,
        /// Why it did not.
        source: corten_monitor::client::ClientError,
    },
    /// The limits of a container could not be changed.
    #[error("Cannot update container {id}")]
    Update {
        /// Which container.
        id: String,
        /// Why not.
        source: Box<EngineError>,
    },
    /// A container did not get its network; the words are Docker's.
    #[error("failed to set up container networking")]
    Networking(#[source] Box<EngineError>),
    /// Something took longer than it may.
    #[error("{operation} of container {id} took longer than {seconds} s")]
    TimedOut {
        /// What.
        operation: &'static str,
        /// Of which container.
        id: String,
        /// How long was waited.
        seconds: u64,
    },
    /// A record of the engine's in the database does not parse.
    #[error("the record of container {id} in the database is damaged")]
    DamagedRecord {
        /// Of which container.
        id: String,
        /// Where it does not parse.
        source: serde_json::Error,
    },
    /// The record of a volume in the database does not parse.
    #[error("the record of volume {name} in the database is damaged")]
    DamagedVolume {
        /// Of which volume.
        name: String,
        /// Where it does not parse.
        source: serde_json::Error,
    },
    /// A task of the engine ended without a result.
    #[error("a task of the engine was cancelled")]
    TaskCancelled,
    /// The kernel's random numbers were refused.
    #[error("read random bytes")]
    Random(#[source] io::Error),
    /// The system was asked something and refused.
    #[error("{operation}")]
    System {
        /// What was asked, with its operand.
        operation: String,
        /// Why not.
        source: io::Error,
    },
    /// A path of a container cannot be had.
    #[error("{verb} {}", path.display())]
    ContainerPath {
        /// The system call, as Go calls it.
        verb: &'static str,
        /// Inside.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A container cannot be linked to, in Docker's words.
    #[error("Cannot link to {0}")]
    CannotLink(String),
    /// What was to be removed is a container's own name and no link's, in Docker's words.
    #[error("Conflict, cannot remove the default link name of the container")]
    DefaultLinkName,
    /// A path of a container leads through too many links, in Docker's words.
    #[error("evalSymlinksInScope: too many links in {0}")]
    TooManyLinks(String),
    /// An archive could not be extracted into a container, in Docker's words.
    #[error("{0}")]
    Extract(String),
    /// The files of a container cannot be reached.
    #[error(transparent)]
    Visit(corten_runtime::RuntimeError),
    /// The database.
    #[error(transparent)]
    State(#[from] corten_state::StateError),
    /// A journal, a lock or the event file.
    #[error(transparent)]
    Journal(#[from] corten_journal::JournalError),
    /// The image store.
    #[error(transparent)]
    Images(#[from] corten_images::ImagesError),
    /// The files of a container cannot be packed.
    #[error(transparent)]
    Pack(#[from] corten_layer_tar::LayerTarError),
    /// The content store.
    #[error(transparent)]
    Content(#[from] corten_content::ContentError),
    /// A container's files.
    #[error(transparent)]
    Snapshots(#[from] corten_snapshots::SnapshotsError),
    /// A monitor.
    #[error(transparent)]
    Monitor(#[from] corten_monitor::client::ClientError),
    /// Control groups.
    #[error(transparent)]
    Cgroup(#[from] corten_cgroups::CgroupsError),
    /// A seccomp profile.
    #[error(transparent)]
    Seccomp(#[from] corten_seccomp::SeccompError),
    /// A network.
    #[error(transparent)]
    Network(#[from] corten_network::NetworkError),
    /// The files of a volume.
    #[error(transparent)]
    Volumes(#[from] corten_volumes::VolumesError),
    /// A log.
    #[error(transparent)]
    Logs(#[from] corten_logs::LogError),
}

impl EngineError {
    /// Whether a journal or a record is damaged, so that nobody knows what became of its container.
    pub(crate) fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::Journal(corten_journal::JournalError::Damaged { .. }) | Self::DamagedRecord { .. }
        )
    }

    /// Whether the state of what is asked for forbids it, and not that something failed.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self.kind(), Kind::NotFound | Kind::Conflict | Kind::Forbidden)
    }

    /// Whether the disk is full.
    pub(crate) fn is_full_disk(&self) -> bool {
        match self {
            Self::State(error) | Self::Images(corten_images::ImagesError::State(error)) => {
                error.is_full_disk()
            }
            Self::Volumes(error) => error.is_full_disk(),
            Self::Networking(error) => error.is_full_disk(),
            _ => std::iter::successors(std::error::Error::source(self), |error| error.source())
                .filter_map(|error| error.downcast_ref::<io::Error>())
                .any(|error| error.kind() == io::ErrorKind::StorageFull),
        }
    }

    /// Whether what failed to start with this may start later: its command is not at fault, and nothing is gone that it needs.
    pub(crate) fn may_pass(&self) -> bool {
        let blames_command =
            matches!(self, Self::StartFailed { exit_code, .. } if Record::blames_command(*exit_code));
        self.kind() != Kind::NotFound && !blames_command
    }
}

impl Classified for EngineError {
    fn kind(&self) -> Kind {
        match self {
            Self::Invalid(_) => Kind::Invalid,
            Self::NotImplemented(_) => Kind::NotImplemented,
            Self::Conflict(_) => Kind::Conflict,
            Self::Forbidden(_) => Kind::Forbidden,
            Self::NotFound(_) => Kind::NotFound,
            Self::Refused { kind, .. } => *kind,
            Self::StartFailed { exit_code, .. } if Record::blames_command(*exit_code) => Kind::Invalid,
            Self::Update { source, .. } | Self::Networking(source) => source.kind(),
            Self::State(error) => error.kind(),
            Self::Images(error) => error.kind(),
            Self::Monitor(error) | Self::Asking { source: error, .. } => error.kind(),
            Self::MonitorStopped { .. } => Kind::Unavailable,
            Self::Journal(error) => error.kind(),
            Self::Content(error) => error.kind(),
            Self::Pack(error) => error.kind(),
            Self::Snapshots(error) => error.kind(),
            Self::Volumes(error) => error.kind(),
            Self::Logs(error) => error.kind(),
            Self::Cgroup(error) => error.kind(),
            Self::TaskCancelled => Kind::Cancelled,
            Self::TimedOut { .. } => Kind::Unavailable,
            _ => Kind::Internal,
        }
    }
}
