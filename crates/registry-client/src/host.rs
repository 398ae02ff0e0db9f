//! Where a registry listens: a name or an address, with or without a port.
//! Nothing is resolved.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use reqwest::Url;

/// Docker Hub, as references name it.
const DOCKER_HUB: &str = "docker.io";
/// Where Docker Hub's registry really is.
const DOCKER_HUB_HOST: &str = "registry-1.docker.io";

/// `name`, `name:port`, `address:port`, `[address]:port`; in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Host(Box<str>);

/// A text that is no host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no host, or no host with a port")]
pub struct BadHost {
    /// The text.
    pub text: String,
}

impl Host {
    /// The host that serves what references call `domain`.
    ///
    /// # Errors
    /// [`BadHost`] when it is none: a reference's domain may be odd in ways that no URL can be.
    pub fn of_domain(domain: &str) -> Result<Self, BadHost> {
        if domain == DOCKER_HUB { Ok(Self(DOCKER_HUB_HOST.into())) } else { domain.parse() }
    }

    /// The host that a URL names, with the port where it is not the scheme's.
    pub(crate) fn of_url(url: &Url) -> Option<Self> {
        let name = url.host_str()?;
        Some(match url.port() {
            Some(port) => Self(format!("{name}:{port}").into()),
            None => Self(name.into()),
        })
    }

    /// Whether it is the host of `url`, be the scheme's own port written or not.
    pub(crate) fn serves(&self, url: &Url) -> bool {
        self.spellings(url.scheme()).any(|own| Self::of_url(url).is_some_and(|host| host.as_str() == own))
    }

    /// How it can be written for a scheme: as it is, and without or with the scheme's own port. Configurations may have either.
    pub(crate) fn spellings(&self, scheme: &str) -> impl Iterator<Item = String> {
        let port = if scheme == "http" { ":80" } else { ":443" };
        let has_port = !self.0.ends_with(']')
            && self.0.rsplit_once(']').map_or(&*self.0, |(_, rest)| rest).contains(':');
        let other = match self.0.strip_suffix(port) {
            Some(bare) => Some(bare.to_owned()),
            None => (!has_port).then(|| format!("{}{port}", self.0)),
        };
        [Some(self.0.to_string()), other].into_iter().flatten()
    }

    /// The text, as `certs.d` names its directories.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name or address without the port; an IPv6 address without brackets.
    pub fn name(&self) -> &str {
        match self.0.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or(rest),
            None => self.0.split(':').next().unwrap_or(&self.0),
        }
    }

    /// The address, if it is written as one.
    pub fn address(&self) -> Option<IpAddr> {
        self.name().parse().ok()
    }

    /// Whether nobody but this machine can be meant: `localhost`, or a loopback address.
    ///
    /// A name that a name server says is 127.0.0.1 is not: the server could say something else the next time.
    pub fn is_loopback(&self) -> bool {
        let name = self.name();
        name == "localhost" || name.ends_with(".localhost") || self.address().is_some_and(|a| a.is_loopback())
    }
}

impl FromStr for Host {
    type Err = BadHost;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadHost { text: text.to_owned() };
        let odd = |byte: u8| !(byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte));
        if text.is_empty() || text.bytes().any(odd) {
            return Err(bad());
        }
        // The scheme has no port of its own that a URL would leave out, so what was written stays.
        let url = Url::parse(&format!("registry://{text}/")).map_err(|_| bad())?;
        if url.host_str().is_none_or(str::is_empty) || !url.username().is_empty() || text.ends_with(':') {
            return Err(bad());
        }
        Ok(Self(text.to_ascii_lowercase().into()))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_hub_is_served_elsewhere() {
        assert_eq!(Host::of_domain("docker.io").unwrap().as_str(), "registry-1.docker.io");
        assert_eq!(Host::of_domain("Example.org:5000").unwrap().as_str(), "example.org:5000");
    }

    #[test]
    fn a_host_is_a_name_or_an_address_and_a_port() {
        for (text, name) in
            [("a.example", "a.example"), ("a:443", "a"), ("127.0.0.1:5000", "127.0.0.1"), ("[::1]:80", "::1")]
        {
            let host: Host = text.parse().unwrap();
            assert_eq!((host.as_str(), host.name()), (text, name));
        }
        for text in ["", "a/b", "user@a", "a:", "a:x", "a b", "a?b", "a#b", "[::1", "a:70000", "a\n"] {
            assert_eq!(text.parse::<Host>(), Err(BadHost { text: text.to_owned() }));
        }
    }

    #[test]
    fn a_schemes_own_port_may_be_written_or_not() {
        let serves = |host: &str, url: &str| host.parse::<Host>().unwrap().serves(&Url::parse(url).unwrap());
        assert!(
            serves("a:443", "https://a/x")
                && serves("a", "https://a:443/x")
                && serves("[::1]:80", "http://[::1]/")
        );
        assert!(
            !serves("a:443", "http://a/x") && !serves("a:80", "https://a/x") && !serves("a", "https://b/")
        );
        assert!(!serves("a:5000", "https://a/") && !serves("a", "https://a:5000/"));
        let spellings = |host: &str| host.parse::<Host>().unwrap().spellings("https").collect::<Vec<_>>();
        assert_eq!(spellings("a"), ["a", "a:443"]);
        assert_eq!(spellings("a:443"), ["a:443", "a"]);
        assert_eq!(spellings("a:5000"), ["a:5000"]);
        assert_eq!(spellings("[::1]"), ["[::1]", "[::1]:443"]);
    }

    #[test]
    fn only_names_that_cannot_be_elsewhere_are_loopback() {
        for (text, expected) in [
            ("localhost:5000", true),
            ("a.localhost", true),
            ("127.3.2.1", true),
            ("[::1]:5000", true),
            ("127.0.0.1.example", false),
            ("localhost.example", false),
            ("10.0.0.1", false),
        ] {
            assert_eq!(text.parse::<Host>().unwrap().is_loopback(), expected, "{text}");
        }
    }
}
