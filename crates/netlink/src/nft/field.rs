//! Typed values: what keys and data of sets, and comparisons, consist of.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::attribute::{Malformed, ip};
use crate::link_name::{LinkName, MAX_LINK_NAME};

/// What a value is. nft(8) shows sets by these types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldType {
    /// `ipv4_addr`
    Ipv4,
    /// `ipv6_addr`
    Ipv6,
    /// `inet_proto`: TCP, UDP and so on.
    Protocol,
    /// `inet_service`
    Port,
    /// `ifname`
    LinkName,
    /// `mark`
    Mark,
}

/// A value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// An IPv4 address.
    Ipv4(Ipv4Addr),
    /// An IPv6 address.
    Ipv6(Ipv6Addr),
    /// A protocol above IP, by its number.
    Protocol(u8),
    /// A port.
    Port(u16),
    /// The name of a link.
    LinkName(LinkName),
    /// A packet's mark.
    Mark(u32),
}

impl Field {
    /// TCP.
    pub const TCP: Self = Self::Protocol(6);
    /// UDP.
    pub const UDP: Self = Self::Protocol(17);

    /// What it is.
    pub fn kind(&self) -> FieldType {
        match self {
            Self::Ipv4(_) => FieldType::Ipv4,
            Self::Ipv6(_) => FieldType::Ipv6,
            Self::Protocol(_) => FieldType::Protocol,
            Self::Port(_) => FieldType::Port,
            Self::LinkName(_) => FieldType::LinkName,
            Self::Mark(_) => FieldType::Mark,
        }
    }

    /// Its bytes in a register.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Ipv4(address) => address.octets().to_vec(),
            Self::Ipv6(address) => address.octets().to_vec(),
            Self::Protocol(number) => vec![*number],
            Self::Port(port) => port.to_be_bytes().to_vec(),
            Self::LinkName(name) => name.padded().to_vec(),
            Self::Mark(mark) => mark.to_ne_bytes().to_vec(),
        }
    }
}

impl From<IpAddr> for Field {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::Ipv4(address),
            IpAddr::V6(address) => Self::Ipv6(address),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ipv4(address) => write!(f, "{address}"),
            Self::Ipv6(address) => write!(f, "{address}"),
            Self::Protocol(6) => f.write_str("tcp"),
            Self::Protocol(17) => f.write_str("udp"),
            Self::Protocol(number) => write!(f, "{number}"),
            Self::Port(port) => write!(f, "{port}"),
            Self::LinkName(name) => write!(f, "{name}"),
            Self::Mark(mark) => write!(f, "{mark:#x}"),
        }
    }
}

impl FieldType {
    /// How many bytes it has.
    pub(super) fn length(self) -> usize {
        match self {
            Self::Ipv4 | Self::Mark => 4,
            Self::Ipv6 => 16,
            Self::Protocol => 1,
            Self::Port => 2,
            Self::LinkName => MAX_LINK_NAME + 1,
        }
    }

    /// nft(8)'s own number of the type, which the kernel only keeps.
    fn number(self) -> u32 {
        match self {
            Self::Ipv4 => 7,
            Self::Ipv6 => 8,
            Self::Protocol => 12,
            Self::Port => 13,
            Self::Mark => 19,
            Self::LinkName => 41,
        }
    }

    fn decode(self, bytes: &[u8]) -> Result<Field, Malformed> {
        Ok(match (self, bytes) {
            (Self::Ipv4 | Self::Ipv6, _) => Field::from(ip(bytes)?),
            (Self::Protocol, &[number]) => Field::Protocol(number),
            (Self::Port, &[a, b]) => Field::Port(u16::from_be_bytes([a, b])),
            (Self::Mark, &[a, b, c, d]) => Field::Mark(u32::from_ne_bytes([a, b, c, d])),
            (Self::LinkName, _) => {
                let name = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
                let name = std::str::from_utf8(name).ok().and_then(|name| LinkName::new(name).ok());
                Field::LinkName(name.ok_or(Malformed("name of a link in a set"))?)
            }
            _ => return Err(Malformed("length of a value in a set")),
        })
    }
}

/// The number of a type made of several: six bits each.
pub(super) fn type_number(types: &[FieldType]) -> u32 {
    types.iter().fold(0, |number, field| number << 6 | field.number())
}

/// The length of a value: of several, each takes whole registers of four bytes.
pub(super) fn length(types: &[FieldType]) -> usize {
    match types {
        [one] => one.length(),
        several => several.iter().map(|field| field.length().next_multiple_of(4)).sum(),
    }
}

/// The bytes of a value.
pub(super) fn encode(fields: &[Field]) -> Vec<u8> {
    if let [one] = fields {
        return one.bytes();
    }
    let mut bytes = Vec::new();
    for field in fields {
        bytes.extend(field.bytes());
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes
}

/// A value of `types` from its bytes.
pub(super) fn decode(types: &[FieldType], mut bytes: &[u8]) -> Result<Vec<Field>, Malformed> {
    if bytes.len() != length(types) {
        return Err(Malformed("length of a value in a set"));
    }
    let step = |field: &FieldType| {
        let (value, rest) = bytes.split_at_checked(field.length()).ok_or(Malformed("value in a set"))?;
        let padding = field.length().next_multiple_of(4) - field.length();
        bytes = rest.get(padding..).unwrap_or_default();
        field.decode(value)
    };
    types.iter().map(step).collect()
}

/// As nft(8) writes it.
pub(super) fn display(fields: &[Field]) -> String {
    fields.iter().map(Field::to_string).collect::<Vec<_>>().join(" . ")
}
