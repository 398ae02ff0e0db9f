//! How one registry wants to be convinced, and the tokens that it accepts.
//! Tokens are kept in memory until they run out.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::{HeaderValue, StatusCode};
use reqwest::Url;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::scope::Scopes;
use super::token_request::TokenRequest;
use crate::answer::challenge::Challenge;
use crate::answer::redirect::admit;
use crate::answer::text::plain;
use crate::answer::token::{self, Token};
use crate::client::Shared;
use crate::credentials::Credentials;
use crate::exchange::secret;
use crate::failure::Failure;
use crate::host::Host;
use crate::persist::{persist, settled};
use crate::wire::host_of;

/// The longest answer of a token server that is read.
const LONGEST_ANSWER: u64 = 1024 * 1024;

/// What is known of one registry's door.
#[derive(Debug)]
pub(crate) struct Login {
    credentials: Credentials,
    /// Whether token servers are asked for an identity token too.
    wants_identity: bool,
    /// Held while a token is got, so that requests that need the same one get it once.
    state: Mutex<State>,
}

/// Who wants in, and what for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visit<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) host: &'a Host,
    pub(crate) scopes: &'a Scopes,
    /// Whether the registry is spoken to in plain HTTP.
    pub(crate) is_plain: bool,
}

#[derive(Debug, Default)]
struct State {
    way: Option<Way>,
    tokens: HashMap<Scopes, Held>,
    identity: Option<String>,
}

/// What the registry asked for the last time.
#[derive(Debug, Clone)]
enum Way {
    Basic,
    Bearer { realm: Url, service: Option<String> },
}

#[derive(Debug)]
struct Held {
    header: HeaderValue,
    until: Instant,
}

impl Login {
    pub(crate) fn new(credentials: Credentials) -> Self {
        Self { credentials, wants_identity: false, state: Mutex::default() }
    }

    /// The same, asking for an identity token too.
    #[must_use]
    pub(crate) fn wanting_identity(self) -> Self {
        Self { wants_identity: true, ..self }
    }

    /// The identity token, if one was asked for and given.
    pub(crate) async fn identity(&self) -> Option<String> {
        self.state.lock().await.identity.take()
    }

    #[cfg(test)]
    pub(crate) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// What to send before being asked: nothing until the registry has asked once.
    pub(crate) async fn authorization(&self, visit: &Visit<'_>) -> Result<Option<HeaderValue>, Failure> {
        let mut state = self.state.lock().await;
        match state.way.clone() {
            Some(way) => self.header(&mut state, visit, &way).await.map(Some),
            None => Ok(None),
        }
    }

    /// What to send after `challenges`, which came for `rejected`.
    pub(crate) async fn challenged(
        &self,
        visit: &Visit<'_>,
        challenges: &[Challenge],
        rejected: Option<&HeaderValue>,
    ) -> Result<Option<HeaderValue>, Failure> {
        let way = self.choose(visit, challenges)?;
        let mut state = self.state.lock().await;
        // Another request may have got a new one meanwhile.
        if state.tokens.get(visit.scopes).is_some_and(|held| Some(&held.header) == rejected) {
            state.tokens.remove(visit.scopes);
        }
        let header = self.header(&mut state, visit, &way).await?;
        state.way = Some(way);
        Ok(Some(header))
    }

    /// Tokens rather than passwords, as Docker does.
    fn choose(&self, visit: &Visit<'_>, challenges: &[Challenge]) -> Result<Way, Failure> {
        let find = |scheme: &str| challenges.iter().find(|challenge| challenge.scheme == scheme);
        if let Some(bearer) = find("bearer") {
            let service = bearer.parameter("service").map(str::to_owned);
            return Ok(Way::Bearer { realm: realm(visit, bearer)?, service });
        }
        match (find("basic"), &self.credentials) {
            (Some(_), Credentials::Password { .. }) => Ok(Way::Basic),
            (Some(_), _) => Err(Failure::NoCredentials),
            (None, _) => Err(Failure::UnknownScheme { host: visit.host.clone() }),
        }
    }

    async fn header(&self, state: &mut State, visit: &Visit<'_>, way: &Way) -> Result<HeaderValue, Failure> {
        let unusable = || Failure::protocol(visit.host, "its token can stand in no header");
        match (way, &self.credentials) {
            (Way::Basic, Credentials::Password { user, password }) => {
                Ok(basic(user, password).ok_or(Failure::NoCredentials)?)
            }
            (Way::Basic, _) => Err(Failure::NoCredentials),
            (Way::Bearer { .. }, Credentials::RegistryToken(token)) => {
                secret(&format!("Bearer {token}")).ok_or_else(unusable)
            }
            (Way::Bearer { realm, service }, _) => {
                let now = Instant::now();
                state.tokens.retain(|_, held| held.until > now);
                if let Some(held) = state.tokens.get(visit.scopes) {
                    return Ok(held.header.clone());
                }
                let token = self.token(visit, realm, service.as_deref()).await?;
                let header = secret(&format!("Bearer {}", token.value)).ok_or_else(unusable)?;
                let held = Held { header: header.clone(), until: now + token.lifetime };
                state.tokens.insert(visit.scopes.clone(), held);
                state.identity = token.identity;
                Ok(header)
            }
        }
    }

    async fn token(&self, visit: &Visit<'_>, realm: &Url, service: Option<&str>) -> Result<Token, Failure> {
        let request = TokenRequest {
            realm,
            service,
            scopes: visit.scopes,
            credentials: &self.credentials,
            wants_identity: self.wants_identity,
        };
        let fetched = fetch(visit.shared, &request).await;
        fetched.map_err(|failure| match host_of(realm) {
            Ok(host) => Failure::NoToken { host, source: Box::new(failure) },
            Err(bad) => bad,
        })
    }
}

async fn fetch(shared: &Shared, request: &TokenRequest<'_>) -> Result<Token, Failure> {
    let (request, authorization) = request.build();
    let attempt = async || {
        let answer = settled(shared.follow(&request, authorization.as_ref()).await?).await?;
        answer.expect(&[StatusCode::OK]).await?.bytes(LONGEST_ANSWER).await
    };
    Ok(token::parse(&persist(shared.configuration.retries, attempt).await?)?)
}

/// Where a challenge sends for tokens: anywhere, since the registry is believed, but in plain HTTP only where that is configured, or to the
/// registry's own host when that is spoken to so.
fn realm(visit: &Visit<'_>, challenge: &Challenge) -> Result<Url, Failure> {
    let text = challenge.parameter("realm").unwrap_or_default();
    let untrusted = || Failure::Realm { host: visit.host.clone(), realm: plain(text, 256) };
    let url = Url::parse(text).map_err(|_| untrusted())?;
    let host = Host::of_url(&url).ok_or_else(untrusted)?;
    let may_be_plain =
        visit.shared.configuration.insecure.covers(&host) || visit.is_plain && visit.host.serves(&url);
    admit(url, may_be_plain).map_err(|_| untrusted())
}

pub(crate) fn basic(user: &str, password: &str) -> Option<HeaderValue> {
    secret(&format!("Basic {}", BASE64.encode(format!("{user}:{password}"))))
}
