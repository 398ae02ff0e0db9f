//! What can go wrong between a command and the engine.

use corten_error::{Classified, Kind};
use http::StatusCode;

/// A failed operation of the Engine API; where Docker has a text for it, `Display` is that text.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing answers at the address.
    #[error("Cannot connect to the Docker daemon at {address}. Is the docker daemon running?")]
    Connect {
        /// As [`Connector::address`](crate::Connector::address) tells it.
        address: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The engine refused, with a message for the user.
    #[error("Error response from daemon: {message}")]
    Server {
        /// HTTP status, 400 and up.
        status: StatusCode,
        /// The engine's words.
        message: String,
    },
    /// The connection broke, or what came was not HTTP.
    #[error("error during connect: {request}")]
    Transport {
        /// Method and path.
        request: String,
        /// Why.
        #[source]
        source: hyper::Error,
    },
    /// The request could not be written down as HTTP.
    #[error("cannot make a request of `{request}`")]
    Request {
        /// Method and path.
        request: String,
        /// Why.
        #[source]
        source: http::Error,
    },
    /// The answer is not the JSON that the API promises.
    #[error("cannot read the answer to `{request}`")]
    Decode {
        /// Method and path.
        request: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The engine answered a request for a stream with something else.
    #[error("unable to upgrade to tcp, received {status}")]
    NotUpgraded {
        /// HTTP status.
        status: StatusCode,
    },
    /// A stream broke while it was read.
    #[error("cannot read the stream of `{request}`")]
    Stream {
        /// Method and path.
        request: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A stream of frames has a frame of an unknown kind.
    #[error("Unrecognized input header: {kind}")]
    UnknownFrame {
        /// The first byte of the header.
        kind: u8,
    },
    /// The engine reported a failure inside a stream of frames.
    #[error("error from daemon in stream: {message}")]
    InStream {
        /// The engine's words.
        message: String,
    },
    /// The engine ended a stream before it told the result.
    #[error("the answer to `{request}` ended before its result")]
    EndedEarly {
        /// Method and path.
        request: String,
    },
}

impl Error {
    /// Whether the engine said that the object does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Server { status, .. } if *status == StatusCode::NOT_FOUND)
    }

    /// Whether there is no engine at all.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Connect { .. })
    }
}

impl Classified for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::Connect { .. } => Kind::Unavailable,
            Self::Server { status, .. } => match status.as_u16() {
                400 => Kind::Invalid,
                401 => Kind::Unauthorized,
                403 => Kind::Forbidden,
                404 => Kind::NotFound,
                409 => Kind::Conflict,
                501 => Kind::NotImplemented,
                503 => Kind::Unavailable,
                _ => Kind::Internal,
            },
            _ => Kind::Internal,
        }
    }
}
