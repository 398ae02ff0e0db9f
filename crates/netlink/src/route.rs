//! Links, addresses, routes and neighbours (rtnetlink(7)).
//!
//! It sets no sysctls.

mod address;
mod change;
mod constants;
mod link;
mod link_change;
mod neighbour;
mod next_hop;
mod routes;
mod socket;

pub use address::Address;
pub use change::Change;
pub use link::{Link, LinkRef};
pub use link_change::{Bridge, BridgePort, LinkSettings, Veth, VethPeer};
pub use neighbour::{Forwarding, Neighbour};
pub use next_hop::NextHop;
pub use routes::{Route, RouteKind, Scope};
pub use socket::RouteSocket;

/// The index of `lo`, in every namespace.
pub const LOOPBACK: u32 = 1;
/// The routing table that `ip route` shows.
pub const MAIN_TABLE: u32 = 254;
/// The routing table of the host's own addresses, which the kernel keeps.
pub const LOCAL_TABLE: u32 = 255;
