//! TLS: who is believed, who is not, and who the client says it is.
//!
//! Loopback is believed without proof, so the registry is `registry.test`, reached through a proxy that connects to itself.

use std::path::Path;
use std::sync::Arc;

use corten_registry_client::{InsecureRegistries, Proxies, TagOrDigest};
use expect_test::{Expect, expect};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;

const AUTHORITY: &str = include_str!("certificates/authority.pem");
const SERVER: (&str, &str) =
    (include_str!("certificates/server.pem"), include_str!("certificates/server.key.pem"));
const CLIENT: (&str, &str) =
    (include_str!("certificates/client.pem"), include_str!("certificates/client.key.pem"));

fn certificate(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}

fn server_config(asks_for_client: bool) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = if asks_for_client {
        let mut roots = RootCertStore::empty();
        roots.add(certificate(AUTHORITY)).unwrap();
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        builder.with_client_cert_verifier(verifier)
    } else {
        builder.with_no_client_auth()
    };
    let key = PrivateKeyDer::from_pem_slice(SERVER.1.as_bytes()).unwrap();
    builder.with_single_cert(vec![certificate(SERVER.0)], key).unwrap()
}

/// A proxy with the registry inside.
async fn start(asks_for_client: bool) -> Proxies {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let https = format!("http://{}", listener.local_addr().unwrap());
    let acceptor = TlsAcceptor::from(Arc::new(server_config(asks_for_client)));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, acceptor.clone()));
        }
    });
    Proxies { http: https.clone(), https, except: String::new() }
}

async fn serve(mut stream: TcpStream, acceptor: TlsAcceptor) -> Option<()> {
    let connect = head(&mut stream).await?;
    assert!(connect.starts_with("CONNECT registry.test:443 "), "{connect}");
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
    let mut stream = acceptor.accept(stream).await.ok()?;
    while head(&mut stream).await.is_some() {
        let (body, length) = (manifest().0, manifest().0.len());
        let reply = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {OCI_MANIFEST}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(reply.as_bytes()).await.ok()?;
    }
    Some(())
}

/// A request without a body.
async fn head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut lines = BufReader::with_capacity(1, stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if lines.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    Some(head)
}

async fn fetch(proxies: Proxies, certificates: &Path, insecure: &[&str]) -> Result<(), String> {
    let configuration = Configuration {
        proxies,
        certificate_directories: vec![certificates.to_owned()],
        insecure: InsecureRegistries::parse(insecure).unwrap(),
        ..configuration()
    };
    let reference: Reference = "registry.test/lib/thing".parse().unwrap();
    let repository = Client::new(configuration).unwrap().repository(&reference, &Keychain::empty()).unwrap();
    let fetched = repository.manifest(&TagOrDigest::Tag("latest".to_owned())).await;
    fetched.map(drop).map_err(|error| chain(&error).replace(&*certificates.to_string_lossy(), "CERTS"))
}

/// A directory as `certs.d`, with these files for the registry.
fn certificates(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let host = directory.path().join("registry.test");
    std::fs::create_dir(&host).unwrap();
    for (name, text) in files {
        std::fs::write(host.join(name), text).unwrap();
    }
    directory
}

async fn check(asks_for_client: bool, files: &[(&str, &str)], expected: Expect) {
    let directory = certificates(files);
    let outcome = fetch(start(asks_for_client).await, directory.path(), &[]).await;
    expected.assert_eq(&outcome.err().unwrap_or_else(|| "fetched".to_owned()));
}

#[tokio::test]
async fn a_registry_is_believed_by_the_systems_authorities_and_its_own() {
    check(false, &[], expect!["cannot fetch manifest `latest` of `lib/thing` from `registry.test`: cannot speak TLS with `registry.test`: invalid peer certificate: UnknownIssuer"]).await;
    check(false, &[("ca.crt", AUTHORITY)], expect!["fetched"]).await;
}

#[tokio::test]
async fn a_registry_configured_as_insecure_is_believed_without_proof() {
    let directory = certificates(&[]);
    assert_eq!(fetch(start(false).await, directory.path(), &["registry.test"]).await, Ok(()));
}

#[tokio::test]
async fn a_registry_that_wants_a_certificate_gets_the_one_that_is_for_it() {
    let own = [("ca.crt", AUTHORITY), ("client.cert", CLIENT.0), ("client.key", CLIENT.1)];
    check(true, &own, expect!["fetched"]).await;
    check(true, &own[..1], expect!["cannot fetch manifest `latest` of `lib/thing` from `registry.test`: cannot speak TLS with `registry.test`: received fatal alert: CertificateRequired"]).await;
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named() {
    check(false, &[("client.cert", CLIENT.0)], expect!["cannot fetch manifest `latest` of `lib/thing` from `registry.test`: cannot prepare the connection to `registry.test`: cannot read `CERTS/registry.test/client.cert`: missing key `CERTS/registry.test/client.key` for client certificate"]).await;
    check(false, &[("client.key", CLIENT.1)], expect!["cannot fetch manifest `latest` of `lib/thing` from `registry.test`: cannot prepare the connection to `registry.test`: cannot read `CERTS/registry.test/client.key`: missing client certificate `CERTS/registry.test/client.cert` for key"]).await;
    check(false, &[("ca.crt", "nonsense")], expect!["cannot fetch manifest `latest` of `lib/thing` from `registry.test`: cannot prepare the connection to `registry.test`: cannot read `CERTS/registry.test/ca.crt`: there is no certificate in it"]).await;
    check(false, &[("client.cert", CLIENT.0), ("client.key", SERVER.1)], expect!["cannot fetch manifest `latest` of `lib/thing` from `registry.test`: cannot prepare the connection to `registry.test`: cannot read `CERTS/registry.test/client.key`: keys may not be consistent: KeyMismatch"]).await;
}
