//! The request for a token: what is sent to a token server, and with which credentials.
//! Nothing is sent here.
//!
//! Source: Docker Registry v2 authentication, "token" and "oauth2".

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use reqwest::Url;

use super::login::basic;
use super::scope::Scopes;
use crate::credentials::Credentials;
use crate::payload::Payload;
use crate::request::Request;

/// How token servers are told which program asks.
const CLIENT_ID: &str = "corten";

#[derive(Debug)]
pub(super) struct TokenRequest<'a> {
    pub(super) realm: &'a Url,
    pub(super) service: Option<&'a str>,
    pub(super) scopes: &'a Scopes,
    pub(super) credentials: &'a Credentials,
    /// Whether to ask for an identity token too.
    pub(super) wants_identity: bool,
}

impl TokenRequest<'_> {
    /// The request, and the header that authorizes it. An identity token goes into a form, a password into a header.
    pub(super) fn build(&self) -> (Request, Option<HeaderValue>) {
        match self.credentials {
            Credentials::IdentityToken(token) => (self.form(token), None),
            Credentials::Password { user, password } => (self.query(Some(user)), basic(user, password)),
            Credentials::Anonymous | Credentials::RegistryToken(_) => (self.query(None), None),
        }
    }

    fn query(&self, account: Option<&str>) -> Request {
        let mut url = self.realm.clone();
        let mut pairs = url.query_pairs_mut();
        if let Some(account) = account {
            pairs.append_pair("account", account);
        }
        pairs.extend_pairs(self.service.map(|service| ("service", service)));
        pairs.extend_pairs(self.scopes.iter().map(|scope| ("scope", scope)));
        if self.wants_identity {
            pairs.append_pair("offline_token", "true").append_pair("client_id", CLIENT_ID);
        }
        drop(pairs);
        Request::get(url, &Scopes::none())
    }

    fn form(&self, token: &str) -> Request {
        // The encoding of forms is that of queries.
        let mut form = self.realm.clone();
        form.set_query(None);
        let scopes: Vec<&str> = self.scopes.iter().collect();
        form.query_pairs_mut()
            .append_pair("grant_type", "refresh_token")
            .extend_pairs(self.service.map(|service| ("service", service)))
            .append_pair("client_id", CLIENT_ID)
            .append_pair("scope", &scopes.join(" "))
            .append_pair("refresh_token", token);
        let mut request = Request::new(Method::POST, self.realm.clone(), &Scopes::none());
        let form = Bytes::copy_from_slice(form.query().unwrap_or_default().as_bytes());
        request.body = Payload::Bytes(form);
        request.is_secret = true;
        request.header(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(credentials: &Credentials) -> (Request, Option<HeaderValue>) {
        let realm = Url::parse("https://auth.example/token?a=b").unwrap();
        let scopes = Scopes::pull("library/alpine");
        TokenRequest {
            realm: &realm,
            service: Some("the registry"),
            scopes: &scopes,
            credentials,
            wants_identity: false,
        }
        .build()
    }

    #[test]
    fn a_password_goes_into_a_header_that_is_not_logged() {
        let password =
            Credentials::Password { user: "me".to_owned(), password: "secret:with colon".to_owned() };
        let (request, authorization) = build(&password);
        let url = "https://auth.example/token?a=b&account=me&service=the+registry&scope=repository%3Alibrary%2Falpine%3Apull";
        assert_eq!((request.method, request.url.as_str()), (Method::GET, url));
        let authorization = authorization.unwrap();
        assert_eq!(authorization, "Basic bWU6c2VjcmV0OndpdGggY29sb24=");
        assert!(authorization.is_sensitive());
    }

    #[test]
    fn an_identity_token_goes_into_a_form() {
        let (request, authorization) = build(&Credentials::IdentityToken("a&b".to_owned()));
        assert_eq!((request.method, authorization), (Method::POST, None));
        assert_eq!(request.url.as_str(), "https://auth.example/token?a=b");
        let form = "grant_type=refresh_token&service=the+registry&client_id=corten&scope=repository%3Alibrary%2Falpine%3Apull&refresh_token=a%26b";
        assert!(matches!(request.body, Payload::Bytes(bytes) if bytes == form));
    }

    #[test]
    fn nobody_in_particular_sends_no_credentials() {
        let (request, authorization) = build(&Credentials::Anonymous);
        assert_eq!(authorization, None);
        assert!(!request.url.as_str().contains("account"));
    }
}
