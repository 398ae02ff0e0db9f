//! What can fail while networks are made.

use std::io;
use std::path::PathBuf;

use corten_netlink::{LinkName, NetlinkError};

/// A failed operation on a network.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// The kernel refused a change or a question.
    #[error("{operation}")]
    Netlink {
        /// What was to be done, with its object.
        operation: String,
        /// Why not.
        #[source]
        source: NetlinkError,
    },
    /// A setting of the kernel's could not be read or written.
    #[error("{verb} `{}`", path.display())]
    Setting {
        /// `read`, `write` or `list`.
        verb: &'static str,
        /// Below `/proc/sys`.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The name of a segment's bridge belongs to something else.
    #[error("interface `{name}` exists and is no bridge")]
    NotABridge {
        /// The interface.
        name: String,
    },
    /// An interface that was just made is not there.
    #[error("interface `{0}` has vanished")]
    Vanished(&'static str),
    /// A cable that does not lead to the bridge it was laid to: the bridge has been removed since.
    #[error("`{0}` has lost its bridge")]
    Unplugged(LinkName),
    /// A subnet too small for a bridge and somebody on it.
    #[error("subnet {0} has no room for a bridge")]
    TooSmall(corten_spec::subnet::Subnet),
}

/// For `map_err`.
pub(crate) fn doing<S: Into<String>>(
    operation: impl FnOnce() -> S,
) -> impl FnOnce(NetlinkError) -> NetworkError {
    |source| NetworkError::Netlink { operation: operation().into(), source }
}
