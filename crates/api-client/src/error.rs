//! What can go wrong between a command and the engine.

use std::io::{self, ErrorKind};

use corten_error::{Classified, Kind};
use http::StatusCode;
use rustls::AlertDescription;

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
        source: io::Error,
    },
    /// The socket is there and not for us.
    #[error("permission denied while trying to connect to the Docker daemon socket at {address}")]
    Denied {
        /// As [`Connector::address`](crate::Connector::address) tells it.
        address: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is no way to the engine: no such host, no agreement on TLS, a program that failed.
    #[error("error during connect: {request}")]
    NoWay {
        /// Method and path.
        request: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The engine wants to know who we are, and does not know us by what we show.
    #[error(
        "the server probably has client authentication (--tlsverify) enabled; check your TLS client certification settings: {request}"
    )]
    UnknownToServer {
        /// Method and path.
        request: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What came is not HTTP: TLS, for one.
    #[error(
        "error during connect: {request}: {reason}.\n* Are you trying to connect to a TLS-enabled daemon without TLS?"
    )]
    NotHttp {
        /// Method and path.
        request: String,
        /// Why; not a source, since a line follows it.
        reason: hyper::Error,
    },
    /// The engine refused, with a message for the user.
    #[error("Error response from daemon: {message}")]
    Server {
        /// HTTP status, 400 and up.
        status: StatusCode,
        /// The engine's words.
        message: String,
    },
    /// The connection broke.
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
        source: io::Error,
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
        matches!(
            self,
            Self::Connect { .. } | Self::Denied { .. } | Self::NoWay { .. } | Self::UnknownToServer { .. }
        )
    }
}

/// Why there is no connection to `address`, for the request that wanted one.
pub(crate) fn unreachable(request: &str, address: &str, source: io::Error) -> Error {
    let (request, address) = (request.to_owned(), address.to_owned());
    if is_certificate_wanted(&source) {
        return Error::UnknownToServer { request, source: source.into() };
    }
    match source.kind() {
        ErrorKind::ConnectionRefused | ErrorKind::NotFound | ErrorKind::TimedOut => {
            Error::Connect { address, source }
        }
        ErrorKind::PermissionDenied => Error::Denied { address, source },
        _ => Error::NoWay { request, source },
    }
}

/// Why a connection that was there gave no answer to the request.
pub(crate) fn broken(request: &str, source: hyper::Error) -> Error {
    let request = request.to_owned();
    if is_certificate_wanted(&source) {
        return Error::UnknownToServer { request, source: source.into() };
    }
    if let Some(cause) =
        std::error::Error::source(&source).and_then(|cause| cause.downcast_ref::<io::Error>())
        && cause.kind() == ErrorKind::Other
    {
        return Error::NoWay { request, source: io::Error::other(cause.to_string()) };
    }
    if source.is_parse() {
        return Error::NotHttp { request, reason: source };
    }
    Error::Transport { request, source }
}

/// Whether the other side ended the talk about who we are. With TLS 1.3 that comes after the handshake, in place of the first answer.
fn is_certificate_wanted(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(rustls::Error::AlertReceived(alert)) = error.downcast_ref() {
            return matches!(
                alert,
                AlertDescription::BadCertificate
                    | AlertDescription::CertificateRequired
                    | AlertDescription::CertificateUnknown
                    | AlertDescription::UnknownCA
                    | AlertDescription::UnsupportedCertificate
                    | AlertDescription::CertificateExpired
                    | AlertDescription::CertificateRevoked
            );
        }
        // An I/O error hands out the cause of what it wraps, and not that itself.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause =
            wrapped.map(|wrapped| wrapped as &(dyn std::error::Error + 'static)).or_else(|| error.source());
    }
    false
}

impl Classified for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::Connect { .. } | Self::NoWay { .. } => Kind::Unavailable,
            Self::Denied { .. } => Kind::Forbidden,
            Self::UnknownToServer { .. } => Kind::Unauthorized,
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
