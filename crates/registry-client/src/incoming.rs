//! An answer on its way: its headers are there, its body is still to come.
//! What it means is the caller's; how its parts are read is [`crate::answer`]'s.

use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use corten_spec::digest::Digest;
use http::header::{CONTENT_ENCODING, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, StatusCode};
use reqwest::Response;
use tokio::time::{Instant, timeout};

use crate::answer::challenge::{self, Challenge, ChallengeError};
use crate::answer::refusal::Refusal;
use crate::answer::retry_after;
use crate::answer::text::plain;
use crate::broken::broken;
use crate::configuration::Timeouts;
use crate::failure::Failure;
use crate::host::Host;
use crate::patience::Patience;

/// How much of an error's body is read.
const LONGEST_REFUSAL: u64 = 64 * 1024;
const DOCKER_CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// An answer, whose body is still to come.
#[derive(Debug)]
pub(crate) struct Answer {
    response: Response,
    host: Host,
    /// Whether it comes from where the request went, and not from where that redirected to.
    pub(crate) is_from_origin: bool,
    patience: Patience,
    timeouts: Timeouts,
}

impl Answer {
    pub(crate) fn new(response: Response, host: Host, is_from_origin: bool, timeouts: Timeouts) -> Self {
        Self { response, host, is_from_origin, patience: Patience::new(&timeouts), timeouts }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.response.status()
    }

    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    /// The length of the body, where the registry says it beforehand.
    pub(crate) fn length(&self) -> Option<u64> {
        self.response.content_length()
    }

    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// What it takes to be let in; headers that cannot be read are passed over where another can.
    pub(crate) fn challenges(&self) -> Result<Vec<Challenge>, ChallengeError> {
        let mut challenges = Vec::new();
        let mut error = None;
        for header in self.response.headers().get_all(WWW_AUTHENTICATE).iter().take(8) {
            match header.to_str().map_err(|_| ChallengeError::Form { at: 0 }).and_then(challenge::parse) {
                Ok(more) => challenges.extend(more),
                Err(bad) => error = Some(bad),
            }
        }
        error.filter(|_| challenges.is_empty()).map_or(Ok(challenges), Err)
    }

    /// The next bytes of the body.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            let start = Instant::now();
            let Ok(chunk) = timeout(self.patience.left(), self.response.chunk()).await else {
                return Err(Failure::Stalled { host: self.host.clone(), waited: self.timeouts.stall });
            };
            let chunk = chunk.map_err(|error| broken(&self.host, error))?;
            let length = chunk.as_ref().map_or(0, Bytes::len);
            self.patience.moved(length as u64, start.elapsed());
            if chunk.is_none() || length > 0 {
                return Ok(chunk);
            }
        }
    }

    /// The whole body, if it has no more than `limit` bytes.
    pub(crate) async fn bytes(&mut self, limit: u64) -> Result<Bytes, Failure> {
        self.check_encoding()?;
        if self.length().is_some_and(|length| length > limit) {
            return Err(Failure::TooLarge { limit });
        }
        let mut all = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if (all.len() + chunk.len()) as u64 > limit {
                return Err(Failure::TooLarge { limit });
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }

    /// Refuses a body that is packed: nobody asked for that.
    pub(crate) fn check_encoding(&self) -> Result<(), Failure> {
        match self.header(&CONTENT_ENCODING) {
            None | Some("identity" | "") => Ok(()),
            Some(other) => {
                let what = format!("the body has the encoding `{}`", plain(other, 32));
                Err(Failure::protocol(&self.host, what))
            }
        }
    }

    /// The same, or the registry's refusal if its status is none of `expected`.
    pub(crate) async fn expect(self, expected: &[StatusCode]) -> Result<Self, Failure> {
        if expected.contains(&self.status()) { Ok(self) } else { Err(self.refusal().await) }
    }

    /// The answer as a refusal, with as much of its words as can be had.
    pub(crate) async fn refusal(mut self) -> Failure {
        let status = self.status();
        let challenges = self.challenges().unwrap_or_default();
        let asked_for =
            self.header(&RETRY_AFTER).and_then(|text| retry_after::parse(text, SystemTime::now()));
        // Words are welcome, and not worth a long wait.
        self.patience = Patience::new(&Timeouts { stall: Duration::from_secs(5), ..self.timeouts });
        let mut body = BytesMut::new();
        while let Ok(Some(chunk)) = self.chunk().await {
            if (body.len() + chunk.len()) as u64 > LONGEST_REFUSAL {
                break;
            }
            body.extend_from_slice(&chunk);
        }
        let refusal = Refusal::read(status, &challenges, &body);
        Failure::Refused(Refusal { retry_after: asked_for, ..refusal })
    }
}

/// Refuses an answer that tells another digest than `expected`; one that tells none is believed.
pub(crate) fn told_digest(answer: &Answer, expected: &Digest) -> Result<(), Failure> {
    match digest_of(answer)? {
        Some(actual) if actual != *expected => Err(Failure::Digest { expected: expected.clone(), actual }),
        _ => Ok(()),
    }
}

/// The digest that an answer tells.
pub(crate) fn digest_of(answer: &Answer) -> Result<Option<Digest>, Failure> {
    let Some(told) = answer.header(&DOCKER_CONTENT_DIGEST) else { return Ok(None) };
    let digest = told.trim().parse();
    digest
        .map(Some)
        .map_err(|_| Failure::protocol(answer.host(), format!("`{}` is no digest", plain(told, 160))))
}
