//! What rules consist of: expressions over registers, one after the other until one does not hold.

use super::connection::Conntrack;
use super::element::Element;
use super::field::FieldType;
use super::set::Set;
use super::verdict::Verdict;

/// One of sixteen registers of four bytes, from 0; longer values take those after it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Register(pub u8);

/// An IP version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IpVersion {
    /// IPv4
    Four,
    /// IPv6
    Six,
}

impl IpVersion {
    /// `NFPROTO_IPV4` or `NFPROTO_IPV6`.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::Four => 2,
            Self::Six => 10,
        }
    }
}

/// What is known of a packet beside its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Meta {
    /// Its mark.
    Mark,
    /// The name of the link that it came in by.
    InputName,
    /// The name of the link that it leaves by.
    OutputName,
    /// What sort of virtual link it came in by: `bridge`; empty for others.
    InputKind,
    /// What sort of virtual link it leaves by.
    OutputKind,
    /// Its version of IP, in tables that see both.
    Family,
    /// The protocol above IP.
    Protocol,
}

/// Which header bytes are counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Header {
    /// That of IP.
    Network,
    /// That of TCP or UDP.
    Transport,
}

/// Whether a value has to be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// It has.
    Equal,
    /// It must not.
    NotEqual,
}

/// Which address is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NatKind {
    /// The source.
    Source,
    /// The destination.
    Destination,
}

/// How a packet is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reject {
    /// With an ICMP message of either version: port unreachable.
    PortUnreachable,
    /// With an ICMP message of either version: administratively prohibited.
    Prohibited,
    /// By resetting the TCP connection; the rule must have established that it is TCP.
    Reset,
}

/// A set that a rule looks into.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SetRef {
    /// One of the table's.
    Named(String),
    /// One that lives and dies with the rule.
    Anonymous(AnonymousSet),
}

/// A set that lives and dies with a rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AnonymousSet {
    /// What its keys consist of.
    pub key: Vec<FieldType>,
    /// What is in it: single keys.
    pub elements: Vec<Element>,
}

impl AnonymousSet {
    pub(super) fn set(&self) -> Set {
        // The kernel puts a number in place of `%d`.
        Set::new("__set%d", &self.key)
    }
}

/// One step of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Expr {
    /// Loads what is known of the packet.
    Meta {
        /// What.
        key: Meta,
        /// Where to.
        to: Register,
    },
    /// Sets the packet's mark.
    SetMark {
        /// From where.
        from: Register,
    },
    /// Loads bytes of the packet.
    Payload {
        /// From which header.
        header: Header,
        /// From which byte of it.
        offset: u32,
        /// How many.
        length: u32,
        /// Where to.
        to: Register,
    },
    /// Writes bytes of the packet, and corrects a checksum.
    WritePayload {
        /// From where.
        from: Register,
        /// To which header.
        header: Header,
        /// From which byte of it.
        offset: u32,
        /// How many.
        length: u32,
        /// Where the checksum is, counted from the same header.
        checksum: u32,
    },
    /// Loads what connection tracking knows.
    Conntrack {
        /// What.
        key: Conntrack,
        /// Where to.
        to: Register,
    },
    /// Loads the kind of route that the destination has (`RTN_*`, 4 bytes): 2 is this host itself.
    FibKindOfDestination {
        /// Where to.
        to: Register,
    },
    /// Loads a value.
    Immediate {
        /// The value.
        value: Vec<u8>,
        /// Where to.
        to: Register,
    },
    /// Keeps the bits that are in a mask.
    Mask {
        /// From where, and where to.
        register: Register,
        /// The mask.
        mask: Vec<u8>,
    },
    /// Goes on when the comparison holds.
    Compare {
        /// With what is where.
        from: Register,
        /// Which way.
        comparison: Comparison,
        /// The value.
        value: Vec<u8>,
    },
    /// Goes on when the key is in the set.
    Lookup {
        /// Where the key is.
        from: Register,
        /// The set.
        set: SetRef,
        /// Go on when it is not, instead.
        negated: bool,
    },
    /// Goes on when the key is in the map, and loads what it leads to.
    Map {
        /// Where the key is.
        from: Register,
        /// The map.
        map: String,
        /// Where to.
        to: Register,
    },
    /// Looks what becomes of the packet up in a map; goes on when the key is not in it.
    VerdictMap {
        /// Where the key is.
        from: Register,
        /// The map.
        map: String,
    },
    /// Changes an address of the connection that the packet begins.
    Nat {
        /// Which one.
        kind: NatKind,
        /// Of which version.
        version: IpVersion,
        /// Where the new one is.
        address: Register,
        /// Where the new port is; the old one stays without it.
        port: Option<Register>,
        /// Where the last of a range of new ports is: the old one stays if it is of the range.
        last_port: Option<Register>,
    },
    /// Changes the source of the connection to the address of the link that the packet leaves by.
    Masquerade {
        /// Whether the new port is a random one.
        random: bool,
    },
    /// Counts packets and bytes.
    Counter,
    /// Leaves the packet to no connection.
    Notrack,
    /// Refuses the packet.
    Reject(Reject),
    /// Decides.
    Verdict(Verdict),
}
