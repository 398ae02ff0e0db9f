//! nftables: transactions of changes of one table, what there is in all tables, and who changes it.
//!
//! It does not see the tables of iptables' old kind (`iptables-legacy`), which are no part of nftables.

mod chain;
mod change;
mod commit;
mod connection;
mod constants;
mod effect;
mod element;
mod encode_expression;
mod expression;
mod family;
mod field;
mod listing;
mod rule;
mod selector;
mod set;
mod socket;
mod transaction;
mod verdict;
mod watch;

pub use chain::{Base, Chain, ChainKind, Hook, Policy, priority};
pub use change::{Change, Missing};
pub use connection::{Conntrack, state, status};
pub use effect::Ports;
pub use element::{Data, Element, Listed, elements};
pub use expression::{
    AnonymousSet, Comparison, Expr, Header, IpVersion, Meta, NatKind, Register, Reject, SetRef,
};
pub use family::{Family, Table};
pub use field::{Field, FieldType};
pub use listing::{ListedBase, ListedChain, ListedRule};
pub use rule::Rule;
pub use selector::Selector;
pub use set::{DataType, Set};
pub use socket::NftSocket;
pub use transaction::{Encoding, Transaction};
pub use verdict::Verdict;
pub use watch::{Event, NftWatch};
