//! What a client is told once: whom to ask instead of whom, whom to trust, and how long to wait.
//! Values only; reading files and the environment is the caller's.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use reqwest::Url;

use crate::host::{BadHost, Host};
use crate::insecure::InsecureRegistries;
use crate::proxies::Proxies;
use crate::retry::Retries;

/// How registries are spoken to.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    /// How the client introduces itself; empty for `corten`.
    pub user_agent: String,
    /// Registries to ask before the one named, by the latter's name in references (`docker.io`), in order of preference.
    pub mirrors: BTreeMap<String, Vec<Mirror>>,
    /// Whom to trust without proof.
    pub insecure: InsecureRegistries,
    /// Directories laid out as Docker's `certs.d`: `<host>/{*.crt,*.cert,*.key}`. All that exist are read.
    pub certificate_directories: Vec<PathBuf>,
    /// Whom to go through.
    pub proxies: Proxies,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// How often to try.
    pub retries: Retries,
}

/// A registry that has copies of another's images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    pub(crate) host: Host,
    pub(crate) is_plain: bool,
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection, TLS included.
    pub connect: Duration,
    /// For an answer to begin once the request is sent.
    pub answer: Duration,
    /// For [`Timeouts::stall_bytes`] more of a body to come or go.
    pub stall: Duration,
    /// The least that must move in that time: who sends a byte a minute is as good as dead.
    pub stall_bytes: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            answer: Duration::from_secs(60),
            stall: Duration::from_secs(60),
            stall_bytes: 4096,
        }
    }
}

impl Mirror {
    /// `https://mirror.example/`, as Docker tells it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}/", if self.is_plain { "http" } else { "https" }, self.host.as_str())
    }
}

/// Reads `https://mirror.example`, or with `http:`, which is a decision for plain HTTP with that mirror.
impl FromStr for Mirror {
    type Err = BadHost;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadHost { text: text.to_owned() };
        let url = Url::parse(text).map_err(|_| bad())?;
        let is_plain = match url.scheme() {
            "http" => true,
            "https" => false,
            _ => return Err(bad()),
        };
        let has_more = url.path() != "/" || url.query().is_some() || url.fragment().is_some();
        let has_user = !url.username().is_empty() || url.password().is_some();
        match Host::of_url(&url) {
            Some(host) if !has_more && !has_user => Ok(Self { host, is_plain }),
            _ => Err(bad()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_is_a_scheme_and_a_host() {
        let mirror: Mirror = "http://mirror.example:5000/".parse().unwrap();
        assert_eq!((mirror.host.as_str(), mirror.is_plain), ("mirror.example:5000", true));
        assert_eq!(mirror.url(), "http://mirror.example:5000/");
        let texts =
            ["mirror.example", "ftp://a", "https://a/b", "https://u:p@a", "https://a?b", "https://a#b"];
        for text in texts {
            assert!(text.parse::<Mirror>().is_err(), "{text}");
        }
    }
}
