//! What refers to a manifest: signatures, bills of materials, attestations. Lists it, and keeps the list where the registry does not.
//! What these say is not read. Mirrors are not asked.
//!
//! Source: OCI distribution-spec, "Listing referrers" and "Referrers tag schema".

use std::collections::BTreeMap;

use corten_spec::digest::Digest;
use corten_spec::image::media_type::OCI_INDEX;
use corten_spec::image::{Descriptor, Index};
use http::{HeaderName, StatusCode};
use serde::Deserialize;

use crate::answer::document::DocumentError;
use crate::answer::refusal::Refusal;
use crate::asked::Action;
use crate::error::Error;
use crate::failure::Failure;
use crate::manifest::TagOrDigest;
use crate::pages::Pages;
use crate::repository::Repository;
use crate::request::Request;

/// What a registry says that keeps the list by itself, in answer to a manifest that refers to another.
pub(crate) const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
/// The most descriptors that are taken.
const MOST: usize = 10_000;

/// What a manifest or an index says of itself and of its subject.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outline {
    artifact_type: Option<String>,
    config: Option<Descriptor>,
    subject: Option<Descriptor>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

impl Repository {
    /// Descriptors of what refers to the manifest `subject`; with `artifact_type`, only of that type.
    ///
    /// A registry without that list has an index under a tag made of the digest, kept by whoever pushes; without that, nothing refers.
    ///
    /// # Errors
    /// [`Error::Asked`], as for [`Repository::tags`] and [`Repository::manifest`].
    pub async fn referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Vec<Descriptor>, Error> {
        let listed = match self.listed_referrers(subject, artifact_type).await {
            Err(Failure::Refused(refusal)) if refusal.status.is_client_error() && !refuses_user(&refusal) => {
                self.tagged_referrers(subject).await
            }
            other => other,
        };
        let mut all = listed.map_err(|f| self.asked(Action::ListReferrers(subject.clone())).failed(f))?;
        all.retain(|descriptor| {
            artifact_type.is_none() || descriptor.artifact_type.as_deref() == artifact_type
        });
        Ok(all)
    }

    async fn listed_referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Vec<Descriptor>, Failure> {
        let exchange = self.home();
        let mut url = exchange.url(&format!("{}/referrers/{subject}", self.path())).await?;
        if let Some(artifact_type) = artifact_type {
            url.query_pairs_mut().append_pair("artifactType", artifact_type);
        }
        let mut pages = Pages::new(exchange, Request::get(url, &self.pull()));
        let mut all = Vec::new();
        while let Some(page) = pages.next().await? {
            all.extend(index(&page)?.manifests);
            if all.len() > MOST {
                let what = format!("it has more than {MOST} referrers");
                return Err(Failure::protocol(&exchange.endpoint.host, what));
            }
        }
        Ok(all)
    }

    /// Adds `referrer`, whose document is `bytes`, to what refers to its subject, if it has one: as a pusher has to where the registry does
    /// not. Two who do that at once may lose one; the specification knows no better.
    pub(crate) async fn keep_referrer(&self, referrer: Descriptor, bytes: &[u8]) -> Result<(), Failure> {
        // Whatever it is, the registry has taken it: what cannot be read refers to nothing.
        let Ok(outline) = serde_json::from_slice::<Outline>(bytes) else { return Ok(()) };
        let Some(subject) = outline.subject else { return Ok(()) };
        let mut manifests = self.tagged_referrers(&subject.digest).await?;
        if manifests.iter().any(|known| known.digest == referrer.digest) {
            return Ok(());
        }
        let artifact_type = outline.artifact_type.or(outline.config.map(|config| config.media_type));
        manifests.push(Descriptor { artifact_type, annotations: outline.annotations, ..referrer });
        let index = Index {
            schema_version: 2,
            media_type: Some(OCI_INDEX.to_owned()),
            manifests,
            ..Index::default()
        };
        let document = serde_json::to_vec(&index).map_err(DocumentError::Form)?;
        self.put_manifest(&tag_of(&subject.digest), OCI_INDEX, document.into()).await.map(drop)
    }

    async fn tagged_referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>, Failure> {
        match self.manifest_from(self.home(), &tag_of(subject)).await {
            Ok(manifest) => Ok(index(&manifest.bytes)?.manifests),
            Err(Failure::Refused(refusal)) if refusal.status == StatusCode::NOT_FOUND => Ok(Vec::new()),
            Err(failure) => Err(failure),
        }
    }
}

/// The tag under which pushers keep what refers to `subject`.
fn tag_of(subject: &Digest) -> TagOrDigest {
    TagOrDigest::Tag(format!("{}-{}", subject.algorithm(), subject.hex()))
}

fn index(bytes: &[u8]) -> Result<Index, Failure> {
    serde_json::from_slice(bytes).map_err(|error| Failure::Document(DocumentError::Form(error)))
}

/// A refusal of whoever asks, which asking for something else would not change.
fn refuses_user(refusal: &Refusal) -> bool {
    [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::TOO_MANY_REQUESTS].contains(&refusal.status)
}
