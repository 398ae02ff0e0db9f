//! What can go wrong before the new process exists. What goes wrong in it is a [`StartFailure`](crate::StartFailure).
//!
//! It formats nothing for a terminal.

use std::io;
use std::path::PathBuf;

use corten_error::{Classified, Kind};

use crate::failure::StartFailure;

/// A start that was refused or failed before there was a process.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The configuration asks for something that this runtime does not do.
    #[error("`{feature}` is not supported{detail}")]
    Unsupported {
        /// The field or the value, as the configuration names it.
        feature: String,
        /// What of it, beginning with a blank or a colon; may be empty.
        detail: String,
    },
    /// The configuration contradicts itself or the specification.
    #[error("invalid configuration: {reason}")]
    Invalid {
        /// What is wrong with which value.
        reason: String,
    },
    /// The container's cgroup could not be made.
    #[error("cannot create cgroup `{path}`")]
    CreateCgroup {
        /// Within every hierarchy.
        path: String,
        /// Why.
        #[source]
        cause: corten_cgroups::CgroupsError,
    },
    /// The container's cgroup could not be opened for joining.
    #[error("cannot open cgroup `{path}`")]
    OpenCgroup {
        /// Within every hierarchy.
        path: String,
        /// Why.
        #[source]
        cause: corten_cgroups::CgroupsError,
    },
    /// The filter of system calls could not be compiled.
    #[error("cannot compile the seccomp filter")]
    CompileFilter(#[source] corten_seccomp::SeccompError),
    /// A compiled filter could not be read.
    #[error("cannot read seccomp program `{path}`")]
    ReadFilter {
        /// Where it should be.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// What the new process has to find ready could not be made so.
    #[error("cannot start the container")]
    Prepare(#[source] StartFailure),
    /// The files of a container could not be had from outside.
    #[error("cannot reach the container's files")]
    Visit(#[source] StartFailure),
    /// A system call on the way to the new process failed.
    #[error("cannot {operation}")]
    System {
        /// Verb and operand.
        operation: String,
        /// Why.
        #[source]
        cause: io::Error,
    },
}

impl RuntimeError {
    pub(crate) fn unsupported(feature: impl Into<String>) -> Self {
        Self::Unsupported { feature: feature.into(), detail: String::new() }
    }

    pub(crate) fn invalid(reason: impl Into<String>) -> Self {
        Self::Invalid { reason: reason.into() }
    }

    /// For `map_err`: names what was being done when a system call failed.
    pub(crate) fn system<E: Into<io::Error>>(operation: impl Into<String>) -> impl FnOnce(E) -> Self {
        let operation = operation.into();
        move |cause| Self::System { operation, cause: cause.into() }
    }
}

impl Classified for RuntimeError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unsupported { .. } => Kind::NotImplemented,
            Self::Invalid { .. } | Self::CompileFilter(_) => Kind::Invalid,
            Self::CreateCgroup { cause, .. } | Self::OpenCgroup { cause, .. } => cause.kind(),
            Self::ReadFilter { .. } | Self::Prepare(_) | Self::Visit(_) | Self::System { .. } => {
                Kind::Internal
            }
        }
    }
}
