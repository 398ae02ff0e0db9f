//! Searches a registry, by the one operation of the protocol before the distribution protocol that is still served.

use http::StatusCode;
use reqwest::Url;

use crate::answer::search::{FoundRepository, parse};
use crate::asked::{Action, Asked};
use crate::authentication::{Scopes, basic};
use crate::client::Client;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::failure::Failure;
use crate::host::{BadHost, Host};
use crate::request::Request;

/// Docker Hub, as references name it, and where it can be searched.
const HUB: &str = "docker.io";
const HUB_INDEX: &str = "index.docker.io";

/// The most bytes of an answer: a hundred descriptions are some ten kilobytes.
const LONGEST: u64 = 4 * 1024 * 1024;

impl Client {
    /// What the registry that references call `domain` finds for `term`, `limit` repositories at most. A name and a password go along; tokens do not,
    /// which are for repositories.
    ///
    /// # Errors
    /// [`Error::Asked`]: with [`Failure::Refused`] where it cannot be searched, [`Failure::Search`] for an answer that cannot be read, and what goes
    /// wrong on the way.
    pub async fn search(
        &self,
        domain: &str,
        term: &str,
        limit: u32,
        credentials: &Credentials,
    ) -> Result<Vec<FoundRepository>, Error> {
        let asked = Asked {
            action: Action::Search(term.to_owned()),
            repository: String::new(),
            registry: domain.to_owned(),
        };
        self.find(domain, term, limit, credentials).await.map_err(|failure| asked.failed(failure))
    }

    async fn find(
        &self,
        domain: &str,
        term: &str,
        limit: u32,
        credentials: &Credentials,
    ) -> Result<Vec<FoundRepository>, Failure> {
        let host: Host = if domain == HUB { HUB_INDEX } else { domain }.parse()?;
        let schemes: &[&str] =
            if self.shared.configuration.insecure.covers(&host) { &["https", "http"] } else { &["https"] };
        let mut outcome = Err(Failure::Host(BadHost { text: domain.to_owned() }));
        for scheme in schemes {
            let url = url(scheme, &host, term, limit)?;
            outcome = self.found_at(url, credentials).await;
            if !outcome.as_ref().is_err_and(Failure::is_unreachable) {
                break;
            }
        }
        outcome
    }

    async fn found_at(&self, url: Url, credentials: &Credentials) -> Result<Vec<FoundRepository>, Failure> {
        let authorization = match credentials {
            Credentials::Password { user, password } => basic(user, password),
            _ => None,
        };
        let request = Request::get(url, &Scopes::none());
        let answer = self.shared.follow(&request, authorization.as_ref()).await?;
        let mut answer = answer.expect(&[StatusCode::OK]).await?;
        Ok(parse(&answer.bytes(LONGEST).await?)?)
    }
}

fn url(scheme: &str, host: &Host, term: &str, limit: u32) -> Result<Url, BadHost> {
    let mut url = Url::parse(&format!("{scheme}://{host}/v1/search"))
        .map_err(|_| BadHost { text: host.to_string() })?;
    url.query_pairs_mut().append_pair("q", term).append_pair("n", &limit.to_string());
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::url;

    #[test]
    fn a_term_is_escaped() {
        let url = url("https", &"index.docker.io".parse().unwrap(), "a b/&c", 25).unwrap();
        assert_eq!(url.as_str(), "https://index.docker.io/v1/search?q=a+b%2F%26c&n=25");
    }
}
