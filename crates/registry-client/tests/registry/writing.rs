//! Pushing: what is there is not sent, what broke goes on, and what the registry says it stored is checked.

use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use corten_error::{Classified, Kind};
use corten_registry_client::{BlobSource, Pushed, Reading, TagOrDigest};
use expect_test::expect;

use super::*;
use crate::server::{Body, Request};

/// Long enough that it does not go with a single request.
fn long() -> Vec<u8> {
    (0..100_000_u32).flat_map(u32::to_le_bytes).collect()
}

/// A registry that takes one upload at a time, and does it well.
#[derive(Default)]
struct Taker {
    got: Mutex<Vec<u8>>,
    stored: Mutex<Vec<u8>>,
}

impl Taker {
    fn answer(&self, request: &Request) -> Reply {
        let mut got = self.got.lock().unwrap();
        let next =
            |status| Reply::new(status, "").header("Location", "/v2/lib/thing/blobs/uploads/1?state=a%2Fb");
        match request.method.as_str() {
            "HEAD" => Reply::new(404, ""),
            "POST" => {
                got.clear();
                next(202)
            }
            "GET" => next(204).header("Range", format!("0-{}", got.len().saturating_sub(1))),
            "PATCH" => {
                got.extend_from_slice(&request.body);
                next(202).header("Range", format!("0-{}", got.len() - 1))
            }
            _ => {
                got.extend_from_slice(&request.body);
                *self.stored.lock().unwrap() = std::mem::take(&mut got);
                Reply::new(201, "")
            }
        }
    }
}

fn source(bytes: &[u8]) -> Arc<dyn BlobSource> {
    Arc::new(Bytes::copy_from_slice(bytes))
}

async fn push(server: &Server, bytes: &[u8]) -> Result<Pushed, Error> {
    repository(server).push_blob(&layer(bytes), source(bytes), None).await
}

#[tokio::test]
async fn a_small_blob_goes_with_one_request_and_a_long_one_with_two() {
    for (bytes, methods) in
        [(b"small".to_vec(), "HEAD POST PUT"), (long(), "HEAD POST PATCH PUT"), (Vec::new(), "HEAD POST PUT")]
    {
        let taker = Arc::new(Taker::default());
        let server = {
            let taker = Arc::clone(&taker);
            Server::start(move |request, _| taker.answer(request)).await
        };
        assert_eq!(push(&server, &bytes).await.unwrap(), Pushed::Sent);
        assert_eq!(*taker.stored.lock().unwrap(), bytes);
        let requests = server.requests();
        let made: Vec<_> = requests.iter().map(|request| request.method.as_str()).collect();
        assert_eq!(made.join(" "), methods);
        let digest = sha256(&bytes).to_string().replace(':', "%3A");
        let put = format!("/v2/lib/thing/blobs/uploads/1?state=a%2Fb&digest={digest}");
        assert_eq!(requests.last().unwrap().target, put, "the query of the location stays");
    }
}

#[tokio::test]
async fn a_broken_upload_goes_on_where_the_registry_got_to() {
    let taker = Arc::new(Taker::default());
    let server = {
        let taker = Arc::clone(&taker);
        Server::start(move |request, earlier| {
            if request.method == "PATCH" && earlier == 0 {
                taker.got.lock().unwrap().extend_from_slice(&request.body[..150_000]);
                return Reply::with(500, Body::Nothing);
            }
            taker.answer(request)
        })
        .await
    };
    let bytes = long();
    assert_eq!(push(&server, &bytes).await.unwrap(), Pushed::Sent);
    assert_eq!(*taker.stored.lock().unwrap(), bytes);
    let requests = server.requests();
    let patches: Vec<_> = requests.iter().filter(|request| request.method == "PATCH").collect();
    assert_eq!(patches.len(), 2);
    assert_eq!(patches[1].body.len(), bytes.len() - 150_000);
    assert_eq!(patches[1].header("content-range"), Some("150000-399999"));
}

