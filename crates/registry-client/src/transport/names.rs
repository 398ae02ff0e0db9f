//! Lets the HTTP library find addresses without the C library.

use std::net::SocketAddr;

use corten_resolver::Resolver;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

#[derive(Debug, Default)]
pub(super) struct Names(Resolver);

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.0.clone();
        Box::pin(async move {
            let found = resolver.lookup(name.as_str()).await?;
            // The library puts the port in that the URL has.
            let addresses: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}
