//! The client against registries that behave, and against those that misbehave, one test for each way.
//! Everything is on loopback.
#![allow(clippy::unwrap_used)]

mod authentication;
mod blobs;
mod lists;
mod manifests;
mod proxies;
mod redirects;
mod server;
mod tls;
mod writing;

use std::time::Duration;

use corten_error::chain;
use corten_registry_client::{Client, Configuration, Error, Keychain, Repository, Retries, Timeouts};
use corten_spec::digest::Digest;
use corten_spec::image::Descriptor;
use corten_spec::image::media_type::{OCI_LAYER, OCI_MANIFEST};
use corten_spec::reference::Reference;
use sha2::{Digest as _, Sha256};

use server::{Reply, Server};

/// Short waits: nothing here is slow by nature.
fn configuration() -> Configuration {
    let millisecond = Duration::from_millis(1);
    Configuration {
        retries: Retries { attempts: 3, first_wait: millisecond, longest_wait: 5 * millisecond },
        ..Configuration::default()
    }
}

fn reference(server: &Server, path: &str) -> Reference {
    format!("{}/{path}", server.address).parse().unwrap()
}

fn repository(server: &Server) -> Repository {
    repository_with(server, configuration())
}

fn repository_with(server: &Server, configuration: Configuration) -> Repository {
    let client = Client::new(configuration).unwrap();
    client.repository(&reference(server, "lib/thing"), &Keychain::empty()).unwrap()
}

fn sha256(bytes: &[u8]) -> Digest {
    Digest::from_sha256(Sha256::digest(bytes).into())
}

fn layer(bytes: &[u8]) -> Descriptor {
    Descriptor::new(OCI_LAYER, sha256(bytes), bytes.len() as u64)
}

/// A small manifest and its digest.
fn manifest() -> (String, Digest) {
    let text = format!(r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{{}},"layers":[]}}"#);
    let digest = sha256(text.as_bytes());
    (text, digest)
}

fn manifest_reply() -> Reply {
    Reply::new(200, manifest().0).header("Content-Type", OCI_MANIFEST)
}

/// The whole error on one line, with the server's address and the digests of what is used here by name.
fn text(error: &Error, server: &Server) -> String {
    let names = [
        (server.address.to_string(), "SERVER"),
        (manifest().1.to_string(), "MANIFEST"),
        (sha256(blobs::BLOB).to_string(), "BLOB"),
        (sha256(b"another").to_string(), "ANOTHER"),
    ];
    names.iter().fold(chain(error), |text, (long, short)| text.replace(long, short))
}

/// Compiles only if they do.
#[test]
fn all_operations_may_move_between_threads() {
    fn check<T: Send>(_: impl FnOnce(Client, Repository) -> T) {}
    check(|client, _| async move { client.login("a", corten_registry_client::Credentials::Anonymous).await });
    check(|_, repository| async move {
        let tag = corten_registry_client::TagOrDigest::Tag("a".to_owned());
        let _ = (repository.manifest(&tag).await, repository.resolve(&tag).await);
        let _ = (repository.tags().await, repository.referrers(&manifest().1, None).await);
        let _ = repository.push_manifest(&tag, OCI_MANIFEST, bytes::Bytes::new()).await;
        let source = std::sync::Arc::new(bytes::Bytes::new());
        let _ = repository.push_blob(&layer(b""), source, None).await;
        repository.blob(&layer(b""), 0).chunk().await
    });
}