#[tokio::test]
async fn an_upload_that_the_registry_forgot_begins_anew() {
    let taker = Arc::new(Taker::default());
    let server = {
        let taker = Arc::clone(&taker);
        Server::start(move |request, earlier| match (request.method.as_str(), earlier) {
            ("PATCH", 0) => Reply::new(404, r#"{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN","message":"x"}]}"#),
            _ => taker.answer(request),
        })
        .await
    };
    let bytes = long();
    push(&server, &bytes).await.unwrap();
    assert_eq!(*taker.stored.lock().unwrap(), bytes);
    assert_eq!(server.requests().iter().filter(|request| request.method == "POST").count(), 2);
}

#[tokio::test]
async fn what_is_there_is_not_sent() {
    let server = Server::start(|_, _| Reply::new(200, vec![0; 5])).await;
    assert_eq!(push(&server, b"small").await.unwrap(), Pushed::Existed);
    let error = push(&server, b"other length").await.unwrap_err();
    expect!["cannot push blob `DIGEST` of `lib/thing` to `SERVER`: the blob has 5 bytes instead of 12"]
        .assert_eq(&text(&error, &server).replace(sha256(b"other length").as_str(), "DIGEST"));
}

#[tokio::test]
async fn a_blob_is_mounted_where_the_registry_agrees_and_sent_where_not() {
    let mounting =
        Server::start(|request, _| Reply::new(if request.method == "HEAD" { 404 } else { 201 }, "")).await;
    let pushed = repository(&mounting).push_blob(&layer(b"small"), source(b"small"), Some("lib/other")).await;
    assert_eq!(pushed.unwrap(), Pushed::Mounted);
    let digest = sha256(b"small").to_string().replace(':', "%3A");
    let post = format!("POST /v2/lib/thing/blobs/uploads/?mount={digest}&from=lib%2Fother");
    assert_eq!(mounting.lines()[1], post);

    let taker = Taker::default();
    let refusing = Server::start(move |request, _| taker.answer(request)).await;
    let pushed = repository(&refusing).push_blob(&layer(b"small"), source(b"small"), Some("lib/other")).await;
    assert_eq!(pushed.unwrap(), Pushed::Sent);
}

#[tokio::test]
async fn a_source_that_cannot_be_read_is_told_and_not_tried_again() {
    struct Broken;
    impl BlobSource for Broken {
        fn read_at(&self, _: u64, _: usize) -> Reading<'_> {
            Box::pin(async { Err(io::Error::from_raw_os_error(5)) })
        }
    }
    let taker = Taker::default();
    let server = Server::start(move |request, _| taker.answer(request)).await;
    let error = repository(&server).push_blob(&layer(b"small"), Arc::new(Broken), None).await.unwrap_err();
    expect!["cannot push blob `DIGEST` of `lib/thing` to `SERVER`: cannot read what is to be pushed: input/output error"].assert_eq(&text(&error, &server).replace(sha256(b"small").as_str(), "DIGEST"));
    assert_eq!(error.kind(), Kind::Internal);
}

#[tokio::test]
async fn a_registry_that_stored_something_else_is_refused() {
    let lie = |reply: Reply| reply.header("Docker-Content-Digest", sha256(b"another").to_string());
    let taker = Taker::default();
    let server = Server::start(move |request, _| match request.method.as_str() {
        "PUT" => lie(taker.answer(request)),
        _ => taker.answer(request),
    })
    .await;
    let error = push(&server, b"small").await.unwrap_err();
    expect!["cannot push blob `DIGEST` of `lib/thing` to `SERVER`: content `DIGEST` has digest `ANOTHER`"]
        .assert_eq(&text(&error, &server).replace(sha256(b"small").as_str(), "DIGEST"));
    let tag = TagOrDigest::Tag("latest".to_owned());
    let error = repository(&server).push_manifest(&tag, OCI_MANIFEST, manifest().0.into()).await.unwrap_err();
    expect![
        "cannot push manifest `latest` of `lib/thing` to `SERVER`: content `MANIFEST` has digest `ANOTHER`"
    ]
    .assert_eq(&text(&error, &server));
}

#[tokio::test]
async fn a_manifest_is_stored_byte_for_byte() {
    let server = Server::start(|_, earlier| Reply::new(if earlier == 0 { 502 } else { 201 }, "")).await;
    let (bytes, digest) = manifest();
    let odd = bytes.replace(':', " :\t");
    let tag = TagOrDigest::Tag("latest".to_owned());
    let pushed = repository(&server).push_manifest(&tag, OCI_MANIFEST, odd.clone().into()).await.unwrap();
    assert_eq!(pushed, sha256(odd.as_bytes()));
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    let put = &requests[1];
    assert_eq!(
        (put.target.as_str(), put.header("content-type")),
        ("/v2/lib/thing/manifests/latest", Some(OCI_MANIFEST))
    );
    assert_eq!(put.body, odd.as_bytes());

    let name = TagOrDigest::Digest(digest);
    let error = repository(&server).push_manifest(&name, OCI_MANIFEST, odd.into()).await.unwrap_err();
    assert!(text(&error, &server).contains("content `MANIFEST` has digest"), "{error}");
    assert_eq!(server.requests().len(), 2, "the registry is not asked to store what has another digest");
}

