//! Manifests and indexes, both ways, verified: they are small, and everything else follows from them.
//! Their content is not interpreted beyond what they are.

use bytes::Bytes;
use corten_spec::digest::{Algorithm, Digest};
use corten_spec::image::Descriptor;
use corten_spec::image::media_type::{
    DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, is_index, is_manifest,
};
use corten_spec::reference::Reference;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use sha2::{Digest as _, Sha256, Sha512};

use crate::answer::document::{self, DocumentError};
use crate::answer::text::plain;
use crate::asked::Action;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::incoming::{Answer, digest_of, told_digest};
use crate::payload::Payload;
use crate::referrers::SUBJECT;
use crate::repository::Repository;
use crate::request::Request;

/// The largest manifest that is read: what the specification asks registries to take at least.
const LARGEST: u64 = 4 * 1024 * 1024;

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
        let mut reader = self.reader_from(0);
        loop {
            match self.manifest_from(self.reader(reader), wanted).await {
                Err(failure) if self.is_home(reader) => {
                    let asked = self.asked(Action::FetchManifest(wanted.as_str().to_owned()));
                    return Err(asked.failed(failure));
                }
                Err(_) => reader = self.reader_from(reader + 1),
                Ok(manifest) => return Ok(manifest),
            }
        }
    }

    /// What a tag or digest names now, at the registry itself, without fetching it: registries count fetches.
    ///
    /// Media type, digest and size are the registry's word; fetching by that digest verifies them. A registry that does not tell all of
    /// them is asked for the manifest.
    ///
    /// # Errors
    /// As for [`Repository::manifest`].
    pub async fn resolve(&self, wanted: &TagOrDigest) -> Result<Descriptor, Error> {
        let resolved = self.resolve_at_home(wanted).await;
        resolved.map_err(|f| self.asked(Action::FetchManifest(wanted.as_str().to_owned())).failed(f))
    }

    async fn resolve_at_home(&self, wanted: &TagOrDigest) -> Result<Descriptor, Failure> {
        let exchange = self.home();
        let url = exchange.url(&format!("{}/manifests/{}", self.path(), wanted.as_str())).await?;
        let request = accepting(Request::new(Method::HEAD, url, &self.pull()));
        let answer = exchange.send(&request).await;
        if let Some(descriptor) = answer.ok().and_then(|answer| told(&answer)) {
            return Ok(descriptor);
        }
        // A refusal of HEAD has no words; that of GET has.
        let manifest = self.manifest_from(exchange, wanted).await?;
        Ok(Descriptor::new(&manifest.media_type, manifest.digest, manifest.bytes.len() as u64))
    }

    /// Stores a manifest or an index under a tag or under its digest, byte for byte, at the registry itself. What it names has to be there.
    ///
    /// One that refers to another is put on the list of what does, where the registry does not do that.
    ///
    /// # Errors
    /// [`Error::Asked`]: with [`Failure::Digest`] when `bytes` do not have the digest that they are to be stored under, or the registry
    /// says that it stored something else; [`Failure::Refused`] when it said no; and what goes wrong on the way.
    pub async fn push_manifest(
        &self,
        name: &TagOrDigest,
        media_type: &str,
        bytes: Bytes,
    ) -> Result<Digest, Error> {
        let pushed = self.push_manifest_home(name, media_type, bytes).await;
        pushed.map_err(|failure| self.asked(Action::PushManifest(name.as_str().to_owned())).failed(failure))
    }

    async fn push_manifest_home(
        &self,
        name: &TagOrDigest,
        media_type: &str,
        bytes: Bytes,
    ) -> Result<Digest, Failure> {
        let expected = match name {
            TagOrDigest::Digest(digest) => Some(digest.clone()),
            TagOrDigest::Tag(_) => None,
        };
        let digest = verify(&bytes, expected)?;
        let answer = self.put_manifest(name, media_type, bytes.clone()).await?;
        told_digest(&answer, &digest)?;
        if answer.header(&SUBJECT).is_none() {
            self.keep_referrer(Descriptor::new(media_type, digest.clone(), bytes.len() as u64), &bytes)
                .await?;
        }
        Ok(digest)
    }

    pub(crate) async fn put_manifest(
        &self,
        name: &TagOrDigest,
        media_type: &str,
        bytes: Bytes,
    ) -> Result<Answer, Failure> {
        let exchange = self.home();
        let url = exchange.url(&format!("{}/manifests/{}", self.path(), name.as_str())).await?;
        let content_type = HeaderValue::from_str(media_type)
            .map_err(|_| DocumentError::Unknown { media_type: plain(media_type, 128) })?;
        let request = Request::new(Method::PUT, url, &self.push()).header(CONTENT_TYPE, content_type);
        let answer = exchange.send(&Request { body: Payload::Bytes(bytes), ..request }).await?;
        answer.expect(&[StatusCode::CREATED, StatusCode::OK, StatusCode::ACCEPTED]).await
    }

    pub(crate) async fn manifest_from(
        &self,
        exchange: Exchange<'_>,
        wanted: &TagOrDigest,
    ) -> Result<FetchedManifest, Failure> {
        let url = exchange.url(&format!("{}/manifests/{}", self.path(), wanted.as_str())).await?;
        let request = accepting(Request::get(url, &self.pull()));
        let (answer, bytes) = exchange.fetch(&request, LARGEST).await?;
        let expected = expected_digest(&answer, wanted)?;
        let digest = verify(&bytes, expected)?;
        let media_type = document::media_type(answer.header(&CONTENT_TYPE), &bytes)?;
        Ok(FetchedManifest { bytes, media_type, digest })
    }
}

/// The request with the media types that are understood.
fn accepting(request: Request) -> Request {
    let types = [OCI_INDEX, DOCKER_INDEX, OCI_MANIFEST, DOCKER_MANIFEST];
    types
        .into_iter()
        .fold(request, |request, media_type| request.header(ACCEPT, HeaderValue::from_static(media_type)))
}

/// The digest that the bytes must have: of two, the one asked for counts, and the bytes decide.
fn expected_digest(answer: &Answer, wanted: &TagOrDigest) -> Result<Option<Digest>, Failure> {
    if let TagOrDigest::Digest(digest) = wanted {
        return Ok(Some(digest.clone()));
    }
    digest_of(answer)
}

/// What the answer to HEAD tells, if that is all that there is to know.
fn told(answer: &Answer) -> Option<Descriptor> {
    let digest = digest_of(answer).ok().flatten()?;
    let size = answer.header(&CONTENT_LENGTH)?.parse().ok()?;
    let media_type = answer.header(&CONTENT_TYPE)?;
    let is_known = is_index(media_type) || is_manifest(media_type);
    (answer.status() == StatusCode::OK && is_known).then(|| Descriptor::new(media_type, digest, size))
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
