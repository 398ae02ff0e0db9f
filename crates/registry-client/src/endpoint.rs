//! Whom to ask for a repository, in which order, and how.
//! Nobody is asked here.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::authentication::Login;
use crate::configuration::{Configuration, Mirror};
use crate::credentials::{Credentials, Keychain};
use crate::failure::Failure;
use crate::host::{BadHost, Host};

/// Which protocol a registry speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// HTTPS with a certificate that is verified.
    Https,
    /// HTTPS with any certificate, or else plain HTTP.
    Insecure,
    /// Plain HTTP.
    Http,
}

/// A registry that has a repository, or a copy of it.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) host: Host,
    pub(crate) scheme: Scheme,
    pub(crate) login: Login,
    /// Whether there is another one to ask: then nothing is tried twice here.
    pub(crate) is_mirror: bool,
    is_away: AtomicBool,
}

impl Endpoint {
    fn new(host: Host, scheme: Scheme, credentials: Credentials, is_mirror: bool) -> Self {
        Self { host, scheme, login: Login::new(credentials), is_mirror, is_away: AtomicBool::new(false) }
    }

    /// Whether it did not answer when it was asked: for the rest of a pull it is not asked again.
    pub(crate) fn is_away(&self) -> bool {
        self.is_away.load(Ordering::Relaxed)
    }

    /// Notes a failure that says that it does not answer at all.
    pub(crate) fn note(&self, failure: &Failure) {
        let is_away = matches!(
            failure,
            Failure::Unreachable { .. }
                | Failure::Tls { .. }
                | Failure::Connection { .. }
                | Failure::Stalled { .. }
        );
        if is_away {
            self.is_away.store(true, Ordering::Relaxed);
        }
    }
}

/// All that have one repository.
#[derive(Debug)]
pub(crate) struct Endpoints {
    /// In order of preference.
    pub(crate) mirrors: Vec<Endpoint>,
    /// The registry that the reference names.
    pub(crate) home: Endpoint,
}

/// Whom to ask for repositories of `domain`.
///
/// Credentials for the registry are not for its mirrors, which may be anybody's.
pub(crate) fn endpoints(
    domain: &str,
    configuration: &Configuration,
    keychain: &Keychain,
) -> Result<Endpoints, BadHost> {
    let mirrors = configuration.mirrors.get(domain).map(Vec::as_slice).unwrap_or_default();
    let host = Host::of_domain(domain)?;
    Ok(Endpoints {
        mirrors: mirrors.iter().map(|mirror| of_mirror(mirror, configuration, keychain)).collect(),
        home: Endpoint::new(host.clone(), scheme(&host, configuration), keychain.get(domain), false),
    })
}

fn of_mirror(mirror: &Mirror, configuration: &Configuration, keychain: &Keychain) -> Endpoint {
    let scheme = if mirror.is_plain { Scheme::Http } else { scheme(&mirror.host, configuration) };
    Endpoint::new(mirror.host.clone(), scheme, keychain.get(mirror.host.as_str()), true)
}

fn scheme(host: &Host, configuration: &Configuration) -> Scheme {
    if configuration.insecure.covers(host) { Scheme::Insecure } else { Scheme::Https }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insecure::InsecureRegistries;

    #[test]
    fn mirrors_come_first_and_have_credentials_of_their_own() {
        let mirrors = ["https://a.example", "http://b.example", "https://c.example"];
        let configuration = Configuration {
            mirrors: [("docker.io".to_owned(), mirrors.map(|text| text.parse().unwrap()).to_vec())].into(),
            insecure: InsecureRegistries::parse(["c.example"]).unwrap(),
            ..Configuration::default()
        };
        let ours = Credentials::IdentityToken("x".to_owned());
        let keychain = Keychain::empty().with("docker.io", ours.clone());
        let endpoints = endpoints("docker.io", &configuration, &keychain).unwrap();
        let all: Vec<&Endpoint> = endpoints.mirrors.iter().chain([&endpoints.home]).collect();
        let shown: Vec<_> = all.iter().map(|e| (e.host.as_str(), e.scheme)).collect();
        assert_eq!(
            shown,
            [
                ("a.example", Scheme::Https),
                ("b.example", Scheme::Http),
                ("c.example", Scheme::Insecure),
                ("registry-1.docker.io", Scheme::Https)
            ]
        );
        let credentials: Vec<_> = all.iter().map(|e| e.login.credentials()).collect();
        let none = Credentials::Anonymous;
        assert_eq!(credentials, [&none, &none, &none, &ours]);
    }

    #[test]
    fn another_registry_has_no_mirrors_of_docker_hub() {
        let configuration = Configuration {
            mirrors: [("docker.io".to_owned(), vec!["https://a.example".parse().unwrap()])].into(),
            ..Configuration::default()
        };
        let endpoints = endpoints("localhost:5000", &configuration, &Keychain::empty()).unwrap();
        assert!(endpoints.mirrors.is_empty());
        let home = endpoints.home;
        assert_eq!((home.host.as_str(), home.scheme), ("localhost:5000", Scheme::Insecure));
    }
}
