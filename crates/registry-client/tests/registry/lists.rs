//! Tags and referrers, page by page; what a tag names.

use corten_registry_client::{Mirror, TagOrDigest};
use corten_spec::image::media_type::OCI_INDEX;
use expect_test::expect;

use super::*;

#[tokio::test]
async fn tags_come_page_by_page() {
    let server = Server::start(|request, _| match request.target.as_str() {
        "/v2/lib/thing/tags/list?n=1000" => Reply::new(200, r#"{"tags":["a","b"]}"#)
            .header("Link", r#"</v2/lib/thing/tags/list?n=2&last=b>; rel="next""#),
        "/v2/lib/thing/tags/list?n=2&last=b" => Reply::new(200, r#"{"tags":["c"]}"#),
        _ => Reply::new(404, ""),
    })
    .await;
    assert_eq!(repository(&server).tags().await.unwrap(), ["a", "b", "c"]);
}

#[tokio::test]
async fn mirrors_list_the_tags_of_a_registry_that_cannot_be_reached_and_of_no_other() {
    let mirror = Server::start(|_, _| Reply::new(200, r#"{"tags":["mirrored"]}"#)).await;
    let address: Mirror = format!("http://{}", mirror.address).parse().unwrap();
    let mirrored = |registry: &str| {
        let mirrors = [(registry.to_owned(), vec![address.clone()])].into();
        Client::new(Configuration { mirrors, ..configuration() }).unwrap()
    };
    let tags = async |registry: &str| {
        let reference = Reference::parse(&format!("{registry}/lib/thing")).unwrap();
        mirrored(registry).repository(&reference, &Keychain::empty()).unwrap().tags().await
    };
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    assert_eq!(tags(&nobody).await.unwrap(), ["mirrored"]);
    let server = Server::start(|_, _| Reply::new(404, "")).await;
    tags(&server.address.to_string()).await.unwrap_err();
    assert_eq!(mirror.requests().len(), 1);
}

#[tokio::test]
async fn a_list_without_an_end_is_refused() {
    for (link, expected) in [
        (
            "</v2/lib/thing/tags/list?n=1000>; rel=next",
            expect![
                "cannot list the tags of `lib/thing` at `SERVER`: `SERVER` gives an answer that makes no sense: its list goes round in circles"
            ],
        ),
        (
            "</v2/x>; rel=next",
            expect![
                "cannot list the tags of `lib/thing` at `SERVER`: `SERVER` gives an answer that makes no sense: its list goes round in circles"
            ],
        ),
        (
            "<http://192.0.2.1/>; rel=next",
            expect![
                "cannot list the tags of `lib/thing` at `SERVER`: `SERVER` gives an answer that makes no sense: its list goes on somewhere else"
            ],
        ),
    ] {
        let server =
            Server::start(move |_, _| Reply::new(200, r#"{"tags":["a"]}"#).header("Link", link)).await;
        let error = repository(&server).tags().await.unwrap_err();
        expected.assert_eq(&text(&error, &server));
    }
    let server = Server::start(|request, _| {
        let next = format!("<{}x>; rel=next", request.target);
        Reply::new(200, r#"{"tags":["a"]}"#).header("Link", next)
    })
    .await;
    let error = repository(&server).tags().await.unwrap_err();
    expect!["cannot list the tags of `lib/thing` at `SERVER`: `SERVER` gives an answer that makes no sense: its list has more than 1000 pages"].assert_eq(&text(&error, &server));
    assert_eq!(server.requests().len(), 1000);
}

fn index(types: &[&str]) -> String {
    let manifests = types.iter().map(|artifact_type| {
        let (_, digest) = manifest();
        format!(r#"{{"mediaType":"{OCI_MANIFEST}","digest":"{digest}","size":5,"artifactType":"{artifact_type}"}}"#)
    });
    let manifests = manifests.collect::<Vec<_>>().join(",");
    format!(r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[{manifests}]}}"#)
}

async fn referrers(server: &Server, artifact_type: Option<&str>) -> Vec<Option<String>> {
    let found = repository(server).referrers(&sha256(b"subject"), artifact_type).await.unwrap();
    found.into_iter().map(|descriptor| descriptor.artifact_type).collect()
}

#[tokio::test]
async fn referrers_are_listed_and_filtered_whether_the_registry_filters_or_not() {
    let server =
        Server::start(|_, _| Reply::new(200, index(&["a/x", "b/y"])).header("Content-Type", OCI_INDEX)).await;
    assert_eq!(referrers(&server, None).await.len(), 2);
    assert_eq!(referrers(&server, Some("b/y")).await, [Some("b/y".to_owned())]);
    assert!(server.lines()[1].ends_with("?artifactType=b%2Fy"));
}

#[tokio::test]
async fn a_registry_without_referrers_has_them_under_a_tag_or_not_at_all() {
    let server = Server::start(|request, _| match request.target.contains("/manifests/sha256-") {
        true => Reply::new(200, index(&["a/x"])).header("Content-Type", OCI_INDEX),
        false => Reply::new(404, "404 page not found"),
    })
    .await;
    assert_eq!(referrers(&server, None).await, [Some("a/x".to_owned())]);
    let server = Server::start(|_, _| Reply::new(404, "")).await;
    assert!(referrers(&server, None).await.is_empty());
}

#[tokio::test]
async fn what_a_tag_names_is_told_without_fetching_it() {
    let (bytes, digest) = manifest();
    let told = digest.to_string();
    let server =
        Server::start(move |_, _| manifest_reply().header("Docker-Content-Digest", told.clone())).await;
    let descriptor = repository(&server).resolve(&TagOrDigest::Tag("latest".to_owned())).await.unwrap();
    assert_eq!(descriptor, Descriptor::new(OCI_MANIFEST, digest, bytes.len() as u64));
    assert_eq!(server.lines(), ["HEAD /v2/lib/thing/manifests/latest"]);
}

#[tokio::test]
async fn a_registry_that_does_not_tell_is_asked_for_the_manifest() {
    let server = Server::start(|_, _| manifest_reply()).await;
    let descriptor = repository(&server).resolve(&TagOrDigest::Tag("latest".to_owned())).await.unwrap();
    assert_eq!(descriptor.digest, manifest().1);
    let unknown = r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#;
    let server = Server::start(move |_, _| Reply::new(404, unknown)).await;
    let error = repository(&server).resolve(&TagOrDigest::Tag("latest".to_owned())).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().to_string(), "manifest unknown: manifest unknown");
}
