//! The socket for the tables of one namespace.

use rustix::io::Errno;
use rustix::net::netlink::NETFILTER;

use crate::attribute::Malformed;
use crate::error::NetlinkError;
use crate::message::{Messages, flags};
use crate::reply::{Content, Refusal, Replies};
use crate::socket::{Socket, malformed};

use super::change::{Change, Missing};
use super::constants as c;
use super::constants::message as m;
use super::element::{Element, Listed, elements};
use super::family::{Family, Table};
use super::listing::{ListedChain, ListedRule};
use super::set::Set;
use super::transaction::{Encoding, Transaction};
use super::watch::generation;

/// How often a transaction is tried whose sets others change.
const ATTEMPTS: usize = 16;

/// A socket of nftables. It stays in the namespace that it was opened in, whichever thread uses it.
#[derive(Debug)]
pub struct NftSocket {
    socket: Socket,
    has_destroy: bool,
}

impl NftSocket {
    /// One in the calling thread's network namespace.
    ///
    /// # Errors
    /// What socket(2) says.
    pub fn open() -> Result<Self, NetlinkError> {
        Ok(Self { socket: Socket::open(Some(NETFILTER), 0)?, has_destroy: true })
    }

    /// Makes all changes of one table, or none.
    ///
    /// # Errors
    /// The first refusal, which names the object; then nothing is changed.
    pub fn commit(&mut self, table: &Table, changes: &[Change]) -> Result<(), NetlinkError> {
        let tolerates =
            |change: &Change| matches!(change, Change::DeleteElements { missing: Missing::Tolerated, .. });
        if !changes.iter().any(tolerates) {
            return self.attempt(table, changes, None);
        }
        if self.has_destroy {
            match self.attempt(table, changes, None) {
                // An unknown kind of message, before anything is looked at.
                Err(NetlinkError::Refused { source, .. }) if source.is_unknown_message() => {
                    self.has_destroy = false;
                }
                other => return other,
            }
        }
        for _ in 0..ATTEMPTS {
            let generation = self.generation()?;
            let present = self.without_missing(table, changes)?;
            match self.attempt(table, &present, Some(generation)) {
                Err(NetlinkError::Refused { source, .. })
                    if source.errno == Errno::RESTART.raw_os_error() => {}
                other => return other,
            }
        }
        Err(NetlinkError::Unsteady { operation: "delete elements of a set" })
    }

    /// The same changes without the deletion of elements that are not there.
    fn without_missing(&mut self, table: &Table, changes: &[Change]) -> Result<Vec<Change>, NetlinkError> {
        let mut kept = Vec::with_capacity(changes.len());
        for change in changes {
            let Change::DeleteElements { set, elements, missing: Missing::Tolerated } = change else {
                kept.push(change.clone());
                continue;
            };
            let there = self.elements(table, set)?;
            let there: std::collections::HashSet<_> = there
                .iter()
                .map(|element| (&element.key, element.last.as_ref().unwrap_or(&element.key)))
                .collect();
            let is_there = |it: &&Element| there.contains(&(&it.key, it.last.as_ref().unwrap_or(&it.key)));
            let elements = elements.iter().filter(is_there).cloned().collect();
            kept.push(Change::DeleteElements { set: set.clone(), elements, missing: Missing::Refused });
        }
        Ok(kept)
    }

    fn attempt(
        &mut self,
        table: &Table,
        changes: &[Change],
        generation: Option<u32>,
    ) -> Result<(), NetlinkError> {
        let encoding = Encoding { has_destroy: self.has_destroy, generation };
        let transaction = Transaction::encode(table, changes, encoding, self.socket.messages());
        if transaction.is_empty() {
            return Ok(());
        }
        let refused = self.run(&transaction, table)?;
        let Some((number, source)) = refused else { return Ok(()) };
        let operation = match transaction.origin(number, source.offset) {
            Some((at, element)) => format!("change table `{table}`: {}", changes[at].describe(element)),
            None => format!("change table `{table}`"),
        };
        Err(NetlinkError::Refused { operation, source })
    }

    /// Sends a batch; the first refusal.
    fn run(
        &mut self,
        transaction: &Transaction,
        table: &Table,
    ) -> Result<Option<(u32, Refusal)>, NetlinkError> {
        self.socket.send(transaction.messages.clone(), &format!("change table `{table}`"))?;
        let mut refused = None;
        loop {
            let packet = match self.socket.receive() {
                // Refusals come in the order of the messages: those that were lost came later.
                Err(NetlinkError::Lost) if refused.is_some() => return Ok(refused),
                packet => packet?,
            };
            for reply in Replies::of(packet) {
                let reply = reply.map_err(|source| malformed("change nftables", source))?;
                let Content::Ack(outcome) = reply.content else { continue };
                let is_last = reply.number == transaction.last || reply.number == transaction.begin;
                if let Err(refusal) = outcome {
                    refused.get_or_insert((reply.number, refusal));
                }
                if is_last {
                    return Ok(refused);
                }
            }
        }
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
        let fill = |message: &mut Messages| {
            message.string(c::NFTA_SET_ELEM_LIST_TABLE, &table.name);
            message.string(c::NFTA_SET_ELEM_LIST_SET, &set.name);
        };
        let operation = || format!("read set `{}` of table `{table}`", set.name);
        let listed = self
            .list((m::GET_ELEMENT, table.family), fill, "read a set", |body| Listed::decode(body).map(Some));
        let listed = listed?.map_err(|source| NetlinkError::Refused { operation: operation(), source })?;
        elements(set, listed.into_iter().flatten().collect())
            .map_err(|source| malformed("read a set", source))
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
