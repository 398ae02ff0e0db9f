//! HTTP clients, one for each host and way to trust it, made when they are first needed.
//! Requests are made elsewhere; no redirect is followed and no body decoded here.

mod certificates;
mod names;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use corten_trust::{AnyCertificate, system_authorities};
use rustls::crypto::{CryptoProvider, ring};
use rustls::{ClientConfig, RootCertStore};

use crate::configuration::Configuration;
use crate::error::Error;
use crate::host::Host;
use certificates::Certificates;
use names::Names;

/// How many bytes of headers an answer may have with HTTP/2. With HTTP/1 it is a hundred headers, in the library's buffer of 400 KiB.
const LONGEST_HEADERS: u32 = 64 * 1024;

/// Whether a host has to prove who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Trust {
    /// With a certificate.
    Verified,
    /// It is believed.
    Unverified,
}

/// All HTTP clients of one [`crate::Client`].
pub(crate) struct Transport {
    configuration: Arc<Configuration>,
    proxies: Vec<reqwest::Proxy>,
    roots: OnceLock<Arc<RootCertStore>>,
    clients: Mutex<HashMap<(Host, Trust), reqwest::Client>>,
}

impl Transport {
    pub(crate) fn new(configuration: Arc<Configuration>) -> Result<Self, Error> {
        let proxies = configuration.proxies.build().map_err(|(value, error)| Error::Setting {
            role: "a proxy",
            value,
            source: error.without_url().into(),
        })?;
        Ok(Self { configuration, proxies, roots: OnceLock::new(), clients: Mutex::default() })
    }

    /// The HTTP client for `host`. The first time it reads certificates, which is short and blocks.
    pub(crate) fn client(&self, host: &Host, trust: Trust) -> Result<reqwest::Client, Error> {
        let key = (host.clone(), trust);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&key) {
            return Ok(client.clone());
        }
        let client = self.build(host, trust)?;
        clients.insert(key, client.clone());
        Ok(client)
    }

    fn build(&self, host: &Host, trust: Trust) -> Result<reqwest::Client, Error> {
        let certificates = Certificates::of_host(&self.configuration.certificate_directories, host)?;
        let agent = match self.configuration.user_agent.as_str() {
            "" => "corten",
            agent => agent,
        };
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(self.tls(certificates, trust)?)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .dns_resolver(Names::default())
            .http2_max_header_list_size(LONGEST_HEADERS)
            .connect_timeout(self.configuration.timeouts.connect)
            .user_agent(agent);
        let builder = self.proxies.iter().cloned().fold(builder, reqwest::ClientBuilder::proxy);
        builder.build().map_err(|error| Error::Setting {
            role: "a registry's host",
            value: host.to_string(),
            source: error.into(),
        })
    }

    fn tls(&self, certificates: Certificates, trust: Trust) -> Result<ClientConfig, Error> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| setting("a TLS library", "ring", error))?;
        let builder = match trust {
            Trust::Verified => builder.with_root_certificates(self.roots_with(&certificates)?),
            Trust::Unverified => {
                builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate::new(&provider)))
            }
        };
        let mut config = match certificates.identity(&provider)? {
            Some(resolver) => builder.with_client_cert_resolver(resolver),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    fn roots_with(&self, certificates: &Certificates) -> Result<Arc<RootCertStore>, Error> {
        let system = self.roots.get_or_init(|| Arc::new(system_authorities()));
        if certificates.authorities.is_empty() {
            return Ok(Arc::clone(system));
        }
        let mut roots = RootCertStore::clone(system);
        for (path, certificate) in &certificates.authorities {
            roots
                .add(certificate.clone())
                .map_err(|error| Error::Certificate { path: path.clone(), source: error.into() })?;
        }
        Ok(Arc::new(roots))
    }
}

/// Without the proxies, whose passwords the HTTP library would print.
impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("configuration", &self.configuration).finish_non_exhaustive()
    }
}

fn setting(role: &'static str, value: &str, error: rustls::Error) -> Error {
    Error::Setting { role, value: value.to_owned(), source: error.into() }
}

/// What signs, verifies and encrypts, named in this one place.
type Provider = CryptoProvider;
