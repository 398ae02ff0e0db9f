//! The bytes of expressions.

use crate::message::Messages;

use super::connection::Conntrack;
use super::constants as c;
use super::expression::{Comparison, Expr, Header, Meta, NatKind, Register, Reject, SetRef};

/// The numbers that anonymous sets have in their transaction, in the order in which the rule names them.
pub(super) type AnonymousIds<'a> = &'a mut dyn Iterator<Item = u32>;

impl Expr {
    /// The kernel's name of the expression.
    fn name(&self) -> &'static str {
        match self {
            Self::Meta { .. } | Self::SetMark { .. } => "meta",
            Self::Payload { .. } | Self::WritePayload { .. } => "payload",
            Self::Conntrack { .. } => "ct",
            Self::FibKindOfDestination { .. } => "fib",
            Self::Immediate { .. } | Self::Verdict(_) => "immediate",
            Self::Mask { .. } => "bitwise",
            Self::Compare { .. } => "cmp",
            Self::Lookup { .. } | Self::Map { .. } | Self::VerdictMap { .. } => "lookup",
            Self::Nat { .. } => "nat",
            Self::Masquerade { .. } => "masq",
            Self::Counter => "counter",
            Self::Notrack => "notrack",
            Self::Reject(_) => "reject",
        }
    }

    pub(super) fn encode(&self, ids: AnonymousIds<'_>, list: &mut Messages) {
        list.nested(c::NFTA_LIST_ELEM, |expression| {
            expression.string(c::NFTA_EXPR_NAME, self.name());
            expression.nested(c::NFTA_EXPR_DATA, |data| self.encode_data(ids, data));
        });
    }

    fn encode_data(&self, ids: AnonymousIds<'_>, data: &mut Messages) {
        match self {
            Self::Meta { .. }
            | Self::SetMark { .. }
            | Self::Payload { .. }
            | Self::WritePayload { .. }
            | Self::Conntrack { .. }
            | Self::FibKindOfDestination { .. } => self.encode_access(data),
            Self::Immediate { value, to } => {
                data.be32(c::NFTA_IMMEDIATE_DREG, to.number());
                data_value(c::NFTA_IMMEDIATE_DATA, value, data);
            }
            Self::Verdict(verdict) => {
                data.be32(c::NFTA_IMMEDIATE_DREG, VERDICT_REGISTER);
                verdict.encode(c::NFTA_IMMEDIATE_DATA, data);
            }
            Self::Mask { register, mask } => {
                data.be32(c::NFTA_BITWISE_SREG, register.number());
                data.be32(c::NFTA_BITWISE_DREG, register.number());
                data.be32(c::NFTA_BITWISE_LEN, mask.len() as u32);
                data_value(c::NFTA_BITWISE_MASK, mask, data);
                data_value(c::NFTA_BITWISE_XOR, &vec![0; mask.len()], data);
            }
            Self::Compare { from, comparison, value } => {
                data.be32(c::NFTA_CMP_SREG, from.number());
                data.be32(c::NFTA_CMP_OP, u32::from(*comparison == Comparison::NotEqual));
                data_value(c::NFTA_CMP_DATA, value, data);
            }
            Self::Lookup { .. } | Self::Map { .. } | Self::VerdictMap { .. } => self.encode_lookup(ids, data),
            Self::Nat { .. } | Self::Masquerade { .. } | Self::Reject(_) => self.encode_effect(data),
            // The kernel counts from zero unless it is told otherwise.
            Self::Counter | Self::Notrack => {}
        }
    }

    /// Reads and writes of the packet and of what is known of it.
    fn encode_access(&self, data: &mut Messages) {
        match self {
            Self::Meta { key, to } => {
                data.be32(c::NFTA_META_DREG, to.number());
                data.be32(c::NFTA_META_KEY, key.number());
            }
            Self::SetMark { from } => {
                data.be32(c::NFTA_META_SREG, from.number());
                data.be32(c::NFTA_META_KEY, Meta::Mark.number());
            }
            Self::Payload { header, offset, length, to } => {
                data.be32(c::NFTA_PAYLOAD_DREG, to.number());
                payload(*header, *offset, *length, data);
            }
            Self::WritePayload { from, header, offset, length, checksum } => {
                data.be32(c::NFTA_PAYLOAD_SREG, from.number());
                payload(*header, *offset, *length, data);
                data.be32(c::NFTA_PAYLOAD_CSUM_TYPE, c::NFT_PAYLOAD_CSUM_INET);
                data.be32(c::NFTA_PAYLOAD_CSUM_OFFSET, *checksum);
            }
            Self::Conntrack { key, to } => {
                data.be32(c::NFTA_CT_DREG, to.number());
                data.be32(c::NFTA_CT_KEY, if *key == Conntrack::State { 0 } else { 2 });
            }
            Self::FibKindOfDestination { to } => {
                data.be32(c::NFTA_FIB_DREG, to.number());
                data.be32(c::NFTA_FIB_RESULT, c::NFT_FIB_RESULT_ADDRTYPE);
                data.be32(c::NFTA_FIB_FLAGS, c::NFTA_FIB_F_DADDR);
            }
            _ => {}
        }
    }

    fn encode_lookup(&self, ids: AnonymousIds<'_>, data: &mut Messages) {
        match self {
            Self::Lookup { from, set, negated } => {
                match set {
                    SetRef::Named(name) => data.string(c::NFTA_LOOKUP_SET, name),
                    SetRef::Anonymous(anonymous) => {
                        data.string(c::NFTA_LOOKUP_SET, &anonymous.set().name);
                        data.be32(c::NFTA_LOOKUP_SET_ID, ids.next().unwrap_or(0));
                    }
                }
                data.be32(c::NFTA_LOOKUP_SREG, from.number());
                if *negated {
                    data.be32(c::NFTA_LOOKUP_FLAGS, c::NFT_LOOKUP_F_INV);
                }
            }
            Self::Map { from, map, to } => lookup_map(map, *from, to.number(), data),
            Self::VerdictMap { from, map } => lookup_map(map, *from, VERDICT_REGISTER, data),
            _ => {}
        }
    }

    fn encode_effect(&self, data: &mut Messages) {
        match self {
            Self::Nat { kind, version, address, port, last_port } => {
                data.be32(c::NFTA_NAT_TYPE, u32::from(*kind == NatKind::Destination));
                data.be32(c::NFTA_NAT_FAMILY, version.number().into());
                data.be32(c::NFTA_NAT_REG_ADDR_MIN, address.number());
                if let Some(port) = port {
                    data.be32(c::NFTA_NAT_REG_PROTO_MIN, port.number());
                }
                if let Some(last_port) = last_port {
                    data.be32(c::NFTA_NAT_REG_PROTO_MAX, last_port.number());
                }
            }
            Self::Masquerade { random: true } => data.be32(c::NFTA_MASQ_FLAGS, c::NF_NAT_RANGE_PROTO_RANDOM),
            Self::Reject(reject) => {
                let (kind, code) = match reject {
                    Reject::PortUnreachable => (2, 1),
                    Reject::Prohibited => (2, 3),
                    Reject::Reset => (1, 0),
                };
                data.be32(c::NFTA_REJECT_TYPE, kind);
                data.u8(c::NFTA_REJECT_ICMP_CODE, code);
            }
            _ => {}
        }
    }
}

