//! What came of a request that did not work out.
//! What the request was for is said by [`crate::Asked`].

use std::io;
use std::time::Duration;

use corten_error::{Classified, Kind};
use corten_spec::digest::Digest;

use crate::answer::challenge::ChallengeError;
use crate::answer::document::DocumentError;
use crate::answer::refusal::Refusal;
use crate::answer::search::SearchError;
use crate::answer::tags::TagsError;
use crate::answer::token::TokenError;
use crate::error::Error;
use crate::host::{BadHost, Host};

/// Why a registry did not give, or take, what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It said no.
    #[error(transparent)]
    Refused(Refusal),
    /// It wants to know who asks, and there are no credentials for it.
    #[error("no basic auth credentials")]
    NoCredentials,
    /// It did not say how to authenticate, or in no way that is known here.
    #[error("`{host}` asks for authentication of an unknown kind")]
    UnknownScheme {
        /// The registry.
        host: Host,
    },
    /// Its challenge cannot be read.
    #[error("`{host}` asks for authentication in a way that cannot be read")]
    Challenge {
        /// The registry.
        host: Host,
        /// Why.
        #[source]
        source: ChallengeError,
    },
    /// It sends for tokens to a place where no credentials go.
    #[error("`{host}` sends for tokens to `{realm}`, which is not trusted with credentials")]
    Realm {
        /// The registry.
        host: Host,
        /// The place.
        realm: String,
    },
    /// The token server gave none.
    #[error("cannot get a token from `{host}`")]
    NoToken {
        /// The token server.
        host: Host,
        /// Why.
        #[source]
        source: Box<Failure>,
    },
    /// What the token server said is no token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// There is no connection to be had: no such host, or nobody listens there.
    #[error("cannot connect to `{host}`")]
    Unreachable {
        /// The other side.
        host: Host,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It does not prove who it is, or does not speak TLS.
    #[error("cannot speak TLS with `{host}`")]
    Tls {
        /// The other side.
        host: Host,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A connection did not come about, or ended.
    #[error("cannot {verb} `{host}`")]
    Connection {
        /// `connect to`, or `speak with` once there was a connection.
        verb: &'static str,
        /// The other side.
        host: Host,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It took too long.
    #[error("`{host}` is silent or too slow: waited {waited:?}")]
    Stalled {
        /// The other side.
        host: Host,
        /// How long it got.
        waited: Duration,
    },
    /// It redirects to where nobody may go.
    #[error("`{host}` redirects to `{location}`: {reason}")]
    Redirect {
        /// Who redirects.
        host: Host,
        /// Where to, as far as it can be shown.
        location: String,
        /// What is wrong with that.
        reason: &'static str,
    },
    /// A document is larger than anything that makes sense.
    #[error("the answer has more than {limit} bytes")]
    TooLarge {
        /// The most that is read.
        limit: u64,
    },
    /// A manifest that is none, or not one that can be used.
    #[error("the manifest is refused")]
    Document(#[from] DocumentError),
    /// A list of tags that is none.
    #[error(transparent)]
    Tags(#[from] TagsError),
    /// What it found cannot be read.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// The bytes are not those that the digest names.
    #[error("content `{expected}` has digest `{actual}`")]
    Digest {
        /// The digest asked for, or told by the registry.
        expected: Digest,
        /// That of the bytes.
        actual: Digest,
    },
    /// A blob is not as long as its descriptor says.
    #[error("the blob has {actual} bytes instead of {expected}")]
    Size {
        /// The announced size.
        expected: u64,
        /// What the registry says, or the first number above the announced.
        actual: u64,
    },
    /// An answer ended before its end.
    #[error("the answer of `{host}` ends after {received} bytes")]
    Truncated {
        /// The other side.
        host: Host,
        /// How many bytes came in all.
        received: u64,
    },
    /// An answer breaks the protocol.
    #[error("`{host}` gives an answer that makes no sense: {what}")]
    Protocol {
        /// The other side.
        host: Host,
        /// What is wrong.
        what: String,
    },
    /// The reference names a registry that no URL can name.
    #[error(transparent)]
    Host(#[from] BadHost),
    /// What is to be pushed cannot be read: nothing that a registry can help.
    #[error("cannot read what is to be pushed")]
    Source(#[source] io::Error),
    /// The client cannot be made ready for that registry.
    #[error("cannot prepare the connection to `{host}`")]
    Prepare {
        /// The registry.
        host: Host,
        /// Why.
        #[source]
        source: Box<Error>,
    },
}

impl Failure {
    pub(crate) fn protocol(host: &Host, what: impl Into<String>) -> Self {
        Self::Protocol { host: host.clone(), what: what.into() }
    }

    /// The registry's own words, or its token server's.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::NoToken { source, .. } => source.refusal(),
            _ => None,
        }
    }

    /// Whether the same request may work out a little later.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.is_transient(),
            Self::Connection { .. } | Self::Stalled { .. } | Self::Truncated { .. } => true,
            _ => false,
        }
    }

    /// Whether there was nobody to say anything: somebody else may know.
    pub(crate) fn is_unreachable(&self) -> bool {
        match self {
            Self::NoToken { source, .. } => source.is_unreachable(),
            failure => matches!(
                failure,
                Self::Unreachable { .. } | Self::Tls { .. } | Self::Connection { .. } | Self::Stalled { .. }
            ),
        }
    }

    /// How long the registry wants to be left alone.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.refusal().and_then(|refusal| refusal.retry_after)
    }

    /// What sort of failure it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Refused(refusal) => refusal.kind(),
            Self::NoCredentials | Self::UnknownScheme { .. } => Kind::Unauthorized,
            Self::NoToken { source, .. } => source.kind(),
            Self::Realm { .. } | Self::Redirect { .. } => Kind::Forbidden,
            Self::Host(_) | Self::Document(DocumentError::Unknown { .. } | DocumentError::Schema1) => {
                Kind::Invalid
            }
            Self::Prepare { source, .. } => source.kind(),
            Self::Source(_) => Kind::Internal,
            Self::Challenge { .. }
            | Self::Token(_)
            | Self::Unreachable { .. }
            | Self::Tls { .. }
            | Self::Connection { .. }
            | Self::Stalled { .. }
            | Self::TooLarge { .. }
            | Self::Document(_)
            | Self::Tags(_)
            | Self::Search(_)
            | Self::Digest { .. }
            | Self::Size { .. }
            | Self::Truncated { .. }
            | Self::Protocol { .. } => Kind::Unavailable,
        }
    }
}
