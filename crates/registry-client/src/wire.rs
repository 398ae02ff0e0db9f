//! One HTTP exchange, and those that redirects make of it.
//! No credentials are found here and nothing is tried again.

use std::pin::pin;

use http::header::{AUTHORIZATION, CONTENT_LENGTH, LOCATION};
use http::{HeaderValue, Method, StatusCode};
use reqwest::{Response, Url};
use tokio::time::timeout;

use crate::answer::redirect::{same_origin, target};
use crate::answer::text::plain;
use crate::broken::broken;
use crate::client::Shared;
use crate::failure::Failure;
use crate::host::Host;
use crate::incoming::Answer;
use crate::payload::{Payload, Progress};
use crate::request::Request;
use crate::transport::Trust;

/// How many redirects are followed.
const MOST_REDIRECTS: usize = 10;

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
                let timeouts = self.configuration.timeouts;
                return Ok(Answer::new(response, host_of(&url)?, is_from_origin, timeouts));
            };
            let next = target(&url, &location, |host| self.configuration.insecure.covers(host))
                .map_err(|reason| refused(&url, &location, reason))?;
            let stays = same_origin(&request.url, &next);
            if request.is_secret && !stays {
                return Err(refused(&url, &location, "that would take credentials along"));
            }
            authorization = authorization.filter(|_| stays);
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
