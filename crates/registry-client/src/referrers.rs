//! Lists what refers to a manifest: signatures, bills of materials, attestations.
//! What these say is not read. Mirrors are not asked.
//!
//! Source: OCI distribution-spec, "Listing referrers" and "Referrers tag schema".

use corten_spec::digest::Digest;
use corten_spec::image::{Descriptor, Index};
use http::StatusCode;

use crate::answer::document::DocumentError;
use crate::answer::refusal::Refusal;
use crate::asked::Action;
use crate::error::Error;
use crate::failure::Failure;
use crate::manifest::TagOrDigest;
use crate::pages::Pages;
use crate::repository::Repository;
use crate::request::Request;

/// The most descriptors that are taken.
const MOST: usize = 10_000;

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

    async fn tagged_referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>, Failure> {
        let tag = format!("{}-{}", subject.algorithm(), subject.hex());
        match self.manifest_from(self.home(), &TagOrDigest::Tag(tag)).await {
            Ok(manifest) => Ok(index(&manifest.bytes)?.manifests),
            Err(Failure::Refused(refusal)) if refusal.status == StatusCode::NOT_FOUND => Ok(Vec::new()),
            Err(failure) => Err(failure),
        }
    }
}

fn index(bytes: &[u8]) -> Result<Index, Failure> {
    serde_json::from_slice(bytes).map_err(|error| Failure::Document(DocumentError::Form(error)))
}

/// A refusal of whoever asks, which asking for something else would not change.
fn refuses_user(refusal: &Refusal) -> bool {
    [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::TOO_MANY_REQUESTS].contains(&refusal.status)
}
