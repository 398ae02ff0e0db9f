//! Proxies: who goes through them.

use corten_registry_client::{InsecureRegistries, Proxies, TagOrDigest};

use super::*;

async fn fetch(through: &Server) -> Result<(), Error> {
    let proxy = format!("http://me:secret@{}", through.address);
    let configuration = Configuration {
        // The probe for HTTPS has to end somewhere too.
        proxies: Proxies { http: proxy.clone(), https: proxy, except: String::new() },
        insecure: InsecureRegistries::parse(["127.0.0.0/8", "192.0.2.1"]).unwrap(),
        ..configuration()
    };
    let reference: Reference = "192.0.2.1/lib/thing".parse().unwrap();
    let repository = Client::new(configuration).unwrap().repository(&reference, &Keychain::empty()).unwrap();
    repository.manifest(&TagOrDigest::Tag("latest".to_owned())).await.map(drop)
}

#[tokio::test]
async fn requests_go_through_the_proxy_with_its_password() {
    let proxy = Server::start(|request, _| match request.method.as_str() {
        "CONNECT" => Reply::new(403, ""),
        _ => manifest_reply(),
    })
    .await;
    fetch(&proxy).await.unwrap();
    let requests = proxy.requests();
    let last = requests.last().unwrap();
    assert_eq!(last.target, "http://192.0.2.1/v2/lib/thing/manifests/latest");
    assert_eq!(last.header("proxy-authorization"), Some("Basic bWU6c2VjcmV0"));
}

#[tokio::test]
async fn loopback_never_goes_through_a_proxy() {
    let proxy = Server::start(|_, _| Reply::new(500, "")).await;
    let server = Server::start(|_, _| manifest_reply()).await;
    let url = format!("http://{}", proxy.address);
    let proxies = Proxies { http: url.clone(), https: url, except: String::new() };
    let repository = repository_with(&server, Configuration { proxies, ..configuration() });
    repository.manifest(&TagOrDigest::Tag("latest".to_owned())).await.unwrap();
    assert!(proxy.requests().is_empty());
}

#[tokio::test]
async fn a_proxy_that_is_none_is_refused_without_telling_its_password() {
    let proxies = Proxies { https: "http://me:secret@[".to_owned(), ..Proxies::default() };
    let error = Client::new(Configuration { proxies, ..configuration() }).unwrap_err();
    assert!(!chain(&error).contains("secret"), "{}", chain(&error));
    assert!(chain(&error).starts_with("cannot use `http://[` as a proxy: "), "{}", chain(&error));
}
