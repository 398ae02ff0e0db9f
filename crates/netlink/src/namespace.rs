//! Network namespaces held by a descriptor, and sockets that live in them.
//!
//! The caller's threads stay where they are: what must be done inside is done by a thread that ends with it.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::thread;

use rustix::thread::{LinkNameSpaceType, ThreadNameSpaceType, move_into_link_name_space};

use crate::conntrack::ConntrackSocket;
use crate::error::NetlinkError;
use crate::nft::NftSocket;
use crate::route::{Change, LOOPBACK, LinkRef, LinkSettings, RouteSocket};
use crate::socket::namespace as failed;

/// A network namespace: it lives at least as long as this.
#[derive(Debug)]
pub struct NetworkNamespace {
    namespace: OwnedFd,
}

impl NetworkNamespace {
    /// Makes one, whose `lo` is switched on, and a socket in it.
    ///
    /// # Errors
    /// What unshare(2) says; no thread can be started; the socket cannot be had.
    pub fn create() -> Result<(Self, RouteSocket), NetlinkError> {
        let (namespace, mut route) = in_thread(|| {
            corten_sys::namespaces::unshare(ThreadNameSpaceType::NETWORK).map_err(failed("make"))?;
            Ok::<_, NetlinkError>((Self::current()?, RouteSocket::open()?))
        })??;
        let settings = LinkSettings { up: Some(true), ..LinkSettings::default() };
        route.apply(&[Change::SetLink { link: LinkRef::Index(LOOPBACK), settings }])?;
        Ok((namespace, route))
    }

    /// That of the calling thread.
    ///
    /// # Errors
    /// Its file cannot be opened.
    pub fn current() -> Result<Self, NetlinkError> {
        let file = File::open("/proc/thread-self/ns/net").map_err(failed("open"))?;
        Ok(Self { namespace: file.into() })
    }

    /// A socket for links, addresses and routes in it.
    ///
    /// # Errors
    /// The namespace cannot be entered, or the socket not be had.
    pub fn route(&self) -> Result<RouteSocket, NetlinkError> {
        self.run(RouteSocket::open)?
    }

    /// A socket for nftables in it.
    ///
    /// # Errors
    /// As [`Self::route`].
    pub fn nft(&self) -> Result<NftSocket, NetlinkError> {
        self.run(NftSocket::open)?
    }

    /// A socket for the connections that are tracked in it.
    ///
    /// # Errors
    /// As [`Self::route`].
    pub fn conntrack(&self) -> Result<ConntrackSocket, NetlinkError> {
        self.run(ConntrackSocket::open)?
    }

    /// Runs `work` in a thread inside it: sockets that are opened and files below `/proc/sys/net` are this namespace's.
    ///
    /// # Errors
    /// What setns(2) says; no thread can be started.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, NetlinkError> {
        in_thread(|| {
            move_into_link_name_space(self.namespace.as_fd(), Some(LinkNameSpaceType::Network))
                .map_err(|errno| failed("enter")(errno.into()))?;
            Ok(work())
        })?
    }
}

impl From<OwnedFd> for NetworkNamespace {
    /// A descriptor of a namespace, such as of `/proc/<pid>/ns/net`; that it is one shows when it is entered.
    fn from(namespace: OwnedFd) -> Self {
        Self { namespace }
    }
}

impl From<NetworkNamespace> for OwnedFd {
    fn from(namespace: NetworkNamespace) -> Self {
        namespace.namespace
    }
}

impl AsFd for NetworkNamespace {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.namespace.as_fd()
    }
}

/// Runs `work` in a thread of its own, which is gone when this returns; a panic in it goes on here.
fn in_thread<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, NetlinkError> {
    thread::scope(|scope| {
        let started = thread::Builder::new().name("namespace".to_owned()).spawn_scoped(scope, work);
        let worker = started.map_err(|source: io::Error| failed("start a thread in")(source))?;
        Ok(worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}
