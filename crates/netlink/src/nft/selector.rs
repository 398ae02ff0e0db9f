//! What rules look at in packets, by the words of nft(8).

use super::expression::{Expr, Header, IpVersion, Meta, Register};
use super::field::FieldType;

/// A part of a packet, or something known of it, that has a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Selector {
    /// `ip saddr`
    Ipv4Source,
    /// `ip daddr`
    Ipv4Destination,
    /// `ip6 saddr`
    Ipv6Source,
    /// `ip6 daddr`
    Ipv6Destination,
    /// `meta l4proto`
    Protocol,
    /// `th sport`, of TCP and UDP
    SourcePort,
    /// `th dport`, of TCP and UDP
    DestinationPort,
    /// `iifname`
    InputName,
    /// `oifname`
    OutputName,
    /// `meta iifkind`
    InputKind,
    /// `meta oifkind`
    OutputKind,
    /// `meta mark`
    Mark,
}

impl Selector {
    /// What it is.
    pub fn kind(self) -> FieldType {
        match self {
            Self::Ipv4Source | Self::Ipv4Destination => FieldType::Ipv4,
            Self::Ipv6Source | Self::Ipv6Destination => FieldType::Ipv6,
            Self::Protocol => FieldType::Protocol,
            Self::SourcePort | Self::DestinationPort => FieldType::Port,
            Self::InputName | Self::OutputName | Self::InputKind | Self::OutputKind => FieldType::LinkName,
            Self::Mark => FieldType::Mark,
        }
    }

    /// The version of IP without which it is not there.
    pub(super) fn version(self) -> Option<IpVersion> {
        match self.kind() {
            FieldType::Ipv4 => Some(IpVersion::Four),
            FieldType::Ipv6 => Some(IpVersion::Six),
            _ => None,
        }
    }

    /// How many registers it takes.
    pub(super) fn registers(self) -> u8 {
        match self.kind() {
            FieldType::Ipv6 | FieldType::LinkName => 4,
            _ => 1,
        }
    }

    /// The expression that loads it, or its first `length` bytes.
    pub(super) fn load(self, length: Option<usize>, to: Register) -> Expr {
        let (header, offset) = match self {
            Self::Ipv4Source => (Header::Network, 12),
            Self::Ipv4Destination => (Header::Network, 16),
            Self::Ipv6Source => (Header::Network, 8),
            Self::Ipv6Destination => (Header::Network, 24),
            Self::SourcePort => (Header::Transport, 0),
            Self::DestinationPort => (Header::Transport, 2),
            Self::Protocol => return Expr::Meta { key: Meta::Protocol, to },
            Self::InputName => return Expr::Meta { key: Meta::InputName, to },
            Self::InputKind => return Expr::Meta { key: Meta::InputKind, to },
            Self::OutputKind => return Expr::Meta { key: Meta::OutputKind, to },
            Self::OutputName => return Expr::Meta { key: Meta::OutputName, to },
            Self::Mark => return Expr::Meta { key: Meta::Mark, to },
        };
        let length = length.unwrap_or(self.kind().length()) as u32;
        Expr::Payload { header, offset, length, to }
    }
}
