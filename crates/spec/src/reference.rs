//! Image references, `[domain/]path[:tag][@digest]`, as Docker reads and shows them.
//! Whether such an image exists anywhere is not asked; an id is not a reference.
//!
//! Source: the grammar of the distribution project's reference package, which Docker uses.

mod grammar;
mod normalize;
mod pattern;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use pattern::BadPattern;

use crate::digest::{Digest, DigestError};

/// A name in full, with a tag, a digest, both or neither.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    domain: String,
    path: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// Why a text is not a reference; the words are Docker's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Not of the form.
    #[error("invalid reference format")]
    Format,
    /// The path has capitals.
    #[error("invalid reference format: repository name ({name}) must be lowercase")]
    PathUppercase {
        /// The path as written.
        name: String,
    },
    /// Would be of the form without capitals.
    #[error("repository name must be lowercase")]
    Uppercase,
    /// The path has more than 255 characters.
    #[error("repository name must not be more than 255 characters")]
    TooLong,
    /// 64 hex digits: that is an id.
    #[error("invalid repository name ({text}), cannot specify 64-byte hexadecimal strings")]
    Identifier {
        /// The text.
        text: String,
    },
    /// A tag that is none.
    #[error("invalid tag format")]
    Tag,
    /// A digest that is none.
    #[error(transparent)]
    Digest(#[from] DigestError),
}

impl Reference {
    /// Reads a reference as a user writes it: what is left out is Docker's (`alpine` is `docker.io/library/alpine`).
    ///
    /// # Errors
    /// [`ReferenceError`].
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        normalize::parse(text)
    }

    /// Registry: `docker.io`, `localhost:5000`.
    ///
    /// Empty in one odd case that Docker has too: what looks like a registry but is none, as `my_host.com/image`, is all path.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Path in the registry: `library/alpine`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Registry and path: `docker.io/library/alpine`.
    pub fn name(&self) -> String {
        normalize::join(&self.domain, &self.path)
    }

    /// Tag, if it has one.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// Digest, if it has one.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// Whether it has neither tag nor digest.
    pub fn is_name_only(&self) -> bool {
        self.tag.is_none() && self.digest.is_none()
    }

    /// The same with the tag `latest` if it has neither tag nor digest.
    #[must_use]
    pub fn with_default_tag(self) -> Self {
        if self.is_name_only() { Self { tag: Some("latest".to_owned()), ..self } } else { self }
    }

    /// The same with that tag.
    ///
    /// # Errors
    /// [`ReferenceError::Tag`].
    pub fn with_tag(self, tag: &str) -> Result<Self, ReferenceError> {
        if !grammar::is_tag(tag) {
            return Err(ReferenceError::Tag);
        }
        Ok(Self { tag: Some(tag.to_owned()), ..self })
    }

    /// The same with that digest.
    #[must_use]
    pub fn with_digest(self, digest: Digest) -> Self {
        Self { digest: Some(digest), ..self }
    }

    /// The same without tag and digest.
    #[must_use]
    pub fn name_only(self) -> Self {
        Self { tag: None, digest: None, ..self }
    }

    /// As short as it can be said: `alpine:latest`.
    pub fn familiar(&self) -> String {
        self.with_suffix(self.familiar_name())
    }

    /// The name as short as it can be said: `alpine`.
    pub fn familiar_name(&self) -> String {
        normalize::familiar_name(&self.domain, &self.path)
    }

    /// Whether a shell pattern as in `--filter reference=` fits the familiar form, or the familiar name alone.
    /// `*` and `?` stop at a slash.
    ///
    /// # Errors
    /// [`BadPattern`] when the pattern is malformed.
    pub fn matches(&self, pattern: &str) -> Result<bool, BadPattern> {
        Ok(pattern::matches(pattern, &self.familiar())? || pattern::matches(pattern, &self.familiar_name())?)
    }

    fn with_suffix(&self, mut text: String) -> String {
        if let Some(tag) = &self.tag {
            text.push(':');
            text.push_str(tag);
        }
        if let Some(digest) = &self.digest {
            text.push('@');
            text.push_str(digest.as_str());
        }
        text
    }
}

/// In full: `docker.io/library/alpine:latest`.
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.with_suffix(self.name()))
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.with_suffix(self.name()))
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text)
            .map_err(|error| serde::de::Error::custom(format_args!("reference `{text}`: {error}")))
    }
}

#[cfg(test)]
mod tests;
