//! The decoder of what arrives: acknowledgements, ends of lists, and messages of the protocols.

use std::fmt;
use std::io;

use crate::attribute::{Attributes, Malformed};
use crate::message::{flags, header_length};

/// `NLMSG_*` of netlink(7).
const NOOP: u16 = 1;
const ERROR: u16 = 2;
const DONE: u16 = 3;
const OVERRUN: u16 = 4;
/// `NLM_F_CAPPED`: of the request, only the header is repeated.
const CAPPED: u16 = 0x100;
/// `NLM_F_ACK_TLVS`: attributes follow.
const HAS_ATTRIBUTES: u16 = 0x200;
/// `NLMSGERR_ATTR_MSG`
const SAID: u16 = 1;
/// `NLMSGERR_ATTR_OFFS`
const OFFSET: u16 = 2;

/// The kernel says no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its error number, above zero.
    pub errno: i32,
    /// Its own words, where it had any.
    pub said: Option<String>,
    /// Which byte of the request it is about, where it says so.
    pub offset: Option<usize>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errno = io::Error::from_raw_os_error(self.errno);
        match &self.said {
            Some(said) => write!(f, "{said}: {errno}"),
            None => write!(f, "{errno}"),
        }
    }
}

impl std::error::Error for Refusal {}

/// One message that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply<'a> {
    /// The number of the request that it answers; 0 for what nobody asked for.
    pub number: u32,
    /// The flags of netlink(7).
    pub flags: u16,
    /// What it says.
    pub content: Content<'a>,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content<'a> {
    /// A request was done, or refused.
    Ack(Result<(), Refusal>),
    /// A list is complete, or was broken off.
    Done(Result<(), Refusal>),
    /// A message of the protocol.
    Message {
        /// Its kind.
        kind: u16,
        /// What comes after the header.
        body: &'a [u8],
    },
}

/// The messages of one packet.
#[derive(Debug, Clone)]
pub struct Replies<'a> {
    rest: &'a [u8],
}

impl<'a> Replies<'a> {
    /// Those of `packet`.
    pub fn of(packet: &'a [u8]) -> Self {
        Self { rest: packet }
    }
}

impl<'a> Iterator for Replies<'a> {
    type Item = Result<Reply<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let (message, rest) = match split(std::mem::take(&mut self.rest)) {
                Ok(split) => split,
                Err(malformed) => return Some(Err(malformed)),
            };
            self.rest = rest;
            if kind_of(message) != NOOP {
                return Some(read(message));
            }
        }
    }
}

/// The first message of a packet, which has a whole header, and what comes after it.
fn split(packet: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let length = packet.first_chunk().copied().map(u32::from_ne_bytes).ok_or(Malformed("header is short"))?;
    let length = usize::try_from(length).map_err(|_| Malformed("length of a message"))?;
    let message = packet.get(..length).filter(|message| message.len() >= header_length());
    let message = message.ok_or(Malformed("length of a message"))?;
    Ok((message, packet.get(length.next_multiple_of(4)..).unwrap_or_default()))
}

fn kind_of(message: &[u8]) -> u16 {
    u16::from_ne_bytes([message[4], message[5]])
}

fn read(message: &[u8]) -> Result<Reply<'_>, Malformed> {
    let flags = u16::from_ne_bytes([message[6], message[7]]);
    let number = u32::from_ne_bytes([message[8], message[9], message[10], message[11]]);
    let body = &message[header_length()..];
    let content = match kind_of(message) {
        ERROR => Content::Ack(outcome(flags, body, 4 + header_length())?),
        // Before 5.0 the end of a list had no number.
        DONE if body.is_empty() => Content::Done(Ok(())),
        DONE => Content::Done(outcome(flags, body, 4)?),
        OVERRUN => return Err(Malformed("overrun")),
        kind => Content::Message { kind, body },
    };
    Ok(Reply { number, flags, content })
}

/// The error number of an acknowledgement, and the words that come with it after `fixed` bytes.
fn outcome(flags: u16, body: &[u8], fixed: usize) -> Result<Result<(), Refusal>, Malformed> {
    let errno = body.first_chunk().copied().map(i32::from_ne_bytes).ok_or(Malformed("error is short"))?;
    if errno == 0 {
        return Ok(Ok(()));
    }
    let errno = errno.checked_neg().filter(|errno| (1..4096).contains(errno));
    let errno = errno.ok_or(Malformed("error number"))?;
    let fixed = if fixed > 4 && flags & CAPPED == 0 { whole_request(body)? } else { fixed };
    let mut refusal = Refusal { errno, said: None, offset: None };
    if flags & HAS_ATTRIBUTES != 0 {
        for attribute in Attributes::after(body, fixed)? {
            let attribute = attribute?;
            match attribute.kind {
                SAID => refusal.said = Some(attribute.string()).filter(|said| !said.is_empty()),
                OFFSET => refusal.offset = usize::try_from(attribute.u32()?).ok(),
                _ => {}
            }
        }
    }
    Ok(Err(refusal))
}

/// The length of an error number and of the request that is repeated behind it.
fn whole_request(body: &[u8]) -> Result<usize, Malformed> {
    let length = body.get(4..).and_then(|request| request.first_chunk()).copied().map(u32::from_ne_bytes);
    let length = length.and_then(|length| usize::try_from(length).ok()?.checked_add(4));
    length.filter(|&length| length <= body.len()).ok_or(Malformed("request in an error"))
}

impl Reply<'_> {
    /// Whether what is listed changed while it was listed, so that the list may lack something.
    pub fn is_interrupted(&self) -> bool {
        self.flags & flags::DUMP_INTERRUPTED != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Messages;

    fn error(flags: u16, body: &[u8]) -> Vec<u8> {
        let mut messages = Messages::new(5);
        messages.message(ERROR, flags, body, |_| {});
        messages.finish().unwrap()
    }

    #[test]
    fn the_kernels_words_are_found_behind_a_whole_request_and_behind_its_header() {
        let said = [9_u16.to_ne_bytes().as_slice(), &SAID.to_ne_bytes(), b"nope\0\0\0\0"].concat();
        let minus_one = (-1_i32).to_ne_bytes();
        let header = |length: u32| [length.to_ne_bytes().as_slice(), &[0; 12]].concat();
        let whole = [minus_one.as_slice(), &header(24), &[1; 8], &said].concat();
        let capped = [minus_one.as_slice(), &header(24), &said].concat();
        for (flags, body) in [(HAS_ATTRIBUTES, whole), (HAS_ATTRIBUTES | CAPPED, capped)] {
            let packet = error(flags, &body);
            let reply = Replies::of(&packet).next().unwrap().unwrap();
            let refusal = Refusal { errno: 1, said: Some("nope".to_owned()), offset: None };
            assert_eq!(reply.content, Content::Ack(Err(refusal)), "{flags:x}");
            assert_eq!(reply.number, 5);
        }
    }

    #[test]
    fn a_message_longer_than_its_packet_is_malformed() {
        let mut packet = error(0, &[0; 20]);
        packet.truncate(30);
        assert_eq!(Replies::of(&packet).collect::<Vec<_>>(), [Err(Malformed("length of a message"))]);
    }

    #[test]
    fn an_error_number_that_is_none_is_malformed() {
        for errno in [5_i32, i32::MIN, -4096] {
            let packet = error(0, &[errno.to_ne_bytes().as_slice(), &[0; 16]].concat());
            assert_eq!(Replies::of(&packet).next(), Some(Err(Malformed("error number"))), "{errno}");
        }
    }
}
