//! What rules do with the packets that they are for.

use super::expression::{Expr, Header, IpVersion, NatKind, Register, Reject};
use super::field::Field;
use super::rule::{FIRST, Rule};
use super::selector::Selector;
use super::verdict::Verdict;

/// What a map for [`Rule::dnat`] leads to beside an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ports {
    /// Nothing: the port stays.
    Kept,
    /// A port.
    One,
    /// The first and the last of a range, in which the port stays if it is of the range.
    Range,
}

impl Rule {
    /// Sends connections on to what a map leads to: an address, which stands first, and behind it a port or the first and the
    /// last of a range of ports.
    #[must_use]
    pub fn dnat(self, key: &[Selector], map: &str, version: IpVersion, ports: Ports) -> Self {
        let after = if version == IpVersion::Four { 1 } else { 4 };
        let (port, last_port) = match ports {
            Ports::Kept => (None, None),
            Ports::One => (Some(Register(after)), None),
            Ports::Range => (Some(Register(after)), Some(Register(after + 1))),
        };
        let nat = Expr::Nat { kind: NatKind::Destination, version, address: FIRST, port, last_port };
        let map = Expr::Map { from: FIRST, map: map.to_owned(), to: FIRST };
        self.version(version).load(key).with(map).with(nat)
    }

    /// Gives connections the address of the link that they leave by.
    #[must_use]
    pub fn masquerade(self) -> Self {
        self.with(Expr::Masquerade { random: false })
    }

    /// Does what a map of verdicts says about a key.
    #[must_use]
    pub fn verdict_of(self, key: &[Selector], map: &str) -> Self {
        self.load(key).with(Expr::VerdictMap { from: FIRST, map: map.to_owned() })
    }

    /// Changes the port at one end of a TCP or UDP packet, which the rule has established to be one.
    #[must_use]
    pub fn set_port(self, protocol: Field, end: NatKind, port: u16) -> Self {
        let checksum = if protocol == Field::TCP { 16 } else { 6 };
        let offset = if end == NatKind::Source { 0 } else { 2 };
        let write =
            Expr::WritePayload { from: FIRST, header: Header::Transport, offset, length: 2, checksum };
        self.with(Expr::Immediate { value: port.to_be_bytes().to_vec(), to: FIRST }).with(write)
    }

    /// Counts what comes here.
    #[must_use]
    pub fn counter(self) -> Self {
        self.with(Expr::Counter)
    }

    /// Leaves the packet to no connection.
    #[must_use]
    pub fn notrack(self) -> Self {
        self.with(Expr::Notrack)
    }

    /// Refuses what comes here.
    #[must_use]
    pub fn reject(self, how: Reject) -> Self {
        self.with(Expr::Reject(how))
    }

    /// Accepts what comes here.
    #[must_use]
    pub fn accept(self) -> Self {
        self.with(Expr::Verdict(Verdict::Accept))
    }

    /// Drops what comes here.
    #[must_use]
    pub fn drop(self) -> Self {
        self.with(Expr::Verdict(Verdict::Drop))
    }

    /// Goes through another chain's rules.
    #[must_use]
    pub fn jump(self, chain: &str) -> Self {
        self.with(Expr::Verdict(Verdict::Jump(chain.to_owned())))
    }

    /// Leaves the chain.
    #[must_use]
    pub fn leave(self) -> Self {
        self.with(Expr::Verdict(Verdict::Return))
    }
}
