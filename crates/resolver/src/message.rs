//! Questions to name servers and their answers, as bytes. Answers are hostile: nothing in them is believed that was not asked for.
//! Only addresses are asked for.
//!
//! Source: RFC 1035, section 4; RFC 3596; RFC 5452, section 3 (what an answer has to match).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const HEADER: usize = 12;
/// The longest name, in bytes on the wire, and the longest label.
const LONGEST_NAME: usize = 255;
const LONGEST_LABEL: usize = 63;
/// So many compressed parts may one name have; each points backwards, so this is only about time.
const MOST_JUMPS: usize = 32;
/// So many other names may lead to the address.
const MOST_ALIASES: usize = 16;

const INTERNET: u16 = 1;
const ALIAS: u16 = 5;
/// Flags of the header: it is an answer; it was cut; the question is to be followed wherever it leads.
const IS_ANSWER: u16 = 0x8000;
const IS_CUT: u16 = 0x0200;
const RECURSE: u16 = 0x0100;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What the answer has to repeat.
    pub id: u16,
    /// The full name, without a dot at its end.
    pub name: String,
    /// What is asked for.
    pub kind: Kind,
}

/// What a server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// These addresses; none when the name has none of that kind.
    Addresses(Vec<IpAddr>),
    /// There is no such name.
    NoName,
    /// The answer did not fit: it has to be asked for over TCP.
    Cut,
    /// The server does not want to, or cannot; with its code.
    Failed(u8),
}

impl Kind {
    fn code(self) -> u16 {
        match self {
            Self::A => 1,
            Self::Aaaa => 28,
        }
    }

    fn address(self, data: &[u8]) -> Option<IpAddr> {
        match self {
            Self::A => <[u8; 4]>::try_from(data).ok().map(|bytes| Ipv4Addr::from(bytes).into()),
            Self::Aaaa => <[u8; 16]>::try_from(data).ok().map(|bytes| Ipv6Addr::from(bytes).into()),
        }
    }
}

impl Question {
    /// The question as it is sent; `None` when its name is none.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(HEADER + self.name.len() + 6);
        for word in [self.id, RECURSE, 1, 0, 0, 0] {
            bytes.extend_from_slice(&word.to_be_bytes());
        }
        for label in self.name.split('.') {
            if label.is_empty() || label.len() > LONGEST_LABEL || !label.is_ascii() {
                return None;
            }
            bytes.push(u8::try_from(label.len()).ok()?);
            bytes.extend_from_slice(label.as_bytes());
        }
        bytes.push(0);
        if bytes.len() - HEADER > LONGEST_NAME {
            return None;
        }
        for word in [self.kind.code(), INTERNET] {
            bytes.extend_from_slice(&word.to_be_bytes());
        }
        Some(bytes)
    }

    /// Reads what came. `None` for what is no answer to this question: somebody else may have sent it.
    pub fn answer(&self, bytes: &[u8]) -> Option<Answer> {
        let mut reader = Reader { bytes, at: 0 };
        let [id, flags, questions, answers] =
            [reader.word()?, reader.word()?, reader.word()?, reader.word()?];
        reader.at = HEADER;
        if id != self.id || flags & IS_ANSWER == 0 || questions != 1 || !self.is_repeated(&mut reader)? {
            return None;
        }
        if flags & IS_CUT != 0 {
            return Some(Answer::Cut);
        }
        match flags & 0xf {
            0 => self.addresses(&mut reader, answers).map(Answer::Addresses),
            3 => Some(Answer::NoName),
            code => Some(Answer::Failed(u8::try_from(code).unwrap_or(u8::MAX))),
        }
    }

    fn is_repeated(&self, reader: &mut Reader<'_>) -> Option<bool> {
        let name = reader.name()?;
        let kind = reader.word()?;
        let class = reader.word()?;
        Some(name == self.name.to_ascii_lowercase() && kind == self.kind.code() && class == INTERNET)
    }

    /// The addresses of the name, or of what it is another name of. Records about other names are passed over.
    fn addresses(&self, reader: &mut Reader<'_>, count: u16) -> Option<Vec<IpAddr>> {
        let mut aliases = Vec::new();
        let mut addresses = Vec::new();
        for _ in 0..count {
            let owner = reader.name()?;
            let (kind, class) = (reader.word()?, reader.word()?);
            reader.skip(4)?;
            let length = usize::from(reader.word()?);
            let start = reader.at;
            reader.skip(length)?;
            if class != INTERNET {
                continue;
            }
            if kind == ALIAS && aliases.len() < MOST_ALIASES {
                let target = Reader { bytes: reader.bytes, at: start }.name()?;
                aliases.push((owner, target));
            } else if kind == self.kind.code() {
                let address = self.kind.address(&reader.bytes[start..start + length])?;
                addresses.push((owner, address));
            }
        }
        let name = follow(self.name.to_ascii_lowercase(), &aliases);
        Some(addresses.into_iter().filter(|(owner, _)| *owner == name).map(|(_, address)| address).collect())
    }
}

