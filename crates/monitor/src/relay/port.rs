//! A published TCP port: connections to it are accepted, and others made to the container.

use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::sockopt::set_tcp_nodelay;
use rustix::net::{AddressFamily, SocketFlags, SocketType, accept_with, connect, socket_with};

use super::joint::Joint;

/// How many connections pass through one port at a time; more wait in the kernel's queue.
const MOST: usize = 1024;

/// See the module.
#[derive(Debug)]
pub(super) struct Port {
    listener: OwnedFd,
    target: SocketAddr,
    open: usize,
    /// There may be connections that have not been accepted, of which nobody will be told again.
    pub(super) is_held_back: bool,
}

impl Port {
    pub(super) fn new(listener: OwnedFd, target: SocketAddr) -> Self {
        // Connections inherit it: what somebody sends at once is sent on at once (Nagle's wait for an answer is theirs to choose).
        let _ = set_tcp_nodelay(&listener, true);
        Self { listener, target, open: 0, is_held_back: false }
    }

    /// The next connection, joined to one to the container.
    pub(super) fn accept(&mut self) -> Option<Joint> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        loop {
            if self.open >= MOST {
                self.is_held_back = true;
                return None;
            }
            match accept_with(&self.listener, flags) {
                // One that cannot be reached is closed, as its own machine would refuse it.
                Ok(client) => {
                    if let Ok(inside) = reach(self.target) {
                        self.open += 1;
                        return Some(Joint::new(client, inside));
                    }
                }
                Err(Errno::CONNABORTED | Errno::INTR) => {}
                Err(error) => {
                    // Out of descriptors, as long as others have them.
                    self.is_held_back = error != Errno::AGAIN;
                    return None;
                }
            }
        }
    }

    /// One of its connections is over.
    pub(super) fn release(&mut self) {
        self.open -= 1;
    }
}

impl AsFd for Port {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

fn reach(target: SocketAddr) -> rustix::io::Result<OwnedFd> {
    let family = if target.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, SocketType::STREAM, flags, None)?;
    set_tcp_nodelay(&socket, true)?;
    match connect(&socket, &target) {
        Err(error) if error != Errno::INPROGRESS => Err(error),
        _ => Ok(socket),
    }
}
