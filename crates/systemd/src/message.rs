//! D-Bus messages: the header around a body (D-Bus specification, "Message Protocol").
//!
//! Knows no method; what a body means is the caller's.

use crate::error::SystemdError;
use crate::wire::{Reader, Writer};

/// Bytes before the header's fields: endianness, type, flags, version, body length, serial, and the length of the fields.
pub(crate) const FIXED: usize = 16;

/// More than any answer to what is asked here; the specification allows 128 MiB.
const LARGEST: usize = 1 << 20;

const LITTLE_ENDIAN: u8 = b'l';
const PROTOCOL: u8 = 1;
const METHOD_CALL: u8 = 1;

/// The codes of the header's fields.
mod field {
    pub(super) const PATH: u8 = 1;
    pub(super) const INTERFACE: u8 = 2;
    pub(super) const MEMBER: u8 = 3;
    pub(super) const ERROR_NAME: u8 = 4;
    pub(super) const REPLY_SERIAL: u8 = 5;
    pub(super) const DESTINATION: u8 = 6;
    pub(super) const SIGNATURE: u8 = 8;
}

/// A method call.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) destination: &'a str,
    pub(crate) path: &'a str,
    pub(crate) interface: &'a str,
    pub(crate) member: &'a str,
    /// The types of the body; empty for none.
    pub(crate) signature: &'a str,
    pub(crate) body: Vec<u8>,
}

impl Call<'_> {
    /// The bytes to send.
    pub(crate) fn encode(&self, serial: u32) -> Vec<u8> {
        let mut out = Writer::default();
        [LITTLE_ENDIAN, METHOD_CALL, 0, PROTOCOL].into_iter().for_each(|byte| out.byte(byte));
        out.u32(self.body.len() as u32);
        out.u32(serial);
        out.array(8, |fields| {
            let texts = [
                (field::PATH, "o", self.path),
                (field::INTERFACE, "s", self.interface),
                (field::MEMBER, "s", self.member),
                (field::DESTINATION, "s", self.destination),
            ];
            for (code, kind, text) in texts {
                begin_field(fields, code, kind);
                fields.string(text);
            }
            if !self.signature.is_empty() {
                begin_field(fields, field::SIGNATURE, "g");
                fields.signature(self.signature);
            }
        });
        out.align(8);
        let mut bytes = out.into_bytes();
        bytes.extend(&self.body);
        bytes
    }
}

fn begin_field(fields: &mut Writer, code: u8, kind: &str) {
    fields.align(8);
    fields.byte(code);
    fields.signature(kind);
}

/// What kind of message came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Return,
    Error,
    Signal,
    /// Calls, which nobody here serves, and what later versions of the protocol may add.
    Other,
}

/// A message that came in.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) kind: Kind,
    /// The serial of the call that is answered.
    pub(crate) reply_to: Option<u32>,
    /// The signal's or method's name.
    pub(crate) member: String,
    /// The error's name.
    pub(crate) error: String,
    pub(crate) signature: String,
    pub(crate) body: Vec<u8>,
}

/// How many bytes follow the first [`FIXED`] ones.
pub(crate) fn length_of_rest(fixed: &[u8; FIXED]) -> Result<usize, SystemdError> {
    if fixed[0] != LITTLE_ENDIAN || fixed[3] != PROTOCOL {
        return Err(SystemdError::Malformed { what: "its byte order or version is not this machine's" });
    }
    let mut reader = Reader::new(&fixed[4..]);
    let (body, _serial, fields) = (reader.u32()? as usize, reader.u32()?, reader.u32()? as usize);
    let rest = fields.next_multiple_of(8).saturating_add(body);
    if rest > LARGEST {
        return Err(SystemdError::Malformed { what: "it is too long" });
    }
    Ok(rest)
}

