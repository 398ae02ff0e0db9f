//! Which proxy a request goes through.
//! The environment is not read: whoever configures the client has read it.

use std::net::{Ipv4Addr, Ipv6Addr};

use reqwest::{NoProxy, Proxy};

/// What `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say; empty for none.
///
/// A URL may begin with `http`, `https`, `socks5` or `socks5h`, and have a user and a password.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// For `http:` URLs.
    pub http: String,
    /// For `https:` URLs.
    pub https: String,
    /// Whom to speak to directly: names (with all below them), addresses, networks or `*`, separated by commas.
    pub except: String,
}

impl Proxies {
    /// As the HTTP library has them.
    ///
    /// # Errors
    /// With the text that is no URL of a proxy.
    pub(crate) fn build(&self) -> Result<Vec<Proxy>, (String, reqwest::Error)> {
        // This machine is never behind a proxy, as in Go's reading of the same variables.
        let except = format!("localhost,{}/8,{},{}", Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST, self.except);
        let exempt = |proxy: Proxy| proxy.no_proxy(NoProxy::from_string(&except));
        let mut all = Vec::new();
        for (url, proxy) in [(&self.http, Proxy::http(&self.http)), (&self.https, Proxy::https(&self.https))]
        {
            if !url.is_empty() {
                all.push(proxy.map(exempt).map_err(|error| (url.clone(), error))?);
            }
        }
        Ok(all)
    }
}
