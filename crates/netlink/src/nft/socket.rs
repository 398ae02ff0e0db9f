//! The socket for the tables of one namespace.

use rustix::io::Errno;
use rustix::net::netlink::NETFILTER;

use crate::attribute::Malformed;
use crate::error::NetlinkError;
use crate::message::{Messages, flags};
use crate::reply::Refusal;
use crate::socket::{DUMPS, Socket, malformed};

use super::constants as c;
use super::constants::message as m;
use super::element::{Element, Listed, elements};
use super::family::{Family, Table};
use super::listing::{ListedChain, ListedRule};
use super::set::Set;
use super::watch::generation;

/// A socket of nftables. It stays in the namespace that it was opened in, whichever thread uses it.
#[derive(Debug)]
pub struct NftSocket {
    pub(super) socket: Socket,
    /// Whether the kernel deletes elements only where they exist; none before it was asked.
    pub(super) has_destroy: Option<bool>,
}

impl NftSocket {
    /// One in the calling thread's network namespace.
    ///
    /// # Errors
    /// What socket(2) says.
    pub fn open() -> Result<Self, NetlinkError> {
        Ok(Self { socket: Socket::open(Some(NETFILTER), 0)?, has_destroy: None })
    }

    /// Whether there is such a table.
    ///
    /// # Errors
    /// What the kernel says but for that.
    pub fn has_table(&mut self, table: &Table) -> Result<bool, NetlinkError> {
        let mut messages = self.socket.messages();
        messages.message(
            c::SUBSYSTEM << 8 | m::GET_TABLE,
            flags::REQUEST,
            &header(table.family),
            |message| {
                message.string(c::NFTA_TABLE_NAME, &table.name);
            },
        );
        match self.socket.ask(messages, "read a table", |_, _| Ok(()))? {
            Ok(()) => Ok(true),
            Err(refusal) if refusal.errno == Errno::NOENT.raw_os_error() => Ok(false),
            Err(source) => Err(NetlinkError::Refused { operation: format!("read table `{table}`"), source }),
        }
    }

    /// The number that every transaction of whoever makes one changes.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn generation(&mut self) -> Result<u32, NetlinkError> {
        let mut messages = self.socket.messages();
        let kind = c::SUBSYSTEM << 8 | m::GET_GENERATION;
        messages.message(kind, flags::REQUEST, &header(Family::Other(0)), |_| {});
        let operation = "read the generation of nftables";
        let read = self.socket.ask(messages, operation, |_, body| generation(body))?;
        read.map_err(|source| NetlinkError::Refused { operation: operation.to_owned(), source })
    }

    /// The elements of a set or map, in the order of their keys.
    ///
    /// # Errors
    /// `ENOENT` when there is no such set; it is of other types.
    pub fn elements(&mut self, table: &Table, set: &Set) -> Result<Vec<Element>, NetlinkError> {
        let operation = "read a set";
        for _ in 0..DUMPS {
            let listed = self.listed_once(table, set, operation)?;
            if let Some(elements) = elements(set, listed).map_err(|source| malformed(operation, source))? {
                return Ok(elements);
            }
        }
        Err(NetlinkError::Unsteady { operation })
    }

    fn listed_once(
        &mut self,
        table: &Table,
        set: &Set,
        operation: &'static str,
    ) -> Result<Vec<Listed>, NetlinkError> {
        let fill = |message: &mut Messages| {
            message.string(c::NFTA_SET_ELEM_LIST_TABLE, &table.name);
            message.string(c::NFTA_SET_ELEM_LIST_SET, &set.name);
        };
        let request = (m::GET_ELEMENT, table.family);
        let listed = self.list(request, fill, operation, |body| Listed::decode(body).map(Some))?;
        let operation = || format!("read set `{}` of table `{table}`", set.name);
        let listed = listed.map_err(|source| NetlinkError::Refused { operation: operation(), source })?;
        Ok(listed.into_iter().flatten().collect())
    }

    /// The chains of all tables.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn chains(&mut self) -> Result<Vec<ListedChain>, NetlinkError> {
        let operation = "list chains";
        let all = (m::GET_CHAIN, Family::Other(0));
        let listed = self.list(all, |_| {}, operation, |body| ListedChain::decode(body).map(Some))?;
        listed.map_err(|source| NetlinkError::Refused { operation: operation.to_owned(), source })
    }

    /// The rules of a chain, in their order.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn rules(&mut self, table: &Table, chain: &str) -> Result<Vec<ListedRule>, NetlinkError> {
        let fill = |message: &mut Messages| {
            message.string(c::NFTA_RULE_TABLE, &table.name);
            message.string(c::NFTA_RULE_CHAIN, chain);
        };
        let read = |body: &[u8]| {
            let rule = ListedRule::decode(body)?;
            Ok((rule.table == *table && rule.chain == chain).then_some(rule))
        };
        let listed = self.list((m::GET_RULE, table.family), fill, "list rules", read)?;
        let operation = || format!("list the rules of chain `{chain}` of table `{table}`");
        listed.map_err(|source| NetlinkError::Refused { operation: operation(), source })
    }

    /// Whether a rule of the table has these bytes in it: the name of a link, say, which rules carry as it is.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn mentions(&mut self, table: &Table, text: &[u8]) -> Result<bool, NetlinkError> {
        let fill = |message: &mut Messages| message.string(c::NFTA_RULE_TABLE, &table.name);
        let read = |body: &[u8]| {
            let rule = ListedRule::decode(body)?;
            let mentioned = body.windows(text.len().max(1)).any(|window| window == text);
            Ok((rule.table == *table && mentioned).then_some(()))
        };
        let listed = self.list((m::GET_RULE, table.family), fill, "list rules", read)?;
        let operation = || format!("list the rules of table `{table}`");
        let found = listed.map_err(|source| NetlinkError::Refused { operation: operation(), source })?;
        Ok(!found.is_empty())
    }

    fn list<T>(
        &mut self,
        (kind, family): (u16, Family),
        fill: impl Fn(&mut Messages),
        operation: &'static str,
        read: impl Fn(&[u8]) -> Result<Option<T>, Malformed>,
    ) -> Result<Result<Vec<T>, Refusal>, NetlinkError> {
        let request = (c::SUBSYSTEM << 8 | kind, &header(family)[..]);
        // An answer to GET is a message of the kind before it: NEW.
        let answer = c::SUBSYSTEM << 8 | (kind - 1);
        let read = |kind, body: &[u8]| if kind == answer { read(body) } else { Ok(None) };
        self.socket.dump(request, fill, operation, read)
    }
}

/// `struct nfgenmsg`
fn header(family: Family) -> [u8; 4] {
    [family.number(), 0, 0, 0]
}
