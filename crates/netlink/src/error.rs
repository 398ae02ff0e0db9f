//! What can go wrong between this process and the kernel.

use std::io;

use corten_error::{Classified, Kind};
use rustix::io::Errno;
use thiserror::Error;

use crate::attribute::Malformed;
use crate::reply::Refusal;

/// Something could not be asked of the kernel's network, or it refused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NetlinkError {
    /// No interface can have that name.
    #[error("invalid interface name `{name}`")]
    Name {
        /// As it was given.
        name: String,
    },
    /// The kernel refused one thing that was asked of it.
    #[error("cannot {operation}")]
    Refused {
        /// What, and on which object.
        operation: String,
        /// Its error number and its words.
        #[source]
        source: Refusal,
    },
    /// Something does not fit into a message.
    #[error("cannot {operation}: it is too long for a netlink message")]
    TooLong {
        /// What, and on which object.
        operation: String,
    },
    /// A call on the socket failed.
    #[error("{call} of a netlink socket")]
    Socket {
        /// Which one.
        call: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A network namespace could not be made or entered.
    #[error("cannot {operation} a network namespace")]
    Namespace {
        /// What was tried.
        operation: &'static str,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Something arrived that is not what the kernel documents.
    #[error("cannot {operation}")]
    Malformed {
        /// What was asked.
        operation: &'static str,
        /// What is wrong.
        #[source]
        source: Malformed,
    },
    /// What was to be listed changed again and again meanwhile.
    #[error("cannot {operation}: it keeps changing")]
    Unsteady {
        /// What was asked.
        operation: &'static str,
    },
    /// The kernel's own answer did not come in time.
    #[error("the kernel does not answer a netlink request")]
    Silent,
    /// Answers were lost because more arrived than the socket holds.
    #[error("netlink messages were lost")]
    Lost,
}

impl NetlinkError {
    /// The kernel's error number, where it is the kernel that refused.
    pub fn errno(&self) -> Option<Errno> {
        match self {
            Self::Refused { source, .. } => Some(Errno::from_raw_os_error(source.errno)),
            _ => None,
        }
    }

    pub(crate) fn socket(call: &'static str) -> impl FnOnce(Errno) -> Self {
        move |errno| Self::Socket { call, source: errno.into() }
    }
}

impl Classified for NetlinkError {
    fn kind(&self) -> Kind {
        match self.errno() {
            Some(Errno::NOENT | Errno::NODEV | Errno::SRCH | Errno::ADDRNOTAVAIL) => return Kind::NotFound,
            Some(Errno::EXIST) => return Kind::AlreadyExists,
            Some(Errno::BUSY) => return Kind::Conflict,
            Some(Errno::PERM) => return Kind::Forbidden,
            Some(Errno::OPNOTSUPP) => return Kind::NotImplemented,
            _ => {}
        }
        match self {
            Self::Name { .. } | Self::TooLong { .. } => Kind::Invalid,
            _ => Kind::Internal,
        }
    }
}
