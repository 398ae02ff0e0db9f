//! Elements of sets and maps.

use std::fmt;

use crate::attribute::{Attribute, Attributes, Malformed};
use crate::ip_prefix::IpPrefix;
use crate::message::Messages;

use super::constants::{
    NFT_SET_ELEM_INTERVAL_END, NFTA_DATA_VALUE, NFTA_DATA_VERDICT, NFTA_LIST_ELEM, NFTA_SET_ELEM_DATA,
    NFTA_SET_ELEM_FLAGS, NFTA_SET_ELEM_KEY, NFTA_SET_ELEM_KEY_END, NFTA_SET_ELEM_LIST_ELEMENTS,
};
use super::field::{Field, decode, display, encode};
use super::set::{DataType, Set};
use super::verdict::Verdict;

/// An element.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Element {
    /// Its key; of a range, where it begins.
    pub key: Vec<Field>,
    /// Of a range, its last key; in a key of several values each is a range of its own.
    pub last: Option<Vec<Field>>,
    /// What the key leads to, in a map.
    pub data: Option<Data>,
}

/// What a key of a map leads to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Data {
    /// Values.
    Fields(Vec<Field>),
    /// What becomes of the packet.
    Verdict(Verdict),
}

impl Element {
    /// A single key.
    pub fn new(key: &[Field]) -> Self {
        Self { key: key.to_vec(), last: None, data: None }
    }

    /// All keys from `first` to `last`.
    pub fn range(first: &[Field], last: &[Field]) -> Self {
        Self { last: Some(last.to_vec()), ..Self::new(first) }
    }

    /// All addresses of a network.
    pub fn network(network: IpPrefix) -> Self {
        let (first, last) = network.range();
        Self::range(&[first.into()], &[last.into()])
    }

    /// The same, leading to values.
    #[must_use]
    pub fn to(self, data: &[Field]) -> Self {
        Self { data: Some(Data::Fields(data.to_vec())), ..self }
    }

    /// The same, leading to a verdict.
    #[must_use]
    pub fn to_verdict(self, verdict: Verdict) -> Self {
        Self { data: Some(Data::Verdict(verdict)), ..self }
    }

    /// Adds it to a list of `set`'s elements.
    pub(super) fn encode(&self, set: &Set, list: &mut Messages) {
        let key = encode(&self.key);
        let last = self.last.as_deref().map(encode);
        list.nested(NFTA_LIST_ELEM, |element| {
            element.nested(NFTA_SET_ELEM_KEY, |data| data.attribute(NFTA_DATA_VALUE, &key));
            if let (Some(last), false) = (&last, set.has_split_ranges()) {
                element.nested(NFTA_SET_ELEM_KEY_END, |data| data.attribute(NFTA_DATA_VALUE, last));
            }
            match &self.data {
                None => {}
                Some(Data::Fields(fields)) => {
                    let value = encode(fields);
                    element.nested(NFTA_SET_ELEM_DATA, |data| data.attribute(NFTA_DATA_VALUE, &value));
                }
                Some(Data::Verdict(verdict)) => verdict.encode(NFTA_SET_ELEM_DATA, element),
            }
        });
        if set.has_split_ranges()
            && let Some(next) = successor(last.unwrap_or(key))
        {
            list.nested(NFTA_LIST_ELEM, |element| {
                element.be32(NFTA_SET_ELEM_FLAGS, NFT_SET_ELEM_INTERVAL_END);
                element.nested(NFTA_SET_ELEM_KEY, |data| data.attribute(NFTA_DATA_VALUE, &next));
            });
        }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&display(&self.key))?;
        self.last.as_ref().map_or(Ok(()), |last| write!(f, "-{}", display(last)))
    }
}

/// The bytes as a number, plus one; none after the greatest.
fn successor(mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    for byte in bytes.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            return Some(bytes);
        }
    }
    None
}

/// The bytes as a number, minus one; the greatest for zero.
fn predecessor(mut bytes: Vec<u8>) -> Vec<u8> {
    for byte in bytes.iter_mut().rev() {
        *byte = byte.wrapping_sub(1);
        if *byte != 0xff {
            break;
        }
    }
    bytes
}

/// An element as the kernel lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    key: Vec<u8>,
    is_end: bool,
    last: Option<Vec<u8>>,
    data: Option<ListedData>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum ListedData {
    Value(Vec<u8>),
    Verdict(Verdict),
}

