//! The socket for links, addresses, routes and neighbours of one namespace.

use std::os::fd::{AsFd, BorrowedFd};

use rustix::io::Errno;

use crate::attribute::Malformed;
use crate::error::NetlinkError;
use crate::message::flags;
use crate::reply::Refusal;
use crate::socket::Socket;

use super::address::Address;
use super::change::Change;
use super::constants::{RTM_GETADDR, RTM_GETLINK, RTM_GETROUTE, RTM_NEWADDR, RTM_NEWLINK, RTM_NEWROUTE};
use super::link::{Link, LinkRef, header};
use super::routes::Route;

/// How many changes go in one packet: their acknowledgements, up to three each, must fit the socket's buffer.
const AT_ONCE: usize = 32;

/// A socket of `NETLINK_ROUTE`. It stays in the namespace that it was opened in, whichever thread uses it.
#[derive(Debug)]
pub struct RouteSocket {
    socket: Socket,
}

impl RouteSocket {
    /// One in the calling thread's network namespace.
    ///
    /// # Errors
    /// What socket(2) says.
    pub fn open() -> Result<Self, NetlinkError> {
        Ok(Self { socket: Socket::open(None, 0)? })
    }

    /// Makes changes in their order, up to 32 in one call of the kernel. Each is tried, whatever became of those before it.
    ///
    /// # Errors
    /// That of the first change that was refused; the others may be done.
    pub fn apply(&mut self, changes: &[Change<'_>]) -> Result<(), NetlinkError> {
        self.apply_each(changes)?.into_iter().collect()
    }

    /// As [`Self::apply`], with an outcome for each change.
    ///
    /// # Errors
    /// When the kernel could not be asked; then nobody knows what is done.
    pub fn apply_each(
        &mut self,
        changes: &[Change<'_>],
    ) -> Result<Vec<Result<(), NetlinkError>>, NetlinkError> {
        let mut outcomes = Vec::with_capacity(changes.len());
        for changes in changes.chunks(AT_ONCE) {
            let mut messages = self.socket.messages();
            let mut ends = Vec::with_capacity(changes.len());
            let first = messages.next_number();
            for change in changes {
                change.encode(&mut messages);
                ends.push(messages.next_number().wrapping_sub(first));
            }
            let refused = self.socket.transact(messages, "change the network")?;
            let mut refused =
                refused.into_iter().map(|(number, why)| (number.wrapping_sub(first), why)).peekable();
            for (change, end) in changes.iter().zip(ends) {
                let mut outcome = Ok(());
                // A change may take several messages: its first refusal says most.
                while let Some((_, why)) = refused.next_if(|(number, _)| *number < end) {
                    outcome = outcome.and(Err(why));
                }
                outcomes.push(
                    outcome.map_err(|source| NetlinkError::Refused { operation: change.to_string(), source }),
                );
            }
        }
        Ok(outcomes)
    }

    /// A link, if there is one of that name or index.
    ///
    /// # Errors
    /// What the kernel says but for that.
    pub fn link(&mut self, link: LinkRef) -> Result<Option<Link>, NetlinkError> {
        let mut messages = self.socket.messages();
        messages.message(RTM_GETLINK, flags::REQUEST, &header(link.index(), None), |m| link.encode_name(m));
        match self.socket.ask(messages, "read a link", |_, body| Link::decode(body))? {
            Ok(link) => Ok(Some(link)),
            Err(refusal) if refusal.errno == Errno::NODEV.raw_os_error() => Ok(None),
            Err(source) => Err(NetlinkError::Refused { operation: format!("read link {link}"), source }),
        }
    }

    /// All links.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn links(&mut self) -> Result<Vec<Link>, NetlinkError> {
        let read = |kind, body: &[u8]| (kind == RTM_NEWLINK).then(|| Link::decode(body)).transpose();
        self.list(RTM_GETLINK, "list links", read)
    }

    /// The addresses of all links, of both families.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn addresses(&mut self) -> Result<Vec<Address>, NetlinkError> {
        let read = |kind, body: &[u8]| if kind == RTM_NEWADDR { Address::decode(body) } else { Ok(None) };
        self.list(RTM_GETADDR, "list addresses", read)
    }

    /// The routes of both families in all tables.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn routes(&mut self) -> Result<Vec<Route>, NetlinkError> {
        let read = |kind, body: &[u8]| if kind == RTM_NEWROUTE { Route::decode(body) } else { Ok(None) };
        self.list(RTM_GETROUTE, "list routes", read)
    }

    fn list<T>(
        &mut self,
        kind: u16,
        operation: &'static str,
        read: impl Fn(u16, &[u8]) -> Result<Option<T>, Malformed>,
    ) -> Result<Vec<T>, NetlinkError> {
        // The kernel takes the longest of its fixed parts for any of these, with a family of 0 for all.
        let listed = self.socket.dump((kind, &header(0, None)), |_| {}, operation, read)?;
        listed.map_err(|source: Refusal| NetlinkError::Refused { operation: operation.to_owned(), source })
    }
}

impl AsFd for RouteSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