/// `NFT_REG_VERDICT`
const VERDICT_REGISTER: u32 = 0;

impl Register {
    /// `NFT_REG32_00` and those after it.
    fn number(self) -> u32 {
        8 + u32::from(self.0)
    }
}

impl Meta {
    fn number(self) -> u32 {
        match self {
            Self::Mark => 3,
            Self::InputName => 6,
            Self::OutputName => 7,
            Self::InputKind => 26,
            Self::OutputKind => 27,
            Self::Family => 15,
            Self::Protocol => 16,
        }
    }
}

fn payload(header: Header, offset: u32, length: u32, data: &mut Messages) {
    data.be32(c::NFTA_PAYLOAD_BASE, if header == Header::Network { 1 } else { 2 });
    data.be32(c::NFTA_PAYLOAD_OFFSET, offset);
    data.be32(c::NFTA_PAYLOAD_LEN, length);
}

fn lookup_map(map: &str, from: Register, to: u32, data: &mut Messages) {
    data.string(c::NFTA_LOOKUP_SET, map);
    data.be32(c::NFTA_LOOKUP_SREG, from.number());
    data.be32(c::NFTA_LOOKUP_DREG, to);
}

fn data_value(kind: u16, value: &[u8], data: &mut Messages) {
    data.nested(kind, |inner| inner.attribute(c::NFTA_DATA_VALUE, value));
}