impl Listed {
    /// Reads the body of an `NFT_MSG_NEWSETELEM`.
    ///
    /// # Errors
    /// When it is not what nftables documents.
    pub fn decode(body: &[u8]) -> Result<Vec<Self>, Malformed> {
        let Some(list) = Attributes::after(body, 4)?.find(NFTA_SET_ELEM_LIST_ELEMENTS)? else {
            return Ok(Vec::new());
        };
        list.nested().map(|element| Self::decode_one(element?)).collect()
    }

    fn decode_one(element: Attribute<'_>) -> Result<Self, Malformed> {
        let mut listed = Self { key: Vec::new(), is_end: false, last: None, data: None };
        for attribute in element.nested() {
            let attribute = attribute?;
            match attribute.kind {
                NFTA_SET_ELEM_KEY => listed.key = value(attribute)?.unwrap_or_default(),
                NFTA_SET_ELEM_KEY_END => listed.last = value(attribute)?,
                NFTA_SET_ELEM_FLAGS => listed.is_end = attribute.be32()? & NFT_SET_ELEM_INTERVAL_END != 0,
                NFTA_SET_ELEM_DATA => {
                    let verdict =
                        attribute.nested().find(NFTA_DATA_VERDICT)?.map(Verdict::decode).transpose()?;
                    listed.data = match verdict {
                        Some(verdict) => Some(ListedData::Verdict(verdict)),
                        None => value(attribute)?.map(ListedData::Value),
                    };
                }
                _ => {}
            }
        }
        Ok(listed)
    }
}

fn value(data: Attribute<'_>) -> Result<Option<Vec<u8>>, Malformed> {
    Ok(data.nested().find(NFTA_DATA_VALUE)?.map(|value| value.value.to_vec()))
}

/// The elements of `set`, in the order of their keys, from what the kernel lists; `None` when it lists one twice.
///
/// It lists by their number in the table's order, and that changes when the table grows, which it does some time after what made it
/// too small (net/netfilter/nft_set_hash.c, `nft_rhash_walk`): between two parts of a list some come again, and as many never.
///
/// # Errors
/// When they are not of the set's types.
pub fn elements(set: &Set, mut listed: Vec<Listed>) -> Result<Option<Vec<Element>>, Malformed> {
    // Where one range ends and the next begins, the end comes first.
    listed.sort_by(|a, b| (&a.key, !a.is_end).cmp(&(&b.key, !b.is_end)));
    if listed.windows(2).any(|two| two[0].key == two[1].key && two[0].is_end == two[1].is_end) {
        return Ok(None);
    }
    let mut elements = Vec::with_capacity(listed.len());
    let mut rest = listed.into_iter().peekable();
    while let Some(one) = rest.next() {
        if one.is_end {
            continue;
        }
        let last = if set.has_split_ranges() {
            let end = rest.peek().map_or_else(|| vec![0; one.key.len()], |next| next.key.clone());
            Some(predecessor(end))
        } else {
            one.last
        };
        let last = last.filter(|last| *last != one.key).map(|last| decode(&set.key, &last)).transpose()?;
        elements.push(Element { key: decode(&set.key, &one.key)?, last, data: typed(set, one.data)? });
    }
    Ok(Some(elements))
}

fn typed(set: &Set, data: Option<ListedData>) -> Result<Option<Data>, Malformed> {
    match (&set.data, data) {
        (_, None) => Ok(None),
        (_, Some(ListedData::Verdict(verdict))) => Ok(Some(Data::Verdict(verdict))),
        (Some(DataType::Fields(types)), Some(ListedData::Value(value))) => {
            Ok(Some(Data::Fields(decode(types, &value)?)))
        }
        (_, Some(ListedData::Value(_))) => Err(Malformed("data of an element")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nft::FieldType;

    #[test]
    fn a_list_that_has_an_element_twice_is_none() {
        let listed = |ports: &[u16]| -> Vec<Listed> {
            let key = |port: &u16| port.to_be_bytes().to_vec();
            ports
                .iter()
                .map(|port| Listed { key: key(port), is_end: false, last: None, data: None })
                .collect()
        };
        let set = Set::new("ports", &[FieldType::Port]);
        let read = elements(&set, listed(&[3, 1])).unwrap();
        assert_eq!(read, Some(vec![Element::new(&[Field::Port(1)]), Element::new(&[Field::Port(3)])]));
        assert_eq!(elements(&set, listed(&[3, 1, 3])).unwrap(), None);
    }
}
