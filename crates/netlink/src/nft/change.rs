//! Changes of one table, as data.

use std::fmt;

use super::chain::Chain;
use super::element::Element;
use super::rule::Rule;
use super::set::Set;

/// One change of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Makes the table; nothing when there is one.
    AddTable {
        /// What nft(8) shows in it: up to 128 bytes; what is longer is cut.
        comment: Option<String>,
    },
    /// Makes a table that only this socket can change, and that goes with it: nobody else's `flush ruleset` takes it away. `EEXIST` when
    /// there is one (Linux 5.12).
    AddOwnTable {
        /// As of [`Self::AddTable`].
        comment: Option<String>,
    },
    /// Removes the table with all that is in it; refused with `ENOENT` when there is none.
    DeleteTable,
    /// Removes all rules of the table; its chains and sets stay.
    FlushTable,
    /// Makes a chain; of one that exists, the policy becomes this one.
    AddChain(Chain),
    /// Removes a chain without rules, to which none jumps.
    DeleteChain(String),
    /// Removes all rules of a chain.
    FlushChain(String),
    /// Adds a rule at the end of a chain.
    AddRule {
        /// The chain.
        chain: String,
        /// The rule.
        rule: Rule,
    },
    /// Removes a rule.
    DeleteRule {
        /// Its chain.
        chain: String,
        /// Its number, from [`super::ListedRule`].
        handle: u64,
    },
    /// Makes a set or map; nothing when there is the same.
    AddSet(Set),
    /// Removes a set that no rule looks into.
    DeleteSet(String),
    /// Removes all elements of a set.
    FlushSet(String),
    /// Adds elements, any number; nothing for those that are there, but `EEXIST` when they lead elsewhere.
    AddElements {
        /// The set.
        set: Set,
        /// What is added.
        elements: Vec<Element>,
    },
    /// Removes elements.
    DeleteElements {
        /// The set.
        set: Set,
        /// What is removed; what it leads to does not matter.
        elements: Vec<Element>,
        /// What is done about those that are not there.
        missing: Missing,
    },
}

/// What is done about elements that are to be deleted and are not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Missing {
    /// The transaction is refused with `ENOENT`.
    Refused,
    /// They are passed over. Before Linux 6.3 the set is read first, and the transaction tried again when it has changed.
    Tolerated,
}

/// As in `cannot … of table …`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddTable { .. } | Self::AddOwnTable { .. } => f.write_str("add it"),
            Self::DeleteTable => f.write_str("delete it"),
            Self::FlushTable => f.write_str("remove its rules"),
            Self::AddChain(chain) => write!(f, "add chain `{}`", chain.name),
            Self::DeleteChain(chain) => write!(f, "delete chain `{chain}`"),
            Self::FlushChain(chain) => write!(f, "remove the rules of chain `{chain}`"),
            Self::AddRule { chain, rule } => {
                write!(f, "add a rule to chain `{chain}`")?;
                rule.comment.as_ref().map_or(Ok(()), |comment| write!(f, " (`{comment}`)"))
            }
            Self::DeleteRule { chain, handle } => write!(f, "delete rule {handle} of chain `{chain}`"),
            Self::AddSet(set) => write!(f, "add set `{}`", set.name),
            Self::DeleteSet(set) => write!(f, "delete set `{set}`"),
            Self::FlushSet(set) => write!(f, "remove the elements of set `{set}`"),
            Self::AddElements { set, .. } => write!(f, "add elements to set `{}`", set.name),
            Self::DeleteElements { set, .. } => write!(f, "delete elements of set `{}`", set.name),
        }
    }
}

impl Change {
    /// The element that a refusal is about, in words, where it is about one.
    pub(super) fn describe(&self, element: Option<usize>) -> String {
        match (self, element) {
            (Self::AddElements { set, elements }, Some(at)) if at < elements.len() => {
                format!("add element `{}` to set `{}`", elements[at], set.name)
            }
            (Self::DeleteElements { set, elements, .. }, Some(at)) if at < elements.len() => {
                format!("delete element `{}` of set `{}`", elements[at], set.name)
            }
            _ => self.to_string(),
        }
    }
}
