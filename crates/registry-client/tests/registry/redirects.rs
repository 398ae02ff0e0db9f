//! Redirects and mirrors: where requests go, and what must never go along.

use std::sync::{Arc, OnceLock};

use corten_error::{Classified, Kind};
use corten_registry_client::Mirror;
use expect_test::expect;

use super::*;
use crate::authentication::{BASIC, guarded, login, login_with, password, tag};
use crate::server::{Body, Request};

/// What `server` got that nobody but the registry may see.
fn secrets(server: &Server) -> Vec<Request> {
    server.requests().into_iter().filter(|request| request.header("authorization").is_some()).collect()
}

#[tokio::test]
async fn a_redirect_takes_no_credentials_along() {
    let elsewhere = Server::start(|_, _| manifest_reply()).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("http://{}/signed?x=y#f", elsewhere.address);
        let server = Server::start(move |request, _| match request.header("authorization") {
            Some(BASIC) => Reply::new(status, "").header("Location", location.clone()),
            _ => Reply::new(401, "").header("WWW-Authenticate", "Basic realm=r"),
        })
        .await;
        login(&server, password()).manifest(&tag()).await.unwrap();
    }
    assert_eq!(elsewhere.lines(), ["GET /signed?x=y"; 5]);
    assert!(secrets(&elsewhere).is_empty());
}

#[tokio::test]
async fn who_is_redirected_to_cannot_ask_for_credentials() {
    let elsewhere =
        Server::start(|_, _| Reply::new(401, "").header("WWW-Authenticate", "Basic realm=r")).await;
    let location = format!("http://{}/", elsewhere.address);
    let server = Server::start(move |_, _| Reply::new(307, "").header("Location", location.clone())).await;
    let error = login(&server, password()).manifest(&tag()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unauthorized);
    assert!(secrets(&elsewhere).is_empty());
    assert_eq!(elsewhere.requests().len(), 1);
}

#[tokio::test]
async fn a_redirect_back_home_does_not_get_credentials_again() {
    let home = Arc::new(OnceLock::new());
    let elsewhere = {
        let home = Arc::clone(&home);
        Server::start(move |_, _| {
            Reply::new(307, "").header("Location", format!("http://{}/back", home.get().unwrap()))
        })
        .await
    };
    let away = format!("http://{}/", elsewhere.address);
    let server =
        Server::start(move |request, _| match (request.target.as_str(), request.header("authorization")) {
            ("/back", _) => manifest_reply(),
            (_, Some(BASIC)) => Reply::new(307, "").header("Location", away.clone()),
            _ => Reply::new(401, "").header("WWW-Authenticate", "Basic realm=r"),
        })
        .await;
    home.set(server.address.to_string()).unwrap();
    login(&server, password()).manifest(&tag()).await.unwrap();
    assert!(secrets(&elsewhere).is_empty());
    let back = server.requests().into_iter().find(|request| request.target == "/back").unwrap();
    assert_eq!(
        back.header("authorization"),
        None,
        "who was elsewhere sends it to a place that a stranger chose"
    );
}

#[tokio::test]
async fn redirects_end() {
    let server =
        Server::start(|request, _| Reply::new(302, "").header("Location", request.target.clone() + "x"))
            .await;
    let error = login(&server, password()).manifest(&tag()).await.unwrap_err();
    expect!["cannot fetch manifest `latest` of `lib/thing` from `SERVER`: `SERVER` redirects to ``: that is one redirect too many"].assert_eq(&text(&error, &server));
    assert_eq!(server.requests().len(), 11);
}

#[tokio::test]
async fn nobody_follows_to_plain_http_at_a_host_that_is_not_configured_for_it() {
    let location = "http://192.0.2.1/blob?signature=secret";
    let server = Server::start(move |_, _| Reply::new(302, "").header("Location", location)).await;
    let error = login(&server, password()).manifest(&tag()).await.unwrap_err();
    expect!["cannot fetch manifest `latest` of `lib/thing` from `SERVER`: `SERVER` redirects to `http://192.0.2.1/blob`: that is plain HTTP, and the host is not configured for it"].assert_eq(&text(&error, &server));
}

#[tokio::test]
async fn a_mirror_gets_no_credentials_of_the_registry_and_its_failure_does_not_matter() {
    let mirror = guarded("Basic realm=r".to_owned(), "none is right").await;
    let server = guarded("Basic realm=r".to_owned(), BASIC).await;
    let address: Vec<Mirror> = vec![format!("http://{}", mirror.address).parse().unwrap()];
    let mirrors = [(server.address.to_string(), address)].into();
    let repository = login_with(&server, password(), Configuration { mirrors, ..configuration() });
    repository.manifest(&tag()).await.unwrap();
    assert_eq!(mirror.requests().len(), 1);
    assert!(secrets(&mirror).is_empty());
}

#[tokio::test]
async fn a_mirror_that_does_not_answer_is_asked_once() {
    let mirror = Server::start(|_, _| Reply::with(200, Body::Nothing)).await;
    let server = Server::start(|_, _| manifest_reply()).await;
    let address: Mirror = format!("http://{}", mirror.address).parse().unwrap();
    let mirrors = [(server.address.to_string(), vec![address])].into();
    let repository = repository_with(&server, Configuration { mirrors, ..configuration() });
    for _ in 0..3 {
        repository.manifest(&tag()).await.unwrap();
    }
    assert_eq!((mirror.requests().len(), server.requests().len()), (1, 3));
}

#[tokio::test]
async fn what_a_mirror_gives_wrongly_comes_from_the_registry() {
    let mirror = Server::start(|_, _| Reply::new(200, [blobs::BLOB, b"x"].concat())).await;
    let server = Server::start(|_, _| Reply::new(200, blobs::BLOB)).await;
    let address: Mirror = format!("http://{}", mirror.address).parse().unwrap();
    let mirrors = [(server.address.to_string(), vec![address])].into();
    let repository = repository_with(&server, Configuration { mirrors, ..configuration() });
    let mut stream = repository.blob(&layer(blobs::BLOB), 0);
    assert_eq!(stream.chunk().await.unwrap().unwrap(), blobs::BLOB);
    assert_eq!(stream.chunk().await.unwrap(), None);
}
