//! Hardware addresses of Ethernet.

use std::fmt;
use std::str::FromStr;

/// Six bytes, written as `02:42:ac:11:00:02`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MacAddress(pub [u8; 6]);

/// A text that is no hardware address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no hardware address")]
pub struct InvalidMacAddress(pub String);

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for MacAddress {
    type Err = InvalidMacAddress;

    /// Reads six octets of two hexadecimal digits each, apart by colons or hyphens.
    fn from_str(text: &str) -> Result<Self, InvalidMacAddress> {
        let octet = |octet: &str| {
            let is_one = octet.len() == 2 && octet.bytes().all(|byte| byte.is_ascii_hexdigit());
            u8::from_str_radix(octet, 16).ok().filter(|_| is_one)
        };
        let octets: Option<Vec<u8>> = text.split([':', '-']).map(octet).collect();
        let octets = octets.and_then(|octets| octets.try_into().ok());
        octets.map(Self).ok_or_else(|| InvalidMacAddress(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_octets_are_read_in_either_writing_and_shown_in_one() {
        for text in ["0a:42:ac:11:00:02", "0A-42-AC-11-00-02"] {
            assert_eq!(text.parse::<MacAddress>().unwrap().to_string(), "0a:42:ac:11:00:02");
        }
        for text in ["", "02:42", "02:42:ac:11:00:02:03", "2:42:ac:11:00:02", "+2:42:ac:11:00:02", "foo"] {
            assert_eq!(text.parse::<MacAddress>(), Err(InvalidMacAddress(text.to_owned())));
        }
    }
}
