//! The sockets that a daemon listens on.

mod activation;
mod address;
mod tls;
mod unix;

use std::io;

use tokio::net::{TcpListener, UnixListener};
use tokio_rustls::TlsAcceptor;

pub use address::Address;

use crate::configuration::Document;
use crate::error::DaemonError;

/// A socket that clients connect to.
pub(crate) enum Listener {
    /// Below a path of this host.
    Unix(UnixListener),
    /// On the network, encrypted where there is an acceptor.
    Tcp(TcpListener, Option<TlsAcceptor>),
}

/// Listens on all addresses.
///
/// # Errors
/// The first that cannot be had; nothing is listened to then.
pub(crate) async fn listen(addresses: &[Address], document: &Document) -> Result<Vec<Listener>, DaemonError> {
    let acceptor = tls::acceptor(document)?;
    let group = document.group.as_deref().map(unix::group).transpose()?;
    let mut listeners = Vec::new();
    for address in addresses {
        match address {
            Address::Unix(path) => listeners.push(Listener::Unix(unix::bind(path, group)?)),
            Address::Tcp { host, port } => {
                let failed = |source: io::Error| DaemonError::Listen { address: address.to_string(), source };
                let listener = TcpListener::bind((host.as_str(), *port)).await.map_err(failed)?;
                let is_local = listener.local_addr().map_err(failed)?.ip().is_loopback();
                if acceptor.is_none() && !is_local && document.tls != Some(false) {
                    return Err(DaemonError::Plain(address.to_string()));
                }
                listeners.push(Listener::Tcp(listener, acceptor.clone()));
            }
            Address::Activated => listeners.extend(activation::listeners(acceptor.as_ref())?),
        }
    }
    Ok(listeners)
}
