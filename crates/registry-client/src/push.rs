//! Brings blobs into a repository: what the registry has already is not sent.
//! Which blobs, and in which order, is the caller's; sending is [`crate::upload`]'s.
//!
//! Source: OCI distribution-spec, "Pushing blobs", "Mounting a blob from another repository".

use std::sync::Arc;

use corten_spec::image::Descriptor;
use http::header::CONTENT_LENGTH;
use http::{Method, StatusCode};
use reqwest::Url;

use crate::asked::Action;
use crate::authentication::Scopes;
use crate::error::Error;
use crate::failure::Failure;
use crate::incoming::{Answer, told_digest};
use crate::payload::BlobSource;
use crate::repository::Repository;
use crate::request::Request;
use crate::upload::Upload;

/// How a blob came to be in a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// It was there.
    Existed,
    /// The registry took it from another of its repositories.
    Mounted,
    /// It was sent.
    Sent,
}

/// What the registry said to an offer.
pub(crate) enum Offer {
    Taken,
    Session(Url),
}

impl Repository {
    /// Whether the registry has the blob. It asks for the right to push: that is what it is for.
    ///
    /// # Errors
    /// [`Error::Asked`]: with [`Failure::Size`] when it has something of another length under that digest.
    pub async fn has_blob(&self, descriptor: &Descriptor) -> Result<bool, Error> {
        let found = self.find(descriptor).await;
        found.map_err(|failure| self.asked(Action::FindBlob(descriptor.digest.clone())).failed(failure))
    }

    /// Brings a blob into the repository: not at all when it is there; from `other`, another repository of the same registry (its path,
    /// as [`corten_spec::reference::Reference::path`]), when the registry agrees; else by sending it.
    ///
    /// # Errors
    /// [`Error::Asked`]: with [`Failure::Refused`] when the registry said no, [`Failure::Source`] when `source` cannot be read,
    /// [`Failure::Digest`] when the registry got something else, and what goes wrong on the way.
    pub async fn push_blob(
        &self,
        descriptor: &Descriptor,
        source: Arc<dyn BlobSource>,
        other: Option<&str>,
    ) -> Result<Pushed, Error> {
        let pushed = self.bring(descriptor, source, other).await;
        pushed.map_err(|failure| self.asked(Action::PushBlob(descriptor.digest.clone())).failed(failure))
    }

    async fn bring(
        &self,
        descriptor: &Descriptor,
        source: Arc<dyn BlobSource>,
        other: Option<&str>,
    ) -> Result<Pushed, Failure> {
        if self.find(descriptor).await? {
            return Ok(Pushed::Existed);
        }
        let location = match self.offer(descriptor, other).await? {
            Offer::Taken => return Ok(Pushed::Mounted),
            Offer::Session(location) => location,
        };
        let exchange = self.home();
        let upload = Upload { repository: self, exchange, descriptor, source, location, received: 0 };
        upload.run().await.map(|()| Pushed::Sent)
    }

    pub(crate) async fn find(&self, descriptor: &Descriptor) -> Result<bool, Failure> {
        let exchange = self.home();
        let url = exchange.url(&format!("{}/blobs/{}", self.path(), descriptor.digest)).await?;
        let answer = exchange.send(&Request::new(Method::HEAD, url, &self.push())).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(false);
        }
        let answer = answer.expect(&[StatusCode::OK]).await?;
        let told = answer.header(&CONTENT_LENGTH).and_then(|length| length.parse().ok());
        match told {
            // Some say 0 for any blob.
            Some(actual) if actual != descriptor.size && actual != 0 => {
                Err(Failure::Size { expected: descriptor.size, actual })
            }
            _ => Ok(true),
        }
    }

    /// Asks the registry to take the blob, from `other` if it can.
    pub(crate) async fn offer(&self, descriptor: &Descriptor, other: Option<&str>) -> Result<Offer, Failure> {
        let exchange = self.home();
        let mut url = exchange.url(&format!("{}/blobs/uploads/", self.path())).await?;
        let mut scopes = self.push();
        if let Some(other) = other {
            let pairs = [("mount", descriptor.digest.as_str()), ("from", other)];
            url.query_pairs_mut().extend_pairs(pairs);
            scopes = scopes.and(Scopes::pull(other));
        }
        let request = Request::new(Method::POST, url, &scopes);
        let answer = exchange.send(&request).await?;
        let answer = answer.expect(&[StatusCode::CREATED, StatusCode::ACCEPTED]).await?;
        if answer.status() == StatusCode::CREATED {
            told_digest(&answer, &descriptor.digest)?;
            return Ok(Offer::Taken);
        }
        exchange.location(&request, &answer)?.map(Offer::Session).ok_or_else(|| no_location(&answer))
    }
}

fn no_location(answer: &Answer) -> Failure {
    Failure::protocol(answer.host(), "it takes the blob, and does not say where")
}