impl Incoming {
    /// Takes a whole message apart.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Incoming, SystemdError> {
        let mut reader = Reader::new(bytes);
        reader.byte()?;
        let kind = match reader.byte()? {
            2 => Kind::Return,
            3 => Kind::Error,
            4 => Kind::Signal,
            _ => Kind::Other,
        };
        let mut message = Incoming {
            kind,
            reply_to: None,
            member: String::new(),
            error: String::new(),
            signature: String::new(),
            body: Vec::new(),
        };
        // Flags, version, body length and serial say nothing that is needed any more.
        reader.align(4)?;
        let (_body, _serial, fields) = (reader.u32()?, reader.u32()?, reader.u32()? as usize);
        let end = reader.position().saturating_add(fields);
        while reader.position() < end {
            message.take_field(&mut reader)?;
        }
        reader.align(8)?;
        message.body = bytes[reader.position()..].to_vec();
        Ok(message)
    }

    fn take_field(&mut self, reader: &mut Reader<'_>) -> Result<(), SystemdError> {
        reader.align(8)?;
        let code = reader.byte()?;
        let text = match reader.signature()? {
            "s" | "o" => reader.string()?,
            "g" => reader.signature()?,
            "u" => {
                let number = reader.u32()?;
                if code == field::REPLY_SERIAL {
                    self.reply_to = Some(number);
                }
                return Ok(());
            }
            _ => return Err(SystemdError::Malformed { what: "a header field has an unknown type" }),
        };
        match code {
            field::MEMBER => text.clone_into(&mut self.member),
            field::ERROR_NAME => text.clone_into(&mut self.error),
            field::SIGNATURE => text.clone_into(&mut self.signature),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A message as a peer would send it.
    pub(crate) fn incoming(
        kind: u8,
        fields: &[(u8, &str, &str)],
        reply_to: Option<u32>,
        body: &[u8],
    ) -> Vec<u8> {
        let mut out = Writer::default();
        [LITTLE_ENDIAN, kind, 0, PROTOCOL].into_iter().for_each(|byte| out.byte(byte));
        out.u32(body.len() as u32);
        out.u32(99);
        out.array(8, |into| {
            for (code, signature, text) in fields {
                begin_field(into, *code, signature);
                if *signature == "g" { into.signature(text) } else { into.string(text) }
            }
            if let Some(serial) = reply_to {
                begin_field(into, field::REPLY_SERIAL, "u");
                into.u32(serial);
            }
        });
        out.align(8);
        [out.into_bytes(), body.to_vec()].concat()
    }

    #[test]
    fn a_call_is_encoded_as_the_specification_has_it() {
        let call = Call {
            destination: "a.b",
            path: "/p",
            interface: "c.d",
            member: "Hello",
            signature: "",
            body: Vec::new(),
        };
        let expected: [&[u8]; 6] = [
            b"l\x01\0\x01\0\0\0\0\x01\0\0\0",
            b"\x3c\0\0\0",
            b"\x01\x01o\0\x02\0\0\0/p\0\0\0\0\0\0",
            b"\x02\x01s\0\x03\0\0\0c.d\0\0\0\0\0",
            b"\x03\x01s\0\x05\0\0\0Hello\0\0\0",
            b"\x06\x01s\0\x03\0\0\0a.b\0\0\0\0\0",
        ];
        assert_eq!(call.encode(1), expected.concat());
    }

    #[test]
    fn an_error_is_taken_apart() {
        let bytes =
            incoming(3, &[(field::ERROR_NAME, "s", "x.Y"), (field::SIGNATURE, "g", "s")], Some(7), b"body");
        let fixed: &[u8; FIXED] = bytes[..FIXED].try_into().unwrap();
        assert_eq!(FIXED + length_of_rest(fixed).unwrap(), bytes.len());
        let message = Incoming::parse(&bytes).unwrap();
        assert_eq!((message.kind, message.reply_to), (Kind::Error, Some(7)));
        assert_eq!((message.error.as_str(), message.signature.as_str()), ("x.Y", "s"));
        assert_eq!(message.body, b"body");
    }

    #[test]
    fn messages_that_are_cut_or_of_another_kind_are_refused_and_never_panic() {
        let whole = incoming(2, &[(field::SIGNATURE, "g", "o")], Some(1), b"");
        for end in 0..whole.len() {
            assert!(Incoming::parse(&whole[..end]).is_err(), "{end}");
        }
        let mut long = *b"l\x02\0\x01\xff\xff\xff\x7f\x01\0\0\0\0\0\0\0";
        assert!(length_of_rest(&long).is_err());
        long[0] = b'B';
        assert!(length_of_rest(&long).is_err());
        let odd = incoming(2, &[(field::MEMBER, "as", "")], None, b"");
        assert!(Incoming::parse(&odd).is_err());
    }
}
