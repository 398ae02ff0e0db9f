//! TLS: the daemon shows its certificate, and with `tlsverify` wants one from every client.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use crate::configuration::Document;
use crate::error::DaemonError;

/// What makes streams of connections; `None` where TLS is not asked for.
///
/// # Errors
/// A file that is not named, cannot be read or is no certificate or key.
pub(super) fn acceptor(document: &Document) -> Result<Option<TlsAcceptor>, DaemonError> {
    if !document.tls_verify && document.tls != Some(true) {
        return Ok(None);
    }
    let needed = |path: &Option<PathBuf>, key| path.clone().ok_or(DaemonError::IncompleteTls(key));
    let certificate = needed(&document.tls_certificate, "tlscert")?;
    let key = needed(&document.tls_key, "tlskey")?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| bad(&certificate, error))?;
    let builder = if document.tls_verify {
        let authorities = needed(&document.tls_ca_certificate, "tlscacert")?;
        let mut roots = RootCertStore::empty();
        for authority in chain(&authorities)? {
            roots.add(authority).map_err(|error| bad(&authorities, error))?;
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
        builder.with_client_cert_verifier(verifier.map_err(|error| bad(&authorities, error))?)
    } else {
        builder.with_no_client_auth()
    };
    let private = PrivateKeyDer::from_pem_slice(&read(&key)?).map_err(|error| bad(&key, error))?;
    let mut server =
        builder.with_single_cert(chain(&certificate)?, private).map_err(|error| bad(&certificate, error))?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(server))))
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, DaemonError> {
    let bytes = read(path)?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let all = all.map_err(|error| bad(path, error))?;
    if all.is_empty() { Err(bad(path, "there is no certificate in it")) } else { Ok(all) }
}

fn read(path: &Path) -> Result<Vec<u8>, DaemonError> {
    fs::read(path).map_err(|error| bad(path, error))
}

fn bad<E: Display>(path: &Path, why: E) -> DaemonError {
    DaemonError::Certificate { path: path.to_owned(), why: why.to_string() }
}

#[cfg(test)]
mod tests {
    use rustls::ClientConfig;
    use rustls::pki_types::ServerName;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio_rustls::TlsConnector;

    use super::*;

    /// A file of `certificates`, which holds two authorities, each with a certificate for `localhost` and its key. They secure nothing.
    fn file(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src/listen/certificates").join(name)
    }

    fn verifying() -> Document {
        Document {
            tls_verify: true,
            tls_ca_certificate: Some(file("ours-ca.pem")),
            tls_certificate: Some(file("ours-cert.pem")),
            tls_key: Some(file("ours-key.pem")),
            ..Document::default()
        }
    }

    /// What a client hears that shows the certificate of one of the authorities, or none.
    async fn hear(acceptor: TlsAcceptor, own: Option<&str>) -> std::io::Result<String> {
        let mut roots = RootCertStore::empty();
        for authority in chain(&file("ours-ca.pem")).unwrap() {
            roots.add(authority).unwrap();
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let builder = builder.with_root_certificates(roots);
        let client = match own {
            None => builder.with_no_client_auth(),
            Some(own) => {
                let key = read(&file(&format!("{own}-key.pem"))).unwrap();
                let certificates = chain(&file(&format!("{own}-cert.pem"))).unwrap();
                let key = PrivateKeyDer::from_pem_slice(&key).unwrap();
                builder.with_client_auth_cert(certificates, key).unwrap()
            }
        };
        let (near, far) = tokio::io::duplex(1 << 16);
        let served = tokio::spawn(async move {
            let mut stream = acceptor.accept(far).await?;
            stream.write_all(b"hello").await?;
            stream.shutdown().await
        });
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = TlsConnector::from(Arc::new(client)).connect(name, near).await?;
        let mut heard = String::new();
        let read = stream.read_to_string(&mut heard).await;
        served.await.unwrap()?;
        read.map(|_| heard)
    }

    #[tokio::test]
    async fn only_clients_that_somebody_vouches_for_are_served() {
        let acceptor = acceptor(&verifying()).unwrap().unwrap();
        assert_eq!(hear(acceptor.clone(), Some("ours")).await.unwrap(), "hello");
        assert!(hear(acceptor.clone(), Some("strangers")).await.is_err());
        assert!(hear(acceptor, None).await.is_err());
        let open = Document { tls_verify: false, tls: Some(true), ..verifying() };
        let acceptor = super::acceptor(&open).unwrap().unwrap();
        assert_eq!(hear(acceptor, None).await.unwrap(), "hello");
    }

    #[test]
    fn what_is_missing_or_unfit_is_named() {
        let refusal = |document: Document| acceptor(&document).err().unwrap().to_string();
        let missing = Document { tls_ca_certificate: None, ..verifying() };
        assert_eq!(refusal(missing), "TLS needs `tlscacert`");
        let swapped = Document { tls_certificate: Some(file("ours-key.pem")), ..verifying() };
        let refused = refusal(swapped);
        assert!(
            refused.starts_with("could not load X509 key pair: ") && refused.contains("ours-key.pem"),
            "{refused}"
        );
        assert!(acceptor(&Document::default()).unwrap().is_none());
    }
}
