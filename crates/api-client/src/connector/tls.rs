//! TLS on the client's side: whom to believe, and what to show.
//!
//! It reads no file but the system's own authorities; the bytes are the caller's.

use std::sync::Arc;

use corten_trust::{AnyCertificate, system_authorities};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// What TLS is made of: the content of PEM files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsMaterial {
    /// Authorities that vouch for the engine; the system's where there are none.
    pub authorities: Option<Vec<u8>>,
    /// The client's certificate, with those in between behind it.
    pub certificate: Option<Vec<u8>>,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Whether the engine is believed without proof.
    pub skip_verification: bool,
}

/// Why there can be no TLS. The texts are those of Docker's client.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// No certificate among the authorities.
    #[error("failed to retrieve context tls info: ca.pem seems invalid")]
    Authorities,
    /// No key in the file of the key.
    #[error("no valid private key found")]
    Key,
    /// A key that needs a password.
    #[error(
        "private key is encrypted - support for encrypted private keys has been removed, see https://docs.docker.com/go/deprecated/"
    )]
    EncryptedKey,
    /// The certificate cannot be read, or does not fit the key.
    #[error("failed to retrieve context tls info: {0}")]
    Identity(String),
    /// The library refuses.
    #[error("cannot prepare TLS")]
    Library(#[from] rustls::Error),
}

/// A way to make connections private.
#[derive(Clone)]
pub struct Tls(TlsConnector);

impl Tls {
    /// TLS with what the material says.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn new(material: &TlsMaterial) -> Result<Self, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder =
            ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
        let builder = if material.skip_verification {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate::new(&provider)))
        } else {
            builder.with_root_certificates(roots(material.authorities.as_deref())?)
        };
        let mut config = match (&material.certificate, &material.key) {
            (Some(certificate), Some(key)) => {
                let unfit = |why: String| TlsError::Identity(why);
                let chain = certificates(certificate).map_err(|error| unfit(error.to_string()))?;
                builder
                    .with_client_auth_cert(chain, private_key(key)?)
                    .map_err(|error| unfit(error.to_string()))?
            }
            _ => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    /// Shakes hands over a connection to `host`.
    pub(super) async fn wrap(&self, host: &str, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.to_owned()).map_err(std::io::Error::other)?;
        self.0.connect(name, stream).await
    }
}

fn roots(authorities: Option<&[u8]>) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    if let Some(authorities) = authorities {
        let found = certificates(authorities).map_err(|_| TlsError::Authorities)?;
        let (known, _) = roots.add_parsable_certificates(found);
        return if known == 0 { Err(TlsError::Authorities) } else { Ok(roots) };
    }
    Ok(system_authorities())
}

fn certificates(bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    CertificateDer::pem_slice_iter(bytes).collect()
}

fn private_key(bytes: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    let text = String::from_utf8_lossy(bytes);
    if text.contains("ENCRYPTED") {
        return Err(TlsError::EncryptedKey);
    }
    PrivateKeyDer::from_pem_slice(bytes).map_err(|_| TlsError::Key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(material: &TlsMaterial) -> String {
        Tls::new(material).err().unwrap().to_string()
    }

    #[test]
    fn what_is_no_certificate_or_key_is_told_in_dockers_words() {
        let junk = Some(b"junk".to_vec());
        let authorities = TlsMaterial { authorities: junk.clone(), ..TlsMaterial::default() };
        assert_eq!(refusal(&authorities), "failed to retrieve context tls info: ca.pem seems invalid");
        let key = TlsMaterial { certificate: junk.clone(), key: junk, ..TlsMaterial::default() };
        assert_eq!(refusal(&key), "no valid private key found");
        let locked = Some(b"-----BEGIN ENCRYPTED PRIVATE KEY-----".to_vec());
        let locked = TlsMaterial { key: locked, ..key };
        assert!(refusal(&locked).starts_with("private key is encrypted"));
    }
}
