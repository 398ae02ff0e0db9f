//! One HTTP exchange, and those that redirects make of it.
//! No credentials are found here and nothing is tried again.

use std::pin::pin;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use corten_spec::digest::Digest;
use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use reqwest::{Response, Url};
use tokio::time::{Instant, timeout};

use crate::answer::challenge::{self, Challenge, ChallengeError};
use crate::answer::redirect::{same_origin, target};
use crate::answer::refusal::Refusal;
use crate::answer::retry_after;
use crate::answer::text::plain;
use crate::broken::broken;
use crate::client::Shared;
use crate::configuration::Timeouts;
use crate::failure::Failure;
use crate::host::Host;
use crate::patience::Patience;
use crate::payload::{Payload, Progress};
use crate::request::Request;
use crate::transport::Trust;

/// How many redirects are followed.
const MOST_REDIRECTS: usize = 10;
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

impl Shared {
    /// Makes a request and follows redirects, all in the time for one answer. `authorization` goes to the first origin only, and not even
    /// there once it was left.
    pub(crate) async fn follow(
        &self,
        request: &Request,
        authorization: Option<&HeaderValue>,
    ) -> Result<Answer, Failure> {
        let following = self.follow_all(request, authorization);
        match request.body {
            Payload::Bytes(_) => {
                let waited = self.configuration.timeouts.connect + self.configuration.timeouts.answer;
                let host = host_of(&request.url)?;
                timeout(waited, following).await.unwrap_or(Err(Failure::Stalled { host, waited }))
            }
            // Has a time of its own, as long as it moves.
            Payload::Source(_) => following.await,
        }
    }

    async fn follow_all(
        &self,
        request: &Request,
        authorization: Option<&HeaderValue>,
    ) -> Result<Answer, Failure> {
        let mut url = request.url.clone();
        let mut authorization = authorization;
        for _ in 0..=MOST_REDIRECTS {
            let response = self.exchange(request, &url, authorization).await?;
            let is_from_origin = same_origin(&request.url, &url);
            let Some(location) = redirection(&request.method, &response) else {
                return Ok(self.answer(response, host_of(&url)?, is_from_origin));
            };
            let next = target(&url, &location, |host| self.configuration.insecure.covers(host))
                .map_err(|reason| refused(&url, &location, reason))?;
            authorization = authorization.filter(|_| same_origin(&request.url, &next));
            url = next;
        }
        Err(refused(&url, "", "that is one redirect too many"))
    }

    async fn exchange(
        &self,
        request: &Request,
        url: &Url,
        authorization: Option<&HeaderValue>,
    ) -> Result<Response, Failure> {
        let host = host_of(url)?;
        let trust =
            if self.configuration.insecure.covers(&host) { Trust::Unverified } else { Trust::Verified };
        let client = self
            .transport
            .client(&host, trust)
            .map_err(|error| Failure::Prepare { host: host.clone(), source: Box::new(error) })?;
        let mut outgoing = reqwest::Request::new(request.method.clone(), url.clone());
        *outgoing.headers_mut() = request.headers.clone();
        if let Some(authorization) = authorization {
            outgoing.headers_mut().insert(AUTHORIZATION, authorization.clone());
        }
        let (body, progress) = request.body.body();
        if body.is_some() {
            outgoing.headers_mut().insert(CONTENT_LENGTH, request.body.length().into());
        }
        *outgoing.body_mut() = body;
        let response = self.wait(&host, &progress, client.execute(outgoing)).await?;
        response.map_err(|error| match progress.failure() {
            Some(source) => Failure::Source(source),
            None => broken(&host, error),
        })
    }

    /// Waits for an answer to begin, as long as the body of the request moves.
    async fn wait<T>(
        &self,
        host: &Host,
        progress: &Progress,
        answer: impl Future<Output = T>,
    ) -> Result<T, Failure> {
        let timeouts = &self.configuration.timeouts;
        let waited = timeouts.connect + timeouts.answer;
        let mut answer = pin!(answer);
        let mut sent = 0;
        loop {
            if let Ok(answer) = timeout(waited, &mut answer).await {
                return Ok(answer);
            }
            let now = progress.sent();
            if now < sent + timeouts.stall_bytes {
                return Err(Failure::Stalled { host: host.clone(), waited });
            }
            sent = now;
        }
    }

    fn answer(&self, response: Response, host: Host, is_from_origin: bool) -> Answer {
        let timeouts = self.configuration.timeouts;
        Answer { response, host, is_from_origin, patience: Patience::new(&timeouts), timeouts }
    }
}

impl Answer {
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
    pub(crate) async fn bytes(mut self, limit: u64) -> Result<Bytes, Failure> {
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

/// Where an answer redirects to. What is no reading keeps its method only with the two statuses that say so, so others are not followed.
fn redirection(method: &Method, response: &Response) -> Option<String> {
    use StatusCode as S;
    let is_reading = method == Method::GET || method == Method::HEAD;
    let follows = match response.status() {
        S::TEMPORARY_REDIRECT | S::PERMANENT_REDIRECT => true,
        S::MOVED_PERMANENTLY | S::FOUND | S::SEE_OTHER => is_reading,
        _ => false,
    };
    let location = response.headers().get(LOCATION).filter(|_| follows)?;
    Some(String::from_utf8_lossy(location.as_bytes()).into_owned())
}

fn refused(from: &Url, location: &str, reason: &'static str) -> Failure {
    match host_of(from) {
        // What stands behind a question mark may be a signature that lets its reader in.
        Ok(host) => {
            let shown = plain(location.split('?').next().unwrap_or_default(), 256);
            Failure::Redirect { host, location: shown, reason }
        }
        Err(failure) => failure,
    }
}

pub(crate) fn host_of(url: &Url) -> Result<Host, Failure> {
    Host::of_url(url).ok_or_else(|| Failure::Host(crate::host::BadHost { text: url.to_string() }))
}
