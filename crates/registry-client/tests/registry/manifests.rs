//! Manifests: what is taken, what is refused, and with which words.

use corten_error::{Classified, Kind};
use corten_registry_client::TagOrDigest;
use expect_test::{Expect, expect};

use super::*;
use crate::server::{Body, Request};

fn tag() -> TagOrDigest {
    TagOrDigest::Tag("latest".to_owned())
}

async fn fails(handler: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static, expected: Expect) -> Kind {
    let server = Server::start(handler).await;
    let error = repository(&server).manifest(&tag()).await.unwrap_err();
    expected.assert_eq(&text(&error, &server));
    error.kind()
}

#[tokio::test]
async fn a_manifest_comes_by_tag_and_by_digest() {
    let server = Server::start(|_, _| manifest_reply()).await;
    let (bytes, digest) = manifest();
    let repository = repository(&server);
    for wanted in [tag(), TagOrDigest::Digest(digest.clone())] {
        let fetched = repository.manifest(&wanted).await.unwrap();
        assert_eq!((fetched.bytes, fetched.digest), (bytes.clone().into(), digest.clone()));
        assert_eq!((fetched.media_type.as_str(), OCI_MANIFEST), (OCI_MANIFEST, OCI_MANIFEST));
    }
    assert_eq!(
        server.lines(),
        ["GET /v2/lib/thing/manifests/latest".to_owned(), format!("GET /v2/lib/thing/manifests/{digest}")]
    );
}

#[tokio::test]
async fn a_registry_is_quoted_where_it_says_no() {
    let body = r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest\u001b unknown"}]}"#;
    let expected = expect![
        "cannot fetch manifest `latest` of `lib/thing` from `SERVER`: manifest unknown: manifest unknown"
    ];
    assert_eq!(fails(move |_, _| Reply::new(404, body), expected).await, Kind::NotFound);
}

#[tokio::test]
async fn another_manifest_than_the_one_asked_for_is_refused() {
    let server = Server::start(|_, _| manifest_reply()).await;
    let wanted = TagOrDigest::Digest(sha256(b"another"));
    let error = repository(&server).manifest(&wanted).await.unwrap_err();
    expect!["cannot fetch manifest `ANOTHER` of `lib/thing` from `SERVER`: content `ANOTHER` has digest `MANIFEST`"].assert_eq(&text(&error, &server));
}

#[tokio::test]
async fn a_registry_that_lies_about_the_digest_is_refused() {
    let told = sha256(b"another").to_string();
    fails(move |_, _| manifest_reply().header("Docker-Content-Digest", told.clone()), expect!["cannot fetch manifest `latest` of `lib/thing` from `SERVER`: content `ANOTHER` has digest `MANIFEST`"]).await;
    fails(|_, _| manifest_reply().header("Docker-Content-Digest", "sha256:12\u{1}"), expect!["cannot fetch manifest `latest` of `lib/thing` from `SERVER`: cannot speak with `SERVER`: invalid HTTP header parsed"]).await;
}

#[tokio::test]
async fn a_registry_that_lies_about_the_media_type_is_refused() {
    let html = |_: &Request, _| Reply::new(200, "<html>").header("Content-Type", "text/html");
    fails(html, expect!["cannot fetch manifest `latest` of `lib/thing` from `SERVER`: the manifest is refused: it cannot be read: expected value at line 1 column 1"]).await;
    let other = "application/vnd.oci.image.index.v1+json";
    fails(move |_, _| Reply::new(200, manifest().0).header("Content-Type", other), expect!["cannot fetch manifest `latest` of `lib/thing` from `SERVER`: the manifest is refused: the registry calls it `application/vnd.oci.image.index.v1+json`, and it calls itself `application/vnd.oci.image.manifest.v1+json`"]).await;
}

#[tokio::test]
async fn a_giant_manifest_is_not_read() {
    fails(|_, _| Reply::with(200, Body::Cut(4 << 20 | 1, Vec::new())), expect!["cannot fetch manifest `latest` of `lib/thing` from `SERVER`: the answer has more than 4194304 bytes"]).await;
    fails(|_, _| Reply::with(200, Body::Endless), expect!["cannot fetch manifest `latest` of `lib/thing` from `SERVER`: the answer has more than 4194304 bytes"]).await;
}

#[tokio::test]
async fn headers_without_an_end_are_not_read() {
    fails(|_, _| Reply::with(200, Body::EndlessHeaders), expect!["cannot fetch manifest `latest` of `lib/thing` from `SERVER`: cannot speak with `SERVER`: message head is too large"]).await;
}

#[tokio::test]
async fn two_failures_are_forgiven() {
    let server = Server::start(|_, earlier| match earlier {
        0 => Reply::new(500, "oh"),
        1 => Reply::with(200, Body::Nothing),
        _ => manifest_reply(),
    })
    .await;
    repository(&server).manifest(&tag()).await.unwrap();
    assert_eq!(server.lines().len(), 3);
}

#[tokio::test]
async fn a_manifest_that_ends_too_early_is_asked_for_anew() {
    let server = Server::start(|_, earlier| match earlier {
        0 => Reply::with(200, Body::Cut(manifest().0.len(), manifest().0[..9].into())),
        _ => manifest_reply(),
    })
    .await;
    repository(&server).manifest(&tag()).await.unwrap();
    assert_eq!(server.lines().len(), 2);
}

#[tokio::test]
async fn a_registry_that_fails_for_good_is_not_asked_for_ever() {
    fails(|_, _| Reply::new(503, "oh"), expect!["cannot fetch manifest `latest` of `lib/thing` from `SERVER`: received unexpected HTTP status: 503 Service Unavailable"]).await;
    fails(|_, _| Reply::with(200, Body::Nothing), expect!["cannot fetch manifest `latest` of `lib/thing` from `SERVER`: cannot speak with `SERVER`: connection closed before message completed"]).await;
}

#[tokio::test]
async fn a_registry_that_wants_to_be_left_alone_is() {
    for wait in ["0".to_owned(), "Sun, 06 Nov 1994 08:49:37 GMT".to_owned(), "99999999999".to_owned()] {
        let server = Server::start(move |_, earlier| match earlier {
            0 => Reply::new(429, "").header("Retry-After", wait.clone()),
            _ => manifest_reply(),
        })
        .await;
        repository(&server).manifest(&tag()).await.unwrap();
    }
}

#[test]
fn a_reference_whose_registry_is_no_host_is_refused() {
    let reference: Reference = "my_host.com/image".parse().unwrap();
    let client = Client::new(configuration()).unwrap();
    let error = client.repository(&reference, &Keychain::empty()).unwrap_err();
    expect!["cannot use `` as a registry: `` is no host, or no host with a port"].assert_eq(&chain(&error));
}
