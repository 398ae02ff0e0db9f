//! Sends one blob: what broke is continued from what the registry got, or begun anew where it forgot.
//! Whether it has to be sent is [`crate::push`]'s to find out.
//!
//! Source: OCI distribution-spec, "Pushing blobs".

use std::sync::Arc;

use bytes::Bytes;
use corten_spec::image::Descriptor;
use http::header::{CONTENT_RANGE, CONTENT_TYPE, LOCATION, RANGE};
use http::{HeaderValue, Method, StatusCode};
use reqwest::Url;
use tokio::time::sleep;

use crate::answer::content_range::parse_received;
use crate::answer::redirect::target;
use crate::answer::text::plain;
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::host::Host;
use crate::incoming::{Answer, told_digest};
use crate::payload::{BlobSource, Part, Payload};
use crate::push::Offer;
use crate::repository::Repository;
use crate::request::Request;
use crate::retry::{Attempts, chance};

/// Blobs up to this size go with a single request after the first.
const SMALL: u64 = 64 * 1024;

/// The registry must have got so many bytes more before earlier failures are forgotten.
const ENOUGH: u64 = 1024 * 1024;

/// A session at the registry that takes one blob.
pub(crate) struct Upload<'a> {
    pub(crate) repository: &'a Repository,
    pub(crate) exchange: Exchange<'a>,
    pub(crate) descriptor: &'a Descriptor,
    pub(crate) source: Arc<dyn BlobSource>,
    /// Where the next request of the session goes.
    pub(crate) location: Url,
    /// How many bytes the registry has.
    pub(crate) received: u64,
}

impl Upload<'_> {
    /// Sends until the registry has it all, or patience ends.
    pub(crate) async fn run(mut self) -> Result<(), Failure> {
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
            if self.received >= before.saturating_add(ENOUGH) {
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
