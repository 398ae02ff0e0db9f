//! Sockets on the host's ports, so that nothing else takes them: of TCP they listen, since two that only are bound may share a port.
//!
//! What reaches such a socket is for its holder to pass on; most of it never does, the firewall's table sends it to the container.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::OwnedFd;

use corten_spec::port::{Port, Protocol};
use rustix::io::Errno;
use rustix::net::sockopt::{set_ipv6_v6only, set_socket_reuseaddr};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, getsockname, listen, socket_with};

use super::plan::{HostPorts, Publication};

/// How many connections may wait for the holder; the kernel cuts it to its own limit (listen(2)).
const BACKLOG: i32 = 4096;

/// A published port, and what keeps others off it.
#[derive(Debug)]
pub struct Reserved {
    /// The container's.
    pub port: Port,
    /// The host's address; `None` for all of both families.
    pub address: Option<IpAddr>,
    /// The host's port.
    pub host_port: u16,
    /// It does not block.
    pub socket: OwnedFd,
}

/// A port that is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum ReserveError {
    /// Somebody else has it, or all of its range.
    #[error("failed to bind host port {address}/{}: address already in use", port.protocol)]
    Taken {
        /// The container's.
        port: Port,
        /// The last address that was tried.
        address: SocketAddr,
    },
    /// The kernel refuses for another reason.
    #[error("failed to bind host port {address}/{}", port.protocol)]
    Refused {
        /// The container's.
        port: Port,
        /// The address that was tried.
        address: SocketAddr,
        /// What socket(2), bind(2) or listen(2) say.
        #[source]
        cause: io::Error,
    },
}

/// Takes one port of those that will do.
///
/// # Errors
/// [`ReserveError`].
pub fn reserve(wanted: &Publication) -> Result<Reserved, ReserveError> {
    let candidates = match &wanted.host {
        HostPorts::Of(range) => range.clone(),
        HostPorts::Any => 0..=0,
    };
    let mut last = 0;
    for host_port in candidates {
        last = host_port;
        match reserve_one(wanted, host_port) {
            Err(ReserveError::Taken { .. }) => {}
            other => return other,
        }
    }
    Err(ReserveError::Taken { port: wanted.port, address: shown(wanted, last) })
}

fn reserve_one(wanted: &Publication, host_port: u16) -> Result<Reserved, ReserveError> {
    let port = wanted.port;
    let bound = open(wanted, host_port).and_then(|socket| {
        let bound = SocketAddr::try_from(getsockname(&socket)?)?;
        Ok(Reserved { port, address: wanted.address, host_port: bound.port(), socket })
    });
    let address = shown(wanted, host_port);
    bound.map_err(|errno| match errno {
        Errno::ADDRINUSE => ReserveError::Taken { port, address },
        errno => ReserveError::Refused { port, address, cause: errno.into() },
    })
}

/// As Docker writes all addresses.
fn shown(wanted: &Publication, host_port: u16) -> SocketAddr {
    SocketAddr::new(wanted.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)), host_port)
}

fn open(wanted: &Publication, host_port: u16) -> rustix::io::Result<OwnedFd> {
    let protocol = wanted.port.protocol;
    match wanted.address {
        Some(address) => open_at(protocol, address, true, host_port),
        // One socket for both families takes the port of both at once.
        None => match open_at(protocol, IpAddr::V6(Ipv6Addr::UNSPECIFIED), false, host_port) {
            // A host without IPv6.
            Err(Errno::AFNOSUPPORT | Errno::ADDRNOTAVAIL) => {
                open_at(protocol, IpAddr::V4(Ipv4Addr::UNSPECIFIED), true, host_port)
            }
            opened => opened,
        },
    }
}

fn open_at(protocol: Protocol, address: IpAddr, one_family: bool, port: u16) -> rustix::io::Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let streams = protocol == Protocol::Tcp;
    let kind = if streams { SocketType::STREAM } else { SocketType::DGRAM };
    let socket = socket_with(family, kind, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None)?;
    if address.is_ipv6() {
        set_ipv6_v6only(&socket, one_family)?;
    }
    if streams {
        // Connections of the last holder that are still closing do not count.
        set_socket_reuseaddr(&socket, true)?;
    }
    bind(&socket, &SocketAddr::new(address, port))?;
    if streams {
        listen(&socket, BACKLOG)?;
    }
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, UdpSocket};

    fn wanted(port: &str, address: Option<&str>, host: HostPorts) -> Publication {
        Publication { port: port.parse().unwrap(), address: address.map(|text| text.parse().unwrap()), host }
    }

    #[test]
    fn what_is_reserved_is_nobody_elses_on_both_families() {
        for port in ["80/tcp", "80/udp"] {
            let reserved = reserve(&wanted(port, None, HostPorts::Any)).unwrap();
            let number = reserved.host_port;
            assert_ne!(number, 0);
            for address in [None, Some("127.0.0.1"), Some("::1")] {
                let again = reserve(&wanted(port, address, HostPorts::Of(number..=number)));
                assert!(matches!(again, Err(ReserveError::Taken { .. })), "{port} {address:?}");
            }
            drop(reserved);
            reserve(&wanted(port, Some("127.0.0.1"), HostPorts::Of(number..=number))).unwrap();
        }
    }

    #[test]
    fn of_a_range_the_first_free_one_is_taken() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let number = taken.local_addr().unwrap().port();
        let range = HostPorts::Of(number..=number.saturating_add(30));
        let reserved = reserve(&wanted("80/tcp", Some("127.0.0.1"), range)).unwrap();
        assert!(reserved.host_port > number);
    }

    #[test]
    fn a_taken_port_is_told_as_docker_tells_it() {
        let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
        let number = taken.local_addr().unwrap().port();
        let refused = reserve(&wanted("53/udp", Some("127.0.0.1"), HostPorts::Of(number..=number)));
        assert_eq!(
            refused.unwrap_err().to_string(),
            format!("failed to bind host port 127.0.0.1:{number}/udp: address already in use")
        );
    }

    #[test]
    fn an_address_that_the_host_has_not_is_refused_by_name() {
        let refused = reserve(&wanted("80/tcp", Some("192.0.2.77"), HostPorts::Any)).unwrap_err();
        assert!(
            matches!(&refused, ReserveError::Refused { address, .. } if address.ip().to_string() == "192.0.2.77")
        );
    }
}
