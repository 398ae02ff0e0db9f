//! The decoder of attributes.
//!
//! Every length is checked: whatever the bytes are, reading them ends with values or with [`Malformed`].

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use thiserror::Error;

/// The kind without the flags for nesting and byte order (`NLA_TYPE_MASK`).
const KIND: u16 = 0x3fff;

/// Bytes are not what the kernel documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("malformed netlink message: {0}")]
pub struct Malformed(pub &'static str);

/// One attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// Its number, which means something in its place only.
    pub kind: u16,
    /// Its bytes.
    pub value: &'a [u8],
}

/// The attributes in a run of bytes.
#[derive(Debug, Clone)]
pub struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Attributes<'a> {
    /// Those in `bytes`.
    pub fn of(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Those after a fixed part of `length` bytes.
    ///
    /// # Errors
    /// When there are fewer bytes.
    pub fn after(bytes: &'a [u8], length: usize) -> Result<Self, Malformed> {
        Ok(Self { rest: bytes.get(length.next_multiple_of(4)..).ok_or(Malformed("body is short"))? })
    }

    /// The first of that kind.
    ///
    /// # Errors
    /// When the bytes up to it are no attributes.
    pub fn find(mut self, kind: u16) -> Result<Option<Attribute<'a>>, Malformed> {
        self.find_map(|attribute| match attribute {
            Ok(attribute) if attribute.kind != kind => None,
            other => Some(other),
        })
        .transpose()
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<Attribute<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let rest = std::mem::take(&mut self.rest);
        let Some(([a, b, c, d], _)) = rest.split_first_chunk::<4>() else {
            return Some(Err(Malformed("attribute is short")));
        };
        let length = usize::from(u16::from_ne_bytes([*a, *b]));
        let Some(value) = rest.get(4..length) else {
            return Some(Err(Malformed("length of an attribute")));
        };
        // The last one may come without padding.
        self.rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(Ok(Attribute { kind: u16::from_ne_bytes([*c, *d]) & KIND, value }))
    }
}

impl<'a> Attribute<'a> {
    /// The attributes in it.
    pub fn nested(&self) -> Attributes<'a> {
        Attributes::of(self.value)
    }

    /// Its first `N` bytes.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn array<const N: usize>(&self) -> Result<[u8; N], Malformed> {
        self.value.first_chunk().copied().ok_or(Malformed("value of an attribute is short"))
    }

    /// A byte.
    ///
    /// # Errors
    /// When it is empty.
    pub fn u8(&self) -> Result<u8, Malformed> {
        Ok(u8::from_ne_bytes(self.array()?))
    }

    /// A number in the network's order.
    ///
    /// # Errors
    /// When there are fewer than two bytes.
    pub fn be16(&self) -> Result<u16, Malformed> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    /// A number in the machine's order.
    ///
    /// # Errors
    /// When there are fewer than four bytes.
    pub fn u32(&self) -> Result<u32, Malformed> {
        Ok(u32::from_ne_bytes(self.array()?))
    }

    /// A number in the network's order.
    ///
    /// # Errors
    /// When there are fewer than four bytes.
    pub fn be32(&self) -> Result<u32, Malformed> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    /// A number in the network's order.
    ///
    /// # Errors
    /// When there are fewer than eight bytes.
    pub fn be64(&self) -> Result<u64, Malformed> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    /// A string up to its zero byte; what is no UTF-8 in it is replaced.
    pub fn string(&self) -> String {
        let end = self.value.iter().position(|&byte| byte == 0).unwrap_or(self.value.len());
        String::from_utf8_lossy(&self.value[..end]).into_owned()
    }

    /// An address of four or sixteen bytes.
    ///
    /// # Errors
    /// When it has another length.
    pub fn ip(&self) -> Result<IpAddr, Malformed> {
        ip(self.value)
    }
}

/// An address of four or sixteen bytes.
pub(crate) fn ip(bytes: &[u8]) -> Result<IpAddr, Malformed> {
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        return Ok(Ipv4Addr::from(bytes).into());
    }
    let bytes = <[u8; 16]>::try_from(bytes).map_err(|_| Malformed("length of an address"))?;
    Ok(Ipv6Addr::from(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_that_claims_more_or_less_than_there_is_is_malformed_and_the_last() {
        for length in [0_u16, 3, 9, 0xffff] {
            let bytes = [length.to_ne_bytes().as_slice(), &1_u16.to_ne_bytes(), &[0; 4]].concat();
            let read: Vec<_> = Attributes::of(&bytes).collect();
            assert_eq!(read, [Err(Malformed("length of an attribute"))], "{length}");
        }
        assert_eq!(Attributes::of(&[0; 3]).last(), Some(Err(Malformed("attribute is short"))));
    }

    #[test]
    fn the_last_attribute_needs_no_padding() {
        let bytes = [5_u16.to_ne_bytes().as_slice(), &0x8001_u16.to_ne_bytes(), &[9]].concat();
        let read: Vec<_> = Attributes::of(&bytes).collect();
        assert_eq!(read, [Ok(Attribute { kind: 1, value: &[9] })]);
    }
}
