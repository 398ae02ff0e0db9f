//! A request to one registry: with what it takes to be let in, and tried again while that can help.
//! What the answer means is its caller's.

use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use reqwest::Url;

use crate::answer::challenge::Challenge;
use crate::authentication::{Scopes, Visit};
use crate::client::Shared;
use crate::endpoint::{Endpoint, Scheme};
use crate::failure::Failure;
use crate::incoming::Answer;
use crate::persist::{persist, settled};
use crate::request::Request;
use crate::retry::Retries;

/// How often a registry may ask who is there: once for a token that ran out, or for none; then it has had a fresh one.
const MOST_CHALLENGES: usize = 2;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Exchange<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) endpoint: &'a Endpoint,
}

impl Exchange<'_> {
    /// The URL of `path` below the registry's `/v2/`.
    pub(crate) async fn url(&self, path: &str) -> Result<Url, Failure> {
        let host = &self.endpoint.host;
        let scheme = match self.endpoint.scheme {
            Scheme::Https => "https",
            Scheme::Http => "http",
            Scheme::Insecure => self.probe().await?,
        };
        Url::parse(&format!("{scheme}://{host}/v2/{path}"))
            .map_err(|_| Failure::Host(crate::host::BadHost { text: host.to_string() }))
    }

    /// Makes the request until there is an answer that does not say "later", or patience ends.
    pub(crate) async fn send(&self, request: &Request) -> Result<Answer, Failure> {
        let answer = persist(self.limits(), async || settled(self.attempt(request).await?).await).await;
        answer.inspect_err(|failure| self.endpoint.note(failure))
    }

    /// The same for a document, body and all, of no more than `limit` bytes: one that ends too early is asked for anew.
    pub(crate) async fn fetch(&self, request: &Request, limit: u64) -> Result<(Answer, Bytes), Failure> {
        let attempt = async || {
            let mut answer = settled(self.attempt(request).await?).await?.expect(&[StatusCode::OK]).await?;
            let bytes = answer.bytes(limit).await?;
            Ok((answer, bytes))
        };
        persist(self.limits(), attempt).await.inspect_err(|failure| self.endpoint.note(failure))
    }

    /// A mirror is asked once: there is the registry.
    fn limits(&self) -> Retries {
        let limits = self.shared.configuration.retries;
        if self.endpoint.is_mirror { Retries { attempts: 1, ..limits } } else { limits }
    }

    /// Makes the request once, and again for each challenge of the registry. Those of hosts that it redirects to are not answered.
    pub(crate) async fn attempt(&self, request: &Request) -> Result<Answer, Failure> {
        let visit = Visit {
            shared: self.shared,
            host: &self.endpoint.host,
            scopes: &request.scopes,
            is_plain: request.url.scheme() == "http",
        };
        // And not one that it gave for an upload somewhere else.
        let is_own = self.endpoint.host.serves(&request.url);
        let mut authorization = if is_own { self.endpoint.login.authorization(&visit).await? } else { None };
        for _ in 0..MOST_CHALLENGES {
            let answer = self.shared.follow(request, authorization.as_ref()).await?;
            if answer.status() != StatusCode::UNAUTHORIZED || !answer.is_from_origin || !is_own {
                return Ok(answer);
            }
            let challenges = answer
                .challenges()
                .map_err(|source| Failure::Challenge { host: self.endpoint.host.clone(), source })?;
            // Without a challenge there is nothing to meet, and a right that is missing does not come with another token.
            let is_missing =
                |challenge: &Challenge| challenge.parameter("error") == Some("insufficient_scope");
            if challenges.is_empty() || authorization.is_some() && challenges.iter().any(is_missing) {
                return Ok(answer);
            }
            match self.answer_to(&visit, &challenges, authorization.as_ref()).await? {
                Some(next) => authorization = Some(next),
                None => return Ok(answer),
            }
        }
        self.shared.follow(request, authorization.as_ref()).await
    }

    /// What to send after a challenge; nothing when the registry has had all that there is.
    async fn answer_to(
        &self,
        visit: &Visit<'_>,
        challenges: &[Challenge],
        rejected: Option<&HeaderValue>,
    ) -> Result<Option<HeaderValue>, Failure> {
        let next = self.endpoint.login.challenged(visit, challenges, rejected).await?;
        Ok(next.filter(|next| Some(next) != rejected))
    }

    /// Which protocol an insecure registry speaks: HTTPS if it does, as Docker has it.
    async fn probe(&self) -> Result<&'static str, Failure> {
        let host = &self.endpoint.host;
        if let Some(scheme) = self.shared.known_scheme(host) {
            return Ok(scheme);
        }
        for scheme in ["https", "http"] {
            let url = Url::parse(&format!("{scheme}://{host}/v2/"))
                .map_err(|_| Failure::Host(crate::host::BadHost { text: host.to_string() }))?;
            if self.shared.follow(&Request::get(url, &Scopes::none()), None).await.is_ok() {
                self.shared.remember_scheme(host, scheme);
                return Ok(scheme);
            }
        }
        // Neither answers now: the request itself will tell why, and the next one may find it up.
        Ok("http")
    }
}

/// A header that is not written into logs.
pub(crate) fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
