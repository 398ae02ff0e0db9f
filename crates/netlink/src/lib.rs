//! Links, addresses, routes, nftables and connection tracking, over netlink sockets of our own (netlink(7)).
//!
//! Synchronous, without threads that stay. Requests are data; encoding them and decoding the answers is pure.
//!
//! | module | socket | asks | changes |
//! |---|---|---|---|
//! | [`route`] | [`route::RouteSocket`] | `link`, `links`, `addresses`, `routes` | `apply(&[route::Change])`: many changes, one call |
//! | [`nft`] | [`nft::NftSocket`] | `has_table`, `chains`, `rules`, `elements` | `commit(&table, &[nft::Change])`: all or none |
//! | [`nft`] | [`nft::NftWatch`] | `events`: tables that were deleted, new generations | |
//! | [`conntrack`] | [`conntrack::ConntrackSocket`] | `entries(&[Filter])` | `delete(&[Filter])` |
//!
//! Linux 5.14 is enough; what a later one does better is said where it is.
//!
//! [`NetworkNamespace`] makes network namespaces, opens these sockets in them, and runs a function inside.

mod attribute;
pub mod conntrack;
#[cfg(test)]
mod dump;
mod error;
mod ip_prefix;
mod link_name;
mod message;
mod namespace;
pub mod nft;
mod reply;
pub mod route;
mod socket;

pub use attribute::{Attribute, Attributes, Malformed};
pub use corten_spec::mac_address::MacAddress;
pub use error::NetlinkError;
pub use ip_prefix::IpPrefix;
pub use link_name::{LinkName, MAX_LINK_NAME};
pub use message::{Messages, flags};
pub use namespace::NetworkNamespace;
pub use reply::{Content, Refusal, Replies, Reply};
