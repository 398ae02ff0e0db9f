//! Which proxy a request goes through.
//! The environment is not read: whoever configures the client has read it.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use reqwest::{NoProxy, Proxy};

/// What `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say; empty for none.
///
/// A URL may begin with `http`, `https`, `socks5` or `socks5h`, and have a user and a password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// For `http:` URLs.
    pub http: String,
    /// For `https:` URLs.
    pub https: String,
    /// Whom to speak to directly: names (with all below them), addresses, networks or `*`, separated by commas.
    pub except: String,
}

/// Without users and passwords.
impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (http, https) = (without_user(&self.http), without_user(&self.https));
        f.debug_struct("Proxies")
            .field("http", &http)
            .field("https", &https)
            .field("except", &self.except)
            .finish()
    }
}

impl Proxies {
    /// Those that variables of the environment name, as Go and so Docker read them: capitals first, and `http:` where no scheme is said.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let read = |name: &str| {
            let values = [variable(name), variable(&name.to_ascii_lowercase())];
            values.into_iter().flatten().find(|value| !value.is_empty()).unwrap_or_default()
        };
        let url = |name| match read(name) {
            bare if !bare.is_empty() && !bare.contains("://") => format!("http://{bare}"),
            url => url,
        };
        Self { http: url("HTTP_PROXY"), https: url("HTTPS_PROXY"), except: read("NO_PROXY") }
    }

    /// As the HTTP library has them.
    ///
    /// # Errors
    /// With the text that is no URL of a proxy, without its user and password.
    pub(crate) fn build(&self) -> Result<Vec<Proxy>, (String, reqwest::Error)> {
        // This machine is never behind a proxy, as in Go's reading of the same variables.
        let except = format!("localhost,{}/8,{},{}", Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST, self.except);
        let exempt = |proxy: Proxy| proxy.no_proxy(NoProxy::from_string(&except));
        let mut all = Vec::new();
        for (url, proxy) in [(&self.http, Proxy::http(&self.http)), (&self.https, Proxy::https(&self.https))]
        {
            if !url.is_empty() {
                all.push(proxy.map(exempt).map_err(|error| (without_user(url), error))?);
            }
        }
        Ok(all)
    }
}

/// A URL without its user and password: it is going to be printed.
fn without_user(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}{}", &url[..scheme + 3], &url[at + 1..]),
        (None, Some(at)) => url[at + 1..].to_owned(),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_read_in_capitals_first_and_without_a_scheme_mean_http() {
        let variables = [
            ("HTTP_PROXY", "p:3128"),
            ("http_proxy", "other"),
            ("HTTPS_PROXY", ""),
            ("https_proxy", "socks5://s:1080"),
            ("NO_PROXY", "a.example,10.0.0.0/8"),
        ];
        let find = |name: &str| {
            variables.iter().find(|(have, _)| *have == name).map(|(_, value)| (*value).to_owned())
        };
        let expected = Proxies {
            http: "http://p:3128".to_owned(),
            https: "socks5://s:1080".to_owned(),
            except: "a.example,10.0.0.0/8".to_owned(),
        };
        assert_eq!(Proxies::from_variables(find), expected);
        assert_eq!(expected.build().unwrap().len(), 2);
        assert_eq!(Proxies::from_variables(|_| None), Proxies::default());
    }

    #[test]
    fn a_proxy_prints_no_password() {
        let proxies = Proxies { http: "http://me:secret@p:3128".to_owned(), ..Proxies::default() };
        assert!(!format!("{proxies:?}").contains("secret"));
    }

    #[test]
    fn an_error_about_a_proxy_tells_no_password() {
        assert_eq!(without_user("http://me:secret@p:3128"), "http://p:3128");
        assert_eq!(without_user("me:secret@p:x"), "p:x");
        assert_eq!(without_user("http://p:3128"), "http://p:3128");
    }
}