#[tokio::test]
async fn pushing_asks_for_the_right_to_push_and_to_read_where_it_mounts_from() {
    let tokens = Server::start(|_, _| Reply::new(200, r#"{"token":"t"}"#)).await;
    let challenge = format!("Bearer realm=\"http://{}/token\"", tokens.address);
    let server =
        Server::start(move |request, _| match (request.header("authorization"), request.method.as_str()) {
            (None, _) => Reply::new(401, "").header("WWW-Authenticate", challenge.clone()),
            (Some(_), "HEAD") => Reply::new(404, ""),
            _ => Reply::new(201, ""),
        })
        .await;
    repository(&server).push_blob(&layer(b"small"), source(b"small"), Some("lib/other")).await.unwrap();
    assert_eq!(
        tokens.lines(),
        [
            "GET /token?scope=repository%3Alib%2Fthing%3Apull%2Cpush",
            "GET /token?scope=repository%3Alib%2Fother%3Apull&scope=repository%3Alib%2Fthing%3Apull%2Cpush"
        ]
    );
}

#[tokio::test]
async fn a_session_elsewhere_gets_the_bytes_and_no_credentials() {
    let taker = Arc::new(Taker::default());
    let elsewhere = {
        let taker = Arc::clone(&taker);
        Server::start(move |request, _| taker.answer(request)).await
    };
    let location = format!("http://{}/v2/lib/thing/blobs/uploads/1?state=a%2Fb", elsewhere.address);
    let server =
        Server::start(move |request, _| match (request.header("authorization"), request.method.as_str()) {
            (None, _) => Reply::new(401, "").header("WWW-Authenticate", "Basic realm=r"),
            (Some(_), "HEAD") => Reply::new(404, ""),
            _ => Reply::new(202, "").header("Location", location.clone()),
        })
        .await;
    let reference = reference(&server, "lib/thing");
    let password = corten_registry_client::Credentials::Password {
        user: "me".to_owned(),
        password: "secret".to_owned(),
    };
    let keychain = Keychain::empty().with(reference.domain(), password);
    let repository = Client::new(configuration()).unwrap().repository(&reference, &keychain).unwrap();
    let bytes = long();
    // The well-behaved one elsewhere gives relative locations: the session stays there.
    repository.push_blob(&layer(&bytes), source(&bytes), None).await.unwrap();
    assert_eq!(*taker.stored.lock().unwrap(), bytes);
    assert!(elsewhere.requests().iter().all(|request| request.header("authorization").is_none()));
}

/// A manifest that refers to another.
fn signature() -> String {
    let (subject, config) = (sha256(b"subject"), sha256(b"{}"));
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","artifactType":"a/signature","annotations":{{"by":"me"}},
            "config":{{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{config}","size":2}},"layers":[],
            "subject":{{"mediaType":"{OCI_MANIFEST}","digest":"{subject}","size":5}}}}"#
    )
}

#[tokio::test]
async fn what_refers_to_another_is_put_on_its_list_where_the_registry_does_not() {
    let server =
        Server::start(|request, _| Reply::new(if request.method == "GET" { 404 } else { 201 }, "")).await;
    let bytes = signature();
    let name = TagOrDigest::Digest(sha256(bytes.as_bytes()));
    repository(&server).push_manifest(&name, OCI_MANIFEST, bytes.clone().into()).await.unwrap();
    let requests = server.requests();
    let list = requests.last().unwrap();
    let tag = sha256(b"subject").to_string().replace(':', "-");
    assert_eq!(
        (list.method.as_str(), list.target.clone()),
        ("PUT", format!("/v2/lib/thing/manifests/{tag}"))
    );
    let index: corten_spec::image::Index = serde_json::from_slice(&list.body).unwrap();
    let entry = &index.manifests[0];
    assert_eq!((&entry.digest, entry.size), (&sha256(bytes.as_bytes()), bytes.len() as u64));
    assert_eq!(
        (entry.artifact_type.as_deref(), entry.annotations["by"].as_str()),
        (Some("a/signature"), "me")
    );

    let server =
        Server::start(|_, _| Reply::new(201, "").header("OCI-Subject", sha256(b"subject").to_string())).await;
    repository(&server).push_manifest(&name, OCI_MANIFEST, bytes.into()).await.unwrap();
    assert_eq!(server.requests().len(), 1, "this one keeps the list by itself");
}
