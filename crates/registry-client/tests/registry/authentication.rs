//! Being let in, and what must never reach anybody else.

use corten_error::{Classified, Kind};
use corten_registry_client::{Credentials, TagOrDigest};
use expect_test::expect;

use super::*;

pub(crate) fn tag() -> TagOrDigest {
    TagOrDigest::Tag("latest".to_owned())
}

pub(crate) fn password() -> Credentials {
    Credentials::Password { user: "me".to_owned(), password: "secret".to_owned() }
}

/// `Basic` and what [`password`] becomes.
pub(crate) const BASIC: &str = "Basic bWU6c2VjcmV0";

pub(crate) fn login(server: &Server, credentials: Credentials) -> Repository {
    login_with(server, credentials, configuration())
}

pub(crate) fn login_with(
    server: &Server,
    credentials: Credentials,
    configuration: Configuration,
) -> Repository {
    let reference = reference(server, "lib/thing");
    let keychain = Keychain::empty().with(reference.domain(), credentials);
    Client::new(configuration).unwrap().repository(&reference, &keychain).unwrap()
}

/// A token server that gives `token-0`, `token-1` and so on.
async fn token_server() -> Server {
    Server::start(|_, earlier| Reply::new(200, format!(r#"{{"token":"token-{earlier}","expires_in":300}}"#)))
        .await
}

/// The challenge that sends there.
fn bearer(tokens: &Server) -> String {
    format!(r#"Bearer realm="http://{}/token",service="the registry""#, tokens.address)
}

/// A registry that wants the header `expected`, and else sends the challenge.
pub(crate) async fn guarded(challenge: String, expected: &'static str) -> Server {
    Server::start(move |request, _| match request.header("authorization") {
        Some(given) if given == expected => manifest_reply(),
        _ => Reply::new(401, r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#)
            .header("WWW-Authenticate", challenge.clone()),
    })
    .await
}

#[tokio::test]
async fn a_token_is_fetched_once_and_used_from_then_on() {
    let tokens = token_server().await;
    let server = guarded(bearer(&tokens), "Bearer token-0").await;
    let repository = login(&server, Credentials::Anonymous);
    for _ in 0..3 {
        repository.manifest(&tag()).await.unwrap();
    }
    let token = "GET /token?service=the+registry&scope=repository%3Alib%2Fthing%3Apull";
    assert_eq!(tokens.lines(), [token]);
    assert_eq!(tokens.requests()[0].header("authorization"), None);
    assert_eq!(server.requests().len(), 4, "only the first request had to be made twice");
}

#[tokio::test]
async fn requests_at_once_share_one_token() {
    let tokens = token_server().await;
    let server = guarded(bearer(&tokens), "Bearer token-0").await;
    let repository = login(&server, password());
    let wanted = tag();
    let all = tokio::join!(
        repository.manifest(&wanted),
        repository.manifest(&wanted),
        repository.manifest(&wanted)
    );
    assert!(all.0.is_ok() && all.1.is_ok() && all.2.is_ok());
    assert_eq!(tokens.requests().len(), 1);
    assert_eq!(tokens.requests()[0].header("authorization"), Some(BASIC));
}

#[tokio::test]
async fn a_token_that_is_not_accepted_any_more_is_replaced() {
    let tokens = token_server().await;
    let challenge = bearer(&tokens);
    let server = Server::start(move |request, earlier| {
        let accepted = if earlier < 2 { "Bearer token-0" } else { "Bearer token-1" };
        match request.header("authorization") {
            Some(given) if given == accepted => manifest_reply(),
            _ => Reply::new(401, "").header("WWW-Authenticate", challenge.clone()),
        }
    })
    .await;
    let repository = login(&server, Credentials::Anonymous);
    repository.manifest(&tag()).await.unwrap();
    repository.manifest(&tag()).await.unwrap();
    assert_eq!(tokens.requests().len(), 2);
}

#[tokio::test]
async fn an_identity_token_is_changed_for_an_access_token() {
    let tokens = Server::start(|_, _| Reply::new(200, r#"{"access_token":"token-0"}"#)).await;
    let server = guarded(bearer(&tokens), "Bearer token-0").await;
    login(&server, Credentials::IdentityToken("identity".to_owned())).manifest(&tag()).await.unwrap();
    let request = &tokens.requests()[0];
    assert_eq!((request.method.as_str(), request.header("authorization")), ("POST", None));
    let body = String::from_utf8_lossy(&request.body).into_owned();
    assert!(body.contains("refresh_token=identity") && body.contains("grant_type=refresh_token"), "{body}");
}

#[tokio::test]
async fn an_identity_token_does_not_follow_a_redirect() {
    let elsewhere = token_server().await;
    let location = format!("http://{}/", elsewhere.address);
    let tokens = Server::start(move |_, _| Reply::new(307, "").header("Location", location.clone())).await;
    let server = guarded(bearer(&tokens), "no").await;
    let identity = Credentials::IdentityToken("identity".to_owned());
    let error = login(&server, identity).manifest(&tag()).await.unwrap_err();
    assert!(chain(&error).ends_with("that would take credentials along"), "{}", chain(&error));
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn a_registry_token_is_passed_on_as_it_is() {
    let tokens = token_server().await;
    let server = guarded(bearer(&tokens), "Bearer given").await;
    login(&server, Credentials::RegistryToken("given".to_owned())).manifest(&tag()).await.unwrap();
    assert!(tokens.requests().is_empty());
}

#[tokio::test]
async fn a_password_is_only_sent_after_it_was_asked_for() {
    let server = guarded(r#"Digest x="y", Basic realm="r""#.to_owned(), BASIC).await;
    let repository = login(&server, password());
    repository.manifest(&tag()).await.unwrap();
    repository.manifest(&tag()).await.unwrap();
    let given: Vec<_> =
        server.requests().iter().map(|request| request.header("authorization").map(str::to_owned)).collect();
    assert_eq!(given, [None, Some(BASIC.to_owned()), Some(BASIC.to_owned())]);
}

#[tokio::test]
async fn who_has_no_credentials_is_told_so_in_the_words_of_docker() {
    let server = guarded("Basic realm=r".to_owned(), BASIC).await;
    let error = login(&server, Credentials::Anonymous).manifest(&tag()).await.unwrap_err();
    expect!["cannot fetch manifest `latest` of `lib/thing` from `SERVER`: no basic auth credentials"]
        .assert_eq(&text(&error, &server));
    assert_eq!(error.kind(), Kind::Unauthorized);
}

#[tokio::test]
async fn a_registry_that_is_never_content_is_asked_three_times_at_most() {
    let tokens = token_server().await;
    let server = guarded(bearer(&tokens), "Bearer none is right").await;
    let error = login(&server, password()).manifest(&tag()).await.unwrap_err();
    expect![
        "cannot fetch manifest `latest` of `lib/thing` from `SERVER`: unauthorized: authentication required"
    ]
    .assert_eq(&text(&error, &server));
    assert_eq!((server.requests().len(), tokens.requests().len()), (3, 2));
    let server = guarded("Basic realm=r".to_owned(), "none is right").await;
    let error = login(&server, password()).manifest(&tag()).await.unwrap_err();
    assert_eq!((error.kind(), server.requests().len()), (Kind::Unauthorized, 2));
}

#[tokio::test]
async fn a_scope_that_does_not_suffice_is_a_denial() {
    let tokens = token_server().await;
    let server = guarded(bearer(&tokens) + r#",error="insufficient_scope""#, "no").await;
    let error = login(&server, Credentials::Anonymous).manifest(&tag()).await.unwrap_err();
    expect!["cannot fetch manifest `latest` of `lib/thing` from `SERVER`: denied: requested access to the resource is denied"].assert_eq(&text(&error, &server));
    assert_eq!(error.refusal().unwrap().code(), "DENIED");
    assert_eq!((server.requests().len(), tokens.requests().len()), (2, 1), "another token would not help");
}

#[tokio::test]
async fn a_refusal_without_a_challenge_is_the_registrys_word() {
    let body = r#"{"errors":[{"code":"UNAUTHORIZED","message":"no such user"}]}"#;
    let server = Server::start(move |_, _| Reply::new(401, body)).await;
    let error = login(&server, password()).manifest(&tag()).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().to_string(), "unauthorized: no such user");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn the_words_of_a_token_server_are_passed_on() {
    let tokens =
        Server::start(|_, _| Reply::new(401, r#"{"details":"incorrect username or password"}"#)).await;
    let server = guarded(bearer(&tokens), "no").await;
    let error = login(&server, password()).manifest(&tag()).await.unwrap_err();
    expect!["cannot fetch manifest `latest` of `lib/thing` from `SERVER`: cannot get a token from `TOKENS`: unauthorized: incorrect username or password"].assert_eq(&text(&error, &server).replace(&tokens.address.to_string(), "TOKENS"));
    assert_eq!(error.refusal().unwrap().code(), "UNAUTHORIZED");
}

#[tokio::test]
async fn junk_from_a_token_server_is_no_token() {
    for (body, expected) in [
        (
            "<html>",
            expect![
                "cannot fetch manifest `latest` of `lib/thing` from `SERVER`: cannot get a token from `TOKENS`: the answer of the token server cannot be read: expected value at line 1 column 1"
            ],
        ),
        (
            "{}",
            expect![
                "cannot fetch manifest `latest` of `lib/thing` from `SERVER`: cannot get a token from `TOKENS`: the answer of the token server has no token"
            ],
        ),
        (
            r#"{"token":"a\r\nX-Evil: b"}"#,
            expect![
                "cannot fetch manifest `latest` of `lib/thing` from `SERVER`: cannot get a token from `TOKENS`: the answer of the token server has no token"
            ],
        ),
    ] {
        let tokens = Server::start(move |_, _| Reply::new(200, body)).await;
        let server = guarded(bearer(&tokens), "no").await;
        let error = login(&server, password()).manifest(&tag()).await.unwrap_err();
        expected.assert_eq(&text(&error, &server).replace(&tokens.address.to_string(), "TOKENS"));
    }
}

#[tokio::test]
async fn challenges_that_cannot_be_met_are_refused() {
    for (challenge, expected) in [
        (
            "Bearer realm=\"open",
            expect![
                "cannot fetch manifest `latest` of `lib/thing` from `SERVER`: `SERVER` asks for authentication in a way that cannot be read: the challenge cannot be read at byte 18"
            ],
        ),
        (
            "Negotiate",
            expect![
                "cannot fetch manifest `latest` of `lib/thing` from `SERVER`: `SERVER` asks for authentication of an unknown kind"
            ],
        ),
        (
            "Bearer service=x",
            expect![
                "cannot fetch manifest `latest` of `lib/thing` from `SERVER`: `SERVER` sends for tokens to ``, which is not trusted with credentials"
            ],
        ),
        (
            "Bearer realm=\"http://192.0.2.1/token\"",
            expect![
                "cannot fetch manifest `latest` of `lib/thing` from `SERVER`: `SERVER` sends for tokens to `http://192.0.2.1/token`, which is not trusted with credentials"
            ],
        ),
        (
            "Bearer realm=\"file:///etc/passwd\"",
            expect![
                "cannot fetch manifest `latest` of `lib/thing` from `SERVER`: `SERVER` sends for tokens to `file:///etc/passwd`, which is not trusted with credentials"
            ],
        ),
        (
            "Bearer realm=\"https://user@192.0.2.1/\"",
            expect![
                "cannot fetch manifest `latest` of `lib/thing` from `SERVER`: `SERVER` sends for tokens to `https://user@192.0.2.1/`, which is not trusted with credentials"
            ],
        ),
    ] {
        let server = guarded(challenge.to_owned(), "no").await;
        let error = login(&server, password()).manifest(&tag()).await.unwrap_err();
        expected.assert_eq(&text(&error, &server));
    }
}

#[tokio::test]
async fn who_logs_in_gets_an_identity_token_where_there_are_such() {
    let body = r#"{"token":"t","refresh_token":"identity"}"#;
    let tokens = Server::start(move |_, _| Reply::new(200, body)).await;
    let server = guarded(bearer(&tokens), "Bearer t").await;
    let client = Client::new(configuration()).unwrap();
    let identity = client.login(&server.address.to_string(), password()).await.unwrap();
    assert_eq!(identity.as_deref(), Some("identity"));
    let expected = "GET /token?account=me&service=the+registry&offline_token=true&client_id=corten";
    assert_eq!(
        (tokens.lines(), tokens.requests()[0].header("authorization")),
        (vec![expected.to_owned()], Some(BASIC))
    );
}

#[tokio::test]
async fn a_login_that_fails_says_why() {
    let server = guarded("Basic realm=r".to_owned(), "none is right").await;
    let client = Client::new(configuration()).unwrap();
    let error = client.login(&server.address.to_string(), password()).await.unwrap_err();
    expect!["cannot log in to `SERVER`: unauthorized: authentication required"]
        .assert_eq(&text(&error, &server));
    let error = client.login("127.0.0.1:1", Credentials::Anonymous).await.unwrap_err();
    expect!["cannot log in to `127.0.0.1:1`: cannot connect to `127.0.0.1:1`: connection refused"]
        .assert_eq(&chain(&error));
    assert_eq!(error.kind(), Kind::Unavailable);
    let error = client.login("a host", Credentials::Anonymous).await.unwrap_err();
    expect!["cannot log in to `a host`: `a host` is no host, or no host with a port"]
        .assert_eq(&chain(&error));
}
