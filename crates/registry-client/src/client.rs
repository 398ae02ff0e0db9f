//! The client: what all repositories share.
//! It asks nobody by itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use corten_spec::reference::Reference;
use http::StatusCode;

use crate::asked::{Action, Asked};
use crate::authentication::Scopes;
use crate::configuration::Configuration;
use crate::credentials::{Credentials, Keychain};
use crate::endpoint::endpoints;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::host::Host;
use crate::repository::Repository;
use crate::request::Request;
use crate::transport::Transport;

/// A client of any number of registries. Clones share connections.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) shared: Arc<Shared>,
}

/// What requests need, whatever they are for.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) configuration: Arc<Configuration>,
    pub(crate) transport: Transport,
    /// What insecure registries turned out to speak.
    schemes: Mutex<HashMap<Host, &'static str>>,
}

impl Client {
    /// A client with that configuration.
    ///
    /// # Errors
    /// [`Error::Setting`] for a proxy that is none.
    pub fn new(configuration: Configuration) -> Result<Self, Error> {
        let configuration = Arc::new(configuration);
        let transport = Transport::new(Arc::clone(&configuration))?;
        Ok(Self { shared: Arc::new(Shared { configuration, transport, schemes: Mutex::default() }) })
    }

    /// The repository that `reference` names; its tag and digest do not matter. Nobody is asked yet.
    ///
    /// Tokens are kept in the repository and its clones: one of them serves a whole pull.
    ///
    /// # Errors
    /// When the reference's registry is no host.
    pub fn repository(&self, reference: &Reference, keychain: &Keychain) -> Result<Repository, Error> {
        let endpoints =
            endpoints(reference.domain(), &self.shared.configuration, keychain).map_err(|source| {
                Error::Setting {
                    role: "a registry",
                    value: reference.domain().to_owned(),
                    source: source.into(),
                }
            })?;
        Ok(Repository::new(Arc::clone(&self.shared), reference, endpoints))
    }

    /// The URL of the registry that references call `domain`, with the scheme that it turned out to speak, or else HTTPS.
    pub fn url(&self, domain: &str) -> String {
        let host = Host::of_domain(domain);
        let scheme = host.as_ref().ok().and_then(|host| self.shared.known_scheme(host)).unwrap_or("https");
        format!("{scheme}://{}/v2/", host.as_ref().map_or(domain, Host::as_str))
    }

    /// Shows credentials to the registry that references call `domain`, which need not have anything: whether it lets the user in.
    ///
    /// Gives an identity token where the token server has such: it is to be kept in place of the password.
    ///
    /// # Errors
    /// [`Error::Asked`]: with [`Failure::Refused`] or [`Failure::NoCredentials`] when it does not let the user in, and what goes wrong on
    /// the way.
    pub async fn login(&self, domain: &str, credentials: Credentials) -> Result<Option<String>, Error> {
        let keychain = Keychain::empty().with(domain, credentials);
        let asked = Asked { action: Action::Login, repository: String::new(), registry: domain.to_owned() };
        self.login_with(domain, &keychain).await.map_err(|failure| asked.failed(failure))
    }

    async fn login_with(&self, domain: &str, keychain: &Keychain) -> Result<Option<String>, Failure> {
        let mut endpoint = endpoints(domain, &self.shared.configuration, keychain)?.home;
        endpoint.login = endpoint.login.wanting_identity();
        let exchange = Exchange { shared: &self.shared, endpoint: &endpoint };
        let request = Request::get(exchange.url("").await?, &Scopes::none());
        exchange.send(&request).await?.expect(&[StatusCode::OK]).await?;
        Ok(endpoint.login.identity().await)
    }
}

impl Shared {
    /// What an insecure registry turned out to speak.
    pub(crate) fn known_scheme(&self, host: &Host) -> Option<&'static str> {
        self.schemes.lock().unwrap_or_else(PoisonError::into_inner).get(host).copied()
    }

    pub(crate) fn remember_scheme(&self, host: &Host, scheme: &'static str) {
        self.schemes.lock().unwrap_or_else(PoisonError::into_inner).insert(host.clone(), scheme);
    }
}
