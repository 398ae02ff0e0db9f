//! What can go wrong with a registry, as callers see it.
//! How Docker words it where scripts look is the caller's: [`Error::refusal`] has the parts.

use std::path::PathBuf;

use corten_error::{Classified, Kind};

use crate::answer::refusal::Refusal;
use crate::asked::Asked;
use crate::failure::Failure;

/// A failed operation.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A registry was asked for something and it did not work out.
    #[error("cannot {asked}")]
    Asked {
        /// What was asked, of whom.
        asked: Box<Asked>,
        /// What came of it.
        #[source]
        failure: Box<Failure>,
    },
    /// A setting of the client makes no sense.
    #[error("cannot use `{value}` as {role}")]
    Setting {
        /// What it was given for.
        role: &'static str,
        /// The setting, without secrets.
        value: String,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A certificate or a key cannot be read.
    #[error("cannot read `{}`", path.display())]
    Certificate {
        /// The file or directory.
        path: PathBuf,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    /// The registry's own words, where it was the registry that said no, or its token server.
    ///
    /// With the code `MANIFEST_UNKNOWN`, Docker prints `manifest for NAME:TAG not found: {refusal}`; with `NAME_UNKNOWN`,
    /// `repository NAME not found: {refusal}`; with `DENIED`, `pull access denied for NAME, repository does not exist or may require
    /// 'docker login': {refusal}`; otherwise the refusal alone.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Asked { failure, .. } => failure.refusal(),
            Self::Setting { .. } | Self::Certificate { .. } => None,
        }
    }
}

impl Asked {
    pub(crate) fn failed(&self, failure: Failure) -> Error {
        Error::Asked { asked: Box::new(self.clone()), failure: Box::new(failure) }
    }
}

impl Classified for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::Asked { failure, .. } => failure.kind(),
            Self::Setting { .. } => Kind::Invalid,
            Self::Certificate { .. } => Kind::Internal,
        }
    }
}
