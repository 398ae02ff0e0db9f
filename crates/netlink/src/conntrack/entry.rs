//! A connection as the kernel lists it.

use std::net::{IpAddr, Ipv4Addr};

use crate::attribute::{Attribute, Attributes, Malformed};
use crate::message::{Messages, flags};

use super::constants as c;

/// The length of `struct nfgenmsg`, which begins with the family.
const HEADER: usize = 4;
/// `NLA_F_NESTED`, which the decoder takes off.
const NESTED: u16 = 0x8000;

/// What packets of a connection have in common, one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tuple {
    /// From where.
    pub source: IpAddr,
    /// To where.
    pub destination: IpAddr,
    /// The protocol above IP, by its number.
    pub protocol: u8,
    /// From which port, where the protocol has ports.
    pub source_port: Option<u16>,
    /// To which port, where the protocol has ports.
    pub destination_port: Option<u16>,
}

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// As who began it wrote its packets.
    pub original: Tuple,
    /// As the answers are written by who gives them, before addresses are changed back.
    pub reply: Tuple,
    family: u8,
    /// What names the connection to the kernel, as it came: the original tuple, and zone and id where there are such.
    name: Vec<(u16, Vec<u8>)>,
}

impl Entry {
    /// Reads the body of an `IPCTNL_MSG_CT_NEW`; none when a tuple has no addresses.
    ///
    /// # Errors
    /// When it is not what conntrack documents.
    pub fn decode(body: &[u8]) -> Result<Option<Self>, Malformed> {
        let family = *body.first().ok_or(Malformed("family"))?;
        let (mut original, mut reply, mut name) = (None, None, Vec::new());
        for attribute in Attributes::after(body, HEADER)? {
            let attribute = attribute?;
            match attribute.kind {
                c::CTA_TUPLE_ORIG => {
                    original = Tuple::decode(attribute)?;
                    name.push((c::CTA_TUPLE_ORIG | NESTED, attribute.value.to_vec()));
                }
                c::CTA_TUPLE_REPLY => reply = Tuple::decode(attribute)?,
                // A later connection of the same addresses and ports has another id.
                kind @ (c::CTA_ZONE | c::CTA_ID) => name.push((kind, attribute.value.to_vec())),
                _ => {}
            }
        }
        Ok(original.zip(reply).map(|(original, reply)| Self { original, reply, family, name }))
    }

    pub(super) fn encode_delete(&self, messages: &mut Messages) {
        let fixed = [self.family, 0, 0, 0];
        messages.message(c::DELETE, flags::REQUEST | flags::ACK, &fixed, |message| {
            for (kind, value) in &self.name {
                message.attribute(*kind, value);
            }
        });
    }
}

impl Tuple {
    fn decode(tuple: Attribute<'_>) -> Result<Option<Self>, Malformed> {
        let (mut source, mut destination) = (None, None);
        let nothing = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let mut read = Self {
            source: nothing,
            destination: nothing,
            protocol: 0,
            source_port: None,
            destination_port: None,
        };
        for part in tuple.nested() {
            let part = part?;
            // What is below counts its kinds anew, or is no list of attributes at all.
            if !matches!(part.kind, c::CTA_TUPLE_IP | c::CTA_TUPLE_PROTO) {
                continue;
            }
            for attribute in part.nested() {
                let attribute = attribute?;
                match (part.kind, attribute.kind) {
                    (c::CTA_TUPLE_IP, c::CTA_IP_V4_SRC | c::CTA_IP_V6_SRC) => source = Some(attribute.ip()?),
                    (c::CTA_TUPLE_IP, c::CTA_IP_V4_DST | c::CTA_IP_V6_DST) => {
                        destination = Some(attribute.ip()?);
                    }
                    (c::CTA_TUPLE_PROTO, c::CTA_PROTO_NUM) => read.protocol = attribute.u8()?,
                    (c::CTA_TUPLE_PROTO, c::CTA_PROTO_SRC_PORT) => read.source_port = Some(attribute.be16()?),
                    (c::CTA_TUPLE_PROTO, c::CTA_PROTO_DST_PORT) => {
                        read.destination_port = Some(attribute.be16()?);
                    }
                    _ => {}
                }
            }
        }
        Ok(source.zip(destination).map(|(source, destination)| Self { source, destination, ..read }))
    }
}
