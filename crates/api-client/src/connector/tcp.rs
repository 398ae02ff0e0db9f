//! Engines behind TCP, with TLS or without.
//!
//! Proxies of the environment are not used: whoever has to go through one has `ssh://`, or a context per way.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use corten_resolver::Resolver;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Connecting, Connector, Stream, Tls};

/// How long an address may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// An engine behind TCP.
pub struct Tcp {
    host: String,
    port: u16,
    prefix: String,
    tls: Option<Tls>,
    authority: String,
    address: String,
}

impl Tcp {
    /// The engine at a host name or address (IPv6 without brackets) and port. `prefix` stands before the paths of requests: empty, or
    /// `/engine`.
    #[must_use]
    pub fn new(host: &str, port: u16, prefix: &str, tls: Option<Tls>) -> Self {
        let authority =
            if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        let address = format!("tcp://{authority}{prefix}");
        let prefix = prefix.trim_end_matches('/').to_owned();
        Self { host: host.to_owned(), port, prefix, tls, authority, address }
    }

    /// The first address of the host that answers.
    async fn reach(&self) -> io::Result<TcpStream> {
        let addresses = Resolver::default().lookup(&self.host).await.map_err(io::Error::other)?;
        let mut last = io::ErrorKind::NotFound.into();
        for address in addresses {
            match attempt(address, self.port).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

async fn attempt(address: IpAddr, port: u16) -> io::Result<TcpStream> {
    let connecting = TcpStream::connect(SocketAddr::new(address, port));
    let stream = timeout(PATIENCE, connecting).await.map_err(|_| io::ErrorKind::TimedOut)??;
    // Keystrokes are small.
    stream.set_nodelay(true)?;
    // A command may wait for hours without a word; an engine that is gone says nothing either.
    rustix::net::sockopt::set_socket_keepalive(&stream, true)?;
    Ok(stream)
}

impl Connector for Tcp {
    fn connect(&self) -> Connecting<'_> {
        Box::pin(async {
            let stream = self.reach().await?;
            Ok(match &self.tls {
                None => Box::new(stream) as Box<dyn Stream>,
                Some(tls) => Box::new(tls.wrap(&self.host, stream).await?),
            })
        })
    }

    fn address(&self) -> &str {
        &self.address
    }

    fn authority(&self) -> &str {
        &self.authority
    }

    fn prefix(&self) -> &str {
        &self.prefix
    }

    fn is_costly(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_they_were_typed() {
        let far = Tcp::new("::1", 2375, "/engine/", None);
        assert_eq!((far.authority(), far.prefix()), ("[::1]:2375", "/engine"));
        assert_eq!(far.address(), "tcp://[::1]:2375/engine/");
    }
}
