//! Pushes one blob: what the registry has already is not sent, what broke is continued from what it got.
//! Which blobs, and in which order, is the caller's.
//!
//! Source: OCI distribution-spec, "Pushing blobs".

use std::sync::Arc;

use bytes::Bytes;
use corten_spec::image::Descriptor;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, LOCATION, RANGE};
use http::{HeaderValue, Method, StatusCode};
use reqwest::Url;
use tokio::time::sleep;

use crate::answer::content_range::parse_received;
use crate::answer::redirect::target;
use crate::answer::text::plain;
use crate::asked::Action;
use crate::authentication::Scopes;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::host::Host;
use crate::payload::{BlobSource, Part, Payload};
use crate::repository::Repository;
use crate::request::Request;
use crate::retry::{Attempts, chance};
use crate::wire::{Answer, told_digest};

/// Blobs up to this size go with a single request after the first.
const SMALL: u64 = 64 * 1024;

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

/// A session at the registry that takes one blob.
struct Upload<'a> {
    repository: &'a Repository,
    exchange: Exchange<'a>,
    descriptor: &'a Descriptor,
    source: Arc<dyn BlobSource>,
    /// Where the next request of the session goes.
    location: Url,
    /// How many bytes the registry has.
    received: u64,
}

/// What the registry said to an offer.
enum Offer {
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

    async fn find(&self, descriptor: &Descriptor) -> Result<bool, Failure> {
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
    async fn offer(&self, descriptor: &Descriptor, other: Option<&str>) -> Result<Offer, Failure> {
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

impl Upload<'_> {
    async fn run(mut self) -> Result<(), Failure> {
        let mut attempts = Attempts::new(self.repository.shared().configuration.retries);
        loop {
            let before = self.received;
            let Err(failure) = self.attempt().await else { return Ok(()) };
            // Nobody listening is temporary here: there was somebody a moment ago.
            let is_away = matches!(failure, Failure::Unreachable { .. });
            if !failure.is_transient() && !is_lost(&failure) && !is_away {
                return Err(failure);
            }
            let Some(wait) = attempts.failed(failure.retry_after(), chance()) else { return Err(failure) };
            sleep(wait).await;
            if self.repository.find(self.descriptor).await? {
                // The answer that said so was lost.
                return Ok(());
            }
            self.resume(is_lost(&failure)).await?;
            if self.received > before {
                attempts.reset();
            }
        }
    }

    /// Sends what is missing, and ends the session.
    async fn attempt(&mut self) -> Result<(), Failure> {
        let size = self.descriptor.size;
        let rest = if self.received == 0 && size <= SMALL { Some(self.part()) } else { None };
        if rest.is_none() && self.received < size {
            self.send_rest().await?;
        }
        self.finish(rest).await
    }

    async fn send_rest(&mut self) -> Result<(), Failure> {
        let size = self.descriptor.size;
        let mut request = self.request(Method::PATCH, self.location.clone(), Payload::Source(self.part()));
        if self.received > 0 {
            let range = format!("{}-{}", self.received, size - 1);
            request =
                request.header(CONTENT_RANGE, HeaderValue::from_str(&range).map_err(|_| self.odd("range"))?);
        }
        let answer = self.exchange.attempt(&request).await?;
        let answer =
            answer.expect(&[StatusCode::ACCEPTED, StatusCode::NO_CONTENT, StatusCode::CREATED]).await?;
        if let Some(location) = self.exchange.location(&request, &answer)? {
            self.location = location;
        }
        let received = answer.header(&RANGE).map_or(Some(size), parse_received);
        match received {
            Some(received) if received == size => {
                self.received = received;
                Ok(())
            }
            _ => {
                let told = plain(answer.header(&RANGE).unwrap_or_default(), 64);
                let what = format!("it was sent {size} bytes, and says that it has `{told}`");
                Err(Failure::protocol(answer.host(), what))
            }
        }
    }

    async fn finish(&mut self, body: Option<Part>) -> Result<(), Failure> {
        let mut url = self.location.clone();
        url.query_pairs_mut().append_pair("digest", self.descriptor.digest.as_str());
        let body = body.map_or(Payload::Bytes(Bytes::new()), Payload::Source);
        let request = self.request(Method::PUT, url, body);
        let answer = self.exchange.attempt(&request).await?;
        let answer = answer.expect(&[StatusCode::CREATED, StatusCode::NO_CONTENT]).await?;
        told_digest(&answer, &self.descriptor.digest)
    }

    /// Asks the session how far it came, or begins a new one where there is none any more.
    async fn resume(&mut self, is_lost: bool) -> Result<(), Failure> {
        if !is_lost {
            let request = self.request(Method::GET, self.location.clone(), Payload::Bytes(Bytes::new()));
            let answer = self.exchange.send(&request).await?;
            let received = answer.header(&RANGE).and_then(parse_received);
            let is_there = matches!(answer.status(), StatusCode::NO_CONTENT | StatusCode::ACCEPTED);
            // None and one byte look the same in that header, so a session with that little is left alone.
            let goes_on = |received: &u64| is_there && (1..=self.descriptor.size).contains(received);
            if let Some(received) = received.filter(goes_on) {
                if let Some(location) = self.exchange.location(&request, &answer)? {
                    self.location = location;
                }
                self.received = received;
                return Ok(());
            }
        }
        match self.repository.offer(self.descriptor, None).await? {
            Offer::Session(location) => {
                self.location = location;
                self.received = 0;
                Ok(())
            }
            Offer::Taken => Err(self.odd("a blob that was not offered")),
        }
    }

    fn part(&self) -> Part {
        Part { source: Arc::clone(&self.source), from: self.received, to: self.descriptor.size }
    }

    fn request(&self, method: Method, url: Url, body: Payload) -> Request {
        let request = Request { body, ..Request::new(method, url, &self.repository.push()) };
        request.header(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"))
    }

    fn odd(&self, what: &str) -> Failure {
        Failure::protocol(&self.exchange.endpoint.host, format!("it has {what}"))
    }
}

impl Exchange<'_> {
    /// Where an answer says that the session goes on, relative to its own place or not, with its query.
    pub(crate) fn location(&self, request: &Request, answer: &Answer) -> Result<Option<Url>, Failure> {
        let Some(text) = answer.header(&LOCATION) else { return Ok(None) };
        let is_insecure = |host: &Host| self.shared.configuration.insecure.covers(host);
        let url = target(&request.url, text, is_insecure).map_err(|reason| Failure::Redirect {
            host: answer.host().clone(),
            location: plain(text.split('?').next().unwrap_or_default(), 256),
            reason,
        })?;
        Ok(Some(url))
    }
}

/// Whether the registry knows nothing of the session, or not what it should: a new one may work.
fn is_lost(failure: &Failure) -> bool {
    let statuses = [StatusCode::NOT_FOUND, StatusCode::RANGE_NOT_SATISFIABLE];
    let codes = ["BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID"];
    failure.refusal().is_some_and(|refusal| {
        statuses.contains(&refusal.status) && refusal.code() != "NAME_UNKNOWN"
            || codes.contains(&refusal.code())
    })
}

fn no_location(answer: &Answer) -> Failure {
    Failure::protocol(answer.host(), "it takes the blob, and does not say where")
}
