//! Transactions: sending a batch, and telling what was refused.

use std::collections::HashSet;

use rustix::io::Errno;

use crate::error::NetlinkError;
use crate::message::Messages;
use crate::reply::{Content, Refusal, Replies};
use crate::socket::malformed;

use super::change::{Change, Missing};
use super::element::Element;
use super::family::Table;
use super::field::{Field, FieldType};
use super::set::Set;
use super::socket::NftSocket;
use super::transaction::{Encoding, Transaction};

/// How often a transaction is tried whose sets others change.
const ATTEMPTS: usize = 16;
const NEW_KERNEL: Encoding = Encoding { has_destroy: true, generation: None };

impl NftSocket {
    /// Makes all changes of one table, or none.
    ///
    /// # Errors
    /// The first refusal, which names the object, and of elements the one that the kernel points to (6.2); then nothing is changed.
    pub fn commit(&mut self, table: &Table, changes: &[Change]) -> Result<(), NetlinkError> {
        let tolerates =
            |change: &Change| matches!(change, Change::DeleteElements { missing: Missing::Tolerated, .. });
        if !changes.iter().any(tolerates) || self.has_destroy()? {
            return self.attempt(table, changes, NEW_KERNEL);
        }
        for _ in 0..ATTEMPTS {
            let encoding = Encoding { has_destroy: false, generation: Some(self.generation()?) };
            let present = self.without_missing(table, changes)?;
            match self.attempt(table, &present, encoding) {
                Err(error) if error.errno() == Some(Errno::RESTART) => {}
                other => return other,
            }
        }
        Err(NetlinkError::Unsteady { operation: "delete elements of a set" })
    }

    /// Asks the kernel to delete an element of a table that no one can have: it says that there is none, or, before 6.3, that it
    /// does not know such messages.
    fn has_destroy(&mut self) -> Result<bool, NetlinkError> {
        if let Some(known) = self.has_destroy {
            return Ok(known);
        }
        let element = Element::new(&[Field::Port(0)]);
        let set = Set::new("none", &[FieldType::Port]);
        let delete = Change::DeleteElements { set, elements: vec![element], missing: Missing::Tolerated };
        let known = match self.attempt(&Table::inet(""), &[delete], NEW_KERNEL) {
            Err(error) if error.errno().is_none() => return Err(error),
            answer => answer.is_err_and(|error| error.errno() == Some(Errno::NOENT)),
        };
        self.has_destroy = Some(known);
        Ok(known)
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
            let there: HashSet<_> = there
                .iter()
                .map(|element| (&element.key, element.last.as_ref().unwrap_or(&element.key)))
                .collect();
            let is_there = |it: &&Element| there.contains(&(&it.key, it.last.as_ref().unwrap_or(&it.key)));
            let elements = elements.iter().filter(is_there).cloned().collect();
            kept.push(Change::DeleteElements { set: set.clone(), elements, missing: Missing::Refused });
        }
        Ok(kept)
    }

    fn attempt(&mut self, table: &Table, changes: &[Change], encoding: Encoding) -> Result<(), NetlinkError> {
        let mut transaction = Transaction::encode(table, changes, encoding, self.socket.messages());
        if transaction.is_empty() {
            return Ok(());
        }
        let refused = self.run(&mut transaction, table)?;
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
        transaction: &mut Transaction,
        table: &Table,
    ) -> Result<Option<(u32, Refusal)>, NetlinkError> {
        let messages = std::mem::replace(&mut transaction.messages, Messages::new(0));
        self.socket.send(messages, &format!("change table `{table}`"))?;
        let (mut refused, mut is_lost) = (None, false);
        loop {
            let received = if is_lost { self.socket.packet() } else { self.socket.receive().map(Some) };
            let packet = match received {
                // That answers were lost is heard before those that were not. They are the first: what is full takes no more.
                Err(NetlinkError::Lost) if !is_lost => {
                    is_lost = true;
                    continue;
                }
                Ok(None) => return refused.map(Some).ok_or(NetlinkError::Lost),
                Ok(Some(packet)) => packet,
                Err(error) => return Err(error),
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::namespace::NetworkNamespace;

    #[test]
    fn elements_that_are_missing_are_tolerated_by_old_kernels_too() {
        let (namespace, _) = NetworkNamespace::create().unwrap();
        let mut nft = NftSocket { has_destroy: Some(false), ..namespace.nft().unwrap() };
        let (table, set) = (Table::inet("t"), Set::new("ports", &[FieldType::Port]).of_ranges());
        let range = |first, last| Element::range(&[Field::Port(first)], &[Field::Port(last)]);
        let there = vec![range(1, 9), Element::new(&[Field::Port(20)]), range(30, 39)];
        let add = Change::AddElements { set: set.clone(), elements: there.clone() };
        nft.commit(&table, &[Change::AddTable { comment: None }, Change::AddSet(set.clone()), add]).unwrap();
        let elements = vec![range(1, 8), range(20, 20), range(30, 39), range(50, 59)];
        let delete = Change::DeleteElements { set: set.clone(), elements, missing: Missing::Tolerated };
        nft.commit(&table, std::slice::from_ref(&delete)).unwrap();
        assert_eq!(nft.elements(&table, &set).unwrap(), there[..1]);

        // What was read before somebody else's transaction is read again.
        let past = nft.generation().unwrap() - 1;
        let encoding = Encoding { has_destroy: false, generation: Some(past) };
        let late = nft.attempt(&table, &[delete], encoding).unwrap_err();
        assert_eq!(late.errno(), Some(Errno::RESTART));
    }
}
