//! The encoder: netlink messages with nested attributes, one after the other in one buffer (netlink(7)).
//!
//! Pure; it knows no protocol.

/// `NLM_F_*` of netlink(7).
pub mod flags {
    /// It is a request.
    pub const REQUEST: u16 = 0x1;
    /// More messages follow that belong to the same answer.
    pub const MULTI: u16 = 0x2;
    /// Answer with an acknowledgement.
    pub const ACK: u16 = 0x4;
    /// What was listed changed meanwhile.
    pub const DUMP_INTERRUPTED: u16 = 0x10;
    /// List everything.
    pub const DUMP: u16 = 0x300;
    /// Change it when it exists.
    pub const REPLACE: u16 = 0x100;
    /// Refuse when it exists.
    pub const EXCLUSIVE: u16 = 0x200;
    /// Make it when it does not exist.
    pub const CREATE: u16 = 0x400;
    /// Put it after what is there.
    pub const APPEND: u16 = 0x800;
}

/// The attribute holds attributes (`NLA_F_NESTED`).
const NESTED: u16 = 0x8000;
const HEADER: usize = 16;

/// Messages to send at once.
#[derive(Debug, Clone)]
pub struct Messages {
    bytes: Vec<u8>,
    next: u32,
    is_too_long: bool,
}

impl Messages {
    /// None yet; they are numbered from `first`.
    pub fn new(first: u32) -> Self {
        Self { bytes: Vec::new(), next: first, is_too_long: false }
    }

    /// Appends a message: its kind, flags, the fixed part of its body, and what `fill` adds. The number it got.
    pub fn message(&mut self, kind: u16, flags: u16, fixed: &[u8], fill: impl FnOnce(&mut Self)) -> u32 {
        let start = self.bytes.len();
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        self.bytes.extend([0; 4]);
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend(flags.to_ne_bytes());
        self.bytes.extend(number.to_ne_bytes());
        self.bytes.extend([0; 4]);
        self.bytes.extend(fixed);
        self.pad();
        fill(self);
        match u32::try_from(self.bytes.len() - start) {
            Ok(length) => self.bytes[start..start + 4].copy_from_slice(&length.to_ne_bytes()),
            Err(_) => self.is_too_long = true,
        }
        number
    }

    /// Appends an attribute.
    pub fn attribute(&mut self, kind: u16, value: &[u8]) {
        self.with_length(kind, |messages| messages.bytes.extend(value));
    }

    /// Appends an attribute that holds the attributes which `fill` adds.
    pub fn nested(&mut self, kind: u16, fill: impl FnOnce(&mut Self)) {
        self.with_length(kind | NESTED, fill);
    }

    /// Appends an attribute that begins with a structure, after which come the attributes which `fill` adds.
    pub fn prefixed(&mut self, kind: u16, fixed: &[u8], fill: impl FnOnce(&mut Self)) {
        self.with_length(kind, |messages| {
            messages.bytes.extend(fixed);
            messages.pad();
            fill(messages);
        });
    }

    /// Appends a string, ended by a zero byte.
    pub fn string(&mut self, kind: u16, value: &str) {
        self.with_length(kind, |messages| {
            messages.bytes.extend(value.as_bytes());
            messages.bytes.push(0);
        });
    }

    /// Appends a byte.
    pub fn u8(&mut self, kind: u16, value: u8) {
        self.attribute(kind, &[value]);
    }

    /// Appends a number in the machine's order of bytes, as rtnetlink has it.
    pub fn u32(&mut self, kind: u16, value: u32) {
        self.attribute(kind, &value.to_ne_bytes());
    }

    /// Appends a number in the network's order of bytes, as netfilter has it.
    pub fn be32(&mut self, kind: u16, value: u32) {
        self.attribute(kind, &value.to_be_bytes());
    }

    /// Appends a number in the network's order of bytes, as netfilter has it.
    pub fn be64(&mut self, kind: u16, value: u64) {
        self.attribute(kind, &value.to_be_bytes());
    }

    /// Gives the message that begins at `start` more flags.
    pub(crate) fn add_flags(&mut self, start: usize, flags: u16) {
        if let Some(field) = self.bytes.get_mut(start + 6..start + 8) {
            let old = u16::from_ne_bytes([field[0], field[1]]);
            field.copy_from_slice(&(old | flags).to_ne_bytes());
        }
    }

    /// How many bytes there are up to here.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The number that the next message gets.
    pub fn next_number(&self) -> u32 {
        self.next
    }

    /// The bytes to send; none when an attribute is longer than its length can say (64 KiB).
    pub fn finish(self) -> Option<Vec<u8>> {
        (!self.is_too_long).then_some(self.bytes)
    }

    fn with_length(&mut self, kind: u16, fill: impl FnOnce(&mut Self)) {
        let start = self.bytes.len();
        self.bytes.extend([0; 2]);
        self.bytes.extend(kind.to_ne_bytes());
        fill(self);
        match u16::try_from(self.bytes.len() - start) {
            Ok(length) => self.bytes[start..start + 2].copy_from_slice(&length.to_ne_bytes()),
            Err(_) => self.is_too_long = true,
        }
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

/// The length of the header that begins every message.
pub(crate) const fn header_length() -> usize {
    HEADER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_leave_out_the_padding_but_what_follows_is_aligned() {
        let mut messages = Messages::new(7);
        messages.message(0x10, flags::REQUEST, &[0xaa], |message| {
            message.nested(1, |inner| inner.string(2, "eth0"));
            message.u8(3, 4);
        });
        let number = u32::from_ne_bytes([7, 0, 0, 0]).to_ne_bytes();
        let bytes = messages.finish().unwrap();
        assert_eq!(bytes.len(), 16 + 4 + 4 + 12 + 8);
        assert_eq!(bytes[..4], 44_u32.to_ne_bytes());
        assert_eq!(bytes[8..12], number);
        assert_eq!(bytes[20..24], [16_u16.to_ne_bytes(), 0x8001_u16.to_ne_bytes()].concat());
        assert_eq!(bytes[24..28], [9_u16.to_ne_bytes(), 2_u16.to_ne_bytes()].concat());
        assert_eq!(bytes[28..36], *b"eth0\0\0\0\0");
    }

    #[test]
    fn what_a_length_cannot_say_is_not_sent() {
        let mut messages = Messages::new(0);
        messages.message(0, 0, &[], |message| message.attribute(1, &[0; 65_532]));
        assert_eq!(messages.finish(), None);
    }
}
