//! Sets, and maps, which are sets whose elements lead to something.

use crate::message::Messages;

use super::constants::{
    NFT_DATA_VERDICT, NFT_SET_ANONYMOUS, NFT_SET_CONCAT, NFT_SET_CONSTANT, NFT_SET_INTERVAL, NFT_SET_MAP,
    NFTA_LIST_ELEM, NFTA_SET_DATA_LEN, NFTA_SET_DATA_TYPE, NFTA_SET_DESC, NFTA_SET_DESC_CONCAT,
    NFTA_SET_FIELD_LEN, NFTA_SET_FLAGS, NFTA_SET_ID, NFTA_SET_KEY_LEN, NFTA_SET_KEY_TYPE, NFTA_SET_NAME,
    NFTA_SET_TABLE,
};
use super::field::{FieldType, length, type_number};

/// A set or map.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Set {
    /// Its name, unique in its table.
    pub name: String,
    /// What its keys consist of; at most 64 bytes.
    pub key: Vec<FieldType>,
    /// What a key leads to; none for a set.
    pub data: Option<DataType>,
    /// Whether its keys are ranges.
    pub interval: bool,
}

/// What the keys of a map lead to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DataType {
    /// Values.
    Fields(Vec<FieldType>),
    /// What becomes of the packet.
    Verdict,
}

impl Set {
    /// A set of single keys.
    pub fn new(name: &str, key: &[FieldType]) -> Self {
        Self { name: name.to_owned(), key: key.to_vec(), data: None, interval: false }
    }

    /// A map from single keys to values.
    pub fn map(name: &str, key: &[FieldType], data: &[FieldType]) -> Self {
        Self { data: Some(DataType::Fields(data.to_vec())), ..Self::new(name, key) }
    }

    /// The same with ranges as keys.
    #[must_use]
    pub fn of_ranges(self) -> Self {
        Self { interval: true, ..self }
    }

    /// Whether the kernel wants each range as two elements: where it begins, and what comes after it. It does for keys of one
    /// value; those of several have both ends in one element (5.6).
    pub(super) fn has_split_ranges(&self) -> bool {
        self.interval && self.key.len() == 1
    }

    /// Adds the attributes that make it; `anonymous` is for one that lives and dies with a rule.
    pub(super) fn encode(&self, table: &str, id: u32, anonymous: bool, message: &mut Messages) {
        message.string(NFTA_SET_TABLE, table);
        message.string(NFTA_SET_NAME, &self.name);
        message.be32(NFTA_SET_ID, id);
        message.be32(
            NFTA_SET_FLAGS,
            self.flags() | if anonymous { NFT_SET_ANONYMOUS | NFT_SET_CONSTANT } else { 0 },
        );
        message.be32(NFTA_SET_KEY_TYPE, type_number(&self.key));
        message.be32(NFTA_SET_KEY_LEN, length(&self.key) as u32);
        match &self.data {
            None => {}
            Some(DataType::Verdict) => message.be32(NFTA_SET_DATA_TYPE, NFT_DATA_VERDICT),
            Some(DataType::Fields(types)) => {
                message.be32(NFTA_SET_DATA_TYPE, type_number(types));
                message.be32(NFTA_SET_DATA_LEN, length(types) as u32);
            }
        }
        if self.flags() & NFT_SET_CONCAT != 0 {
            message.nested(NFTA_SET_DESC, |desc| {
                desc.nested(NFTA_SET_DESC_CONCAT, |fields| {
                    for field in &self.key {
                        fields.nested(NFTA_LIST_ELEM, |one| {
                            one.be32(NFTA_SET_FIELD_LEN, field.length() as u32);
                        });
                    }
                });
            });
        }
    }

    fn flags(&self) -> u32 {
        let interval = match (self.interval, self.key.len()) {
            (false, _) => 0,
            (true, 1) => NFT_SET_INTERVAL,
            (true, _) => NFT_SET_INTERVAL | NFT_SET_CONCAT,
        };
        interval | if self.data.is_some() { NFT_SET_MAP } else { 0 }
    }
}