/// The name at the end of the chain of aliases that begins at `name`. A chain that bites its tail ends too.
fn follow(mut name: String, aliases: &[(String, String)]) -> String {
    for _ in 0..aliases.len() {
        match aliases.iter().find(|(owner, _)| *owner == name) {
            Some((_, target)) => name.clone_from(target),
            None => break,
        }
    }
    name
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied()?;
        self.at += 1;
        Some(byte)
    }

    fn word(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes([self.byte()?, self.byte()?]))
    }

    fn skip(&mut self, length: usize) -> Option<()> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.bytes.len())?;
        self.at = end;
        Some(())
    }

    /// A name in lower case, without a dot at its end. Bytes that are no text cannot equal what was asked for, so they may change.
    fn name(&mut self) -> Option<String> {
        let mut name = String::new();
        let mut reader = Reader { bytes: self.bytes, at: self.at };
        let mut jumps = 0;
        loop {
            let length = reader.byte()?;
            match length {
                0 => break,
                1..=63 => {
                    let start = reader.at;
                    reader.skip(length.into())?;
                    if !name.is_empty() {
                        name.push('.');
                    }
                    name.extend(
                        reader.bytes[start..reader.at]
                            .iter()
                            .map(|byte| char::from(byte.to_ascii_lowercase())),
                    );
                }
                0xc0..=0xff => {
                    let target = usize::from(u16::from_be_bytes([length & 0x3f, reader.byte()?]));
                    jumps += 1;
                    if jumps == 1 {
                        self.at = reader.at;
                    }
                    if jumps > MOST_JUMPS || target >= reader.at {
                        return None;
                    }
                    reader.at = target;
                }
                _ => return None,
            }
            if name.len() > 2 * LONGEST_NAME {
                return None;
            }
        }
        if jumps == 0 {
            self.at = reader.at;
        }
        Some(name)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn question(kind: Kind) -> Question {
        Question { id: 0x1234, name: "Registry.example".to_owned(), kind }
    }

    /// An answer: its flags, and records as name, kind and data. A name that begins with `@` is written as a pointer to the question.
    fn reply(question: &Question, flags: u16, records: &[(&str, u16, &[u8])]) -> Vec<u8> {
        let mut bytes = question.encode().unwrap();
        bytes[2..4].copy_from_slice(&(IS_ANSWER | flags).to_be_bytes());
        bytes[6..8].copy_from_slice(&u16::try_from(records.len()).unwrap().to_be_bytes());
        for (name, kind, data) in records {
            bytes.extend(if *name == "@" { vec![0xc0, 12] } else { wire(name) });
            bytes.extend(kind.to_be_bytes());
            bytes.extend([0, 1, 0, 0, 0, 60]);
            bytes.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
            bytes.extend_from_slice(data);
        }
        bytes
    }

    fn wire(name: &str) -> Vec<u8> {
        let labels = name
            .split('.')
            .flat_map(|label| [&[u8::try_from(label.len()).unwrap()], label.as_bytes()].concat());
        labels.chain([0]).collect()
    }

    #[test]
    fn addresses_come_with_the_name_or_with_its_alias() {
        let a = question(Kind::A);
        let direct = reply(&a, 0, &[("@", 1, &[10, 0, 0, 1]), ("REGISTRY.example", 1, &[10, 0, 0, 2])]);
        let expected = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse().unwrap()).to_vec();
        assert_eq!(a.answer(&direct), Some(Answer::Addresses(expected)));
        let aaaa = question(Kind::Aaaa);
        let address: Ipv6Addr = "fd00::1".parse().unwrap();
        let records: [(&str, u16, &[u8]); 4] = [
            ("cdn.example", 28, &address.octets()),
            ("evil.example", 28, &[0; 16]),
            ("x.example", 5, &wire("cdn.example")),
            ("@", 5, &wire("x.example")),
        ];
        assert_eq!(aaaa.answer(&reply(&aaaa, 0, &records)), Some(Answer::Addresses(vec![address.into()])));
    }

    #[test]
    fn what_was_not_asked_for_is_no_answer() {
        let a = question(Kind::A);
        let good = reply(&a, 0, &[("@", 1, &[10, 0, 0, 1])]);
        assert!(a.answer(&good).is_some());
        assert_eq!(Question { id: 1, ..a.clone() }.answer(&good), None);
        assert_eq!(Question { name: "other.example".to_owned(), ..a.clone() }.answer(&good), None);
        assert_eq!(question(Kind::Aaaa).answer(&good), None);
        assert_eq!(a.answer(&a.encode().unwrap()), None, "a question is no answer");
        for end in 0..good.len() {
            assert_eq!(a.answer(&good[..end]), None, "cut at {end}");
        }
    }

    #[test]
    fn what_goes_wrong_is_told() {
        let a = question(Kind::A);
        assert_eq!(a.answer(&reply(&a, 3, &[])), Some(Answer::NoName));
        assert_eq!(a.answer(&reply(&a, 2, &[])), Some(Answer::Failed(2)));
        assert_eq!(a.answer(&reply(&a, IS_CUT, &[])), Some(Answer::Cut));
        assert_eq!(a.answer(&reply(&a, 0, &[("@", 1, &[1, 2, 3])])), None, "an address has four bytes");
    }

    #[test]
    fn chains_that_bite_their_tails_end() {
        let a = question(Kind::A);
        let round = reply(&a, 0, &[("@", 5, &wire("x")), ("x", 5, &wire("registry.example"))]);
        assert_eq!(a.answer(&round), Some(Answer::Addresses(Vec::new())));
        let mut itself = reply(&a, 0, &[]);
        itself[12] = 0xc0;
        itself[13] = 12;
        assert_eq!(a.answer(&itself), None);
    }

    #[test]
    fn names_that_are_none_are_not_asked_for() {
        let encode = |name: &str| Question { name: name.to_owned(), ..question(Kind::A) }.encode();
        assert!(encode("a.b").is_some());
        for name in ["", "a..b", "a.", &"x".repeat(64), &["x"; 128].join("."), "é"] {
            assert!(encode(name).is_none(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_comes_ends_the_reader(tail: Vec<u8>, flags: u16, count in 0..20_u16) {
            let a = question(Kind::A);
            let mut bytes = reply(&a, flags & 0xf, &[]);
            bytes[6..8].copy_from_slice(&count.to_be_bytes());
            bytes.extend(tail);
            let _ = a.answer(&bytes);
        }
    }
}
