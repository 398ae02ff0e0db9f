//! The sockets that systemd has opened for this process (sd_listen_fds(3)).

use std::env;
use std::io;
use std::os::fd::OwnedFd;

use corten_sys::descriptors::take_inherited;
use rustix::net::AddressFamily;
use rustix::net::sockopt::socket_domain;
use tokio::net::{TcpListener, UnixListener};
use tokio_rustls::TlsAcceptor;

use super::Listener;
use crate::error::DaemonError;

/// The first of them.
const FIRST: i32 = 3;

/// Takes them over.
///
/// # Errors
/// There are none, or one is no socket of a kind that can be served.
pub(super) fn listeners(acceptor: Option<&TlsAcceptor>) -> Result<Vec<Listener>, DaemonError> {
    let variable = |name| env::var(name).ok().and_then(|text| text.parse::<i32>().ok());
    let is_ours = variable("LISTEN_PID").is_some_and(|pid| pid.cast_unsigned() == std::process::id());
    let count =
        variable("LISTEN_FDS").filter(|count| is_ours && *count > 0).ok_or(DaemonError::NotActivated)?;
    (FIRST..FIRST.saturating_add(count))
        .map(|number| {
            let failed = |source| DaemonError::Listen { address: format!("fd://{number}"), source };
            take(take_inherited(number).map_err(failed)?, acceptor).map_err(failed)
        })
        .collect()
}

fn take(socket: OwnedFd, acceptor: Option<&TlsAcceptor>) -> io::Result<Listener> {
    rustix::io::ioctl_fionbio(&socket, true)?;
    match socket_domain(&socket)? {
        AddressFamily::UNIX => Ok(Listener::Unix(UnixListener::from_std(socket.into())?)),
        AddressFamily::INET | AddressFamily::INET6 => {
            Ok(Listener::Tcp(TcpListener::from_std(socket.into())?, acceptor.cloned()))
        }
        _ => Err(io::Error::new(io::ErrorKind::Unsupported, "it is neither a unix nor a TCP socket")),
    }
}
