//! Reads manifests and indexes, verified: they are small, and everything else follows from them.
//! Their content is not interpreted beyond what they are.

use bytes::Bytes;
use corten_spec::digest::{Algorithm, Digest};
use corten_spec::image::media_type::{DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, is_index};
use corten_spec::reference::Reference;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};
use sha2::{Digest as _, Sha256, Sha512};

use crate::answer::document;
use crate::answer::text::plain;
use crate::asked::Action;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::repository::Repository;
use crate::request::Request;
use crate::wire::Answer;

/// The largest manifest that is read: what the specification asks registries to take at least.
const LARGEST: u64 = 4 * 1024 * 1024;
const DOCKER_CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// Which manifest of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagOrDigest {
    /// The one that has the tag now.
    Tag(String),
    /// The one with the digest.
    Digest(Digest),
}

/// A manifest or an index as it came, verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedManifest {
    /// The document.
    pub bytes: Bytes,
    /// What it is: one of the media types that [`is_index`] or `is_manifest` knows.
    pub media_type: String,
    /// The digest of the bytes: the one asked for, or else SHA-256.
    pub digest: Digest,
}

impl FetchedManifest {
    /// Whether it is an index.
    pub fn is_index(&self) -> bool {
        is_index(&self.media_type)
    }
}

impl TagOrDigest {
    /// What `reference` names: its digest, or else its tag, or else `latest`.
    pub fn of(reference: &Reference) -> Self {
        match (reference.digest(), reference.tag()) {
            (Some(digest), _) => Self::Digest(digest.clone()),
            (None, tag) => Self::Tag(tag.unwrap_or("latest").to_owned()),
        }
    }

    /// The text, as it stands in a URL.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Tag(tag) => tag,
            Self::Digest(digest) => digest.as_str(),
        }
    }
}

impl Repository {
    /// Fetches a manifest or an index, of a mirror if one has it. Its digest is that which was asked for, or, for a tag, that which the
    /// registry tells if it tells one; its media type is one of OCI's or Docker's, and what it says of itself agrees.
    ///
    /// # Errors
    /// [`Error::Asked`]: with [`Failure::Refused`] when the registry said no, [`Failure::Document`] for what is no manifest (schema 1
    /// included), [`Failure::Digest`], [`Failure::TooLarge`] above 4 MiB, and what goes wrong on the way.
    pub async fn manifest(&self, wanted: &TagOrDigest) -> Result<FetchedManifest, Error> {
        let mut last = None;
        for exchange in self.readers() {
            match self.manifest_from(exchange, wanted).await {
                Ok(manifest) => return Ok(manifest),
                Err(failure) => last = Some(failure),
            }
        }
        // There is always one: the registry itself.
        let failure = last.unwrap_or(Failure::NoCredentials);
        Err(self.asked(Action::FetchManifest(wanted.as_str().to_owned())).failed(failure))
    }

    async fn manifest_from(
        &self,
        exchange: Exchange<'_>,
        wanted: &TagOrDigest,
    ) -> Result<FetchedManifest, Failure> {
        let url = exchange.url(&format!("{}/manifests/{}", self.path(), wanted.as_str())).await?;
        let mut request = Request::get(url, &self.pull());
        for media_type in [OCI_INDEX, DOCKER_INDEX, OCI_MANIFEST, DOCKER_MANIFEST] {
            request = request.header(ACCEPT, HeaderValue::from_static(media_type));
        }
        let answer = exchange.send(&request).await?.expect(&[StatusCode::OK]).await?;
        let expected = expected_digest(&answer, wanted)?;
        let content_type = answer.header(&CONTENT_TYPE).map(str::to_owned);
        let bytes = answer.bytes(LARGEST).await?;
        let digest = verify(&bytes, expected)?;
        let media_type = document::media_type(content_type.as_deref(), &bytes)?;
        Ok(FetchedManifest { bytes, media_type, digest })
    }
}

/// The digest that the bytes must have: of two, the one asked for counts, and the bytes decide.
fn expected_digest(answer: &Answer, wanted: &TagOrDigest) -> Result<Option<Digest>, Failure> {
    if let TagOrDigest::Digest(digest) = wanted {
        return Ok(Some(digest.clone()));
    }
    let Some(told) = answer.header(&DOCKER_CONTENT_DIGEST) else { return Ok(None) };
    let digest = told.trim().parse();
    digest.map(Some).map_err(|_| {
        Failure::protocol(answer.host(), format!("`{}` is no digest of a manifest", plain(told, 160)))
    })
}

fn verify(bytes: &[u8], expected: Option<Digest>) -> Result<Digest, Failure> {
    let actual = match expected.as_ref().map_or(Algorithm::Sha256, Digest::algorithm) {
        Algorithm::Sha256 => Digest::from_sha256(Sha256::digest(bytes).into()),
        Algorithm::Sha512 => Digest::from_sha512(Sha512::digest(bytes).into()),
    };
    match expected {
        Some(expected) if expected != actual => Err(Failure::Digest { expected, actual }),
        _ => Ok(actual),
    }
}
