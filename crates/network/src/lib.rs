//! Networks of containers: bridges and what connects containers to them, addresses, published ports, and the table of the firewall.
//!
//! It keeps no records and asks for none: what is on record is the engine's.

pub mod address;
mod bridge;
mod claim;
mod error;
pub mod files;
pub mod firewall;
mod host;
mod kernel_setting;
pub mod publish;
pub mod sandbox;

pub use bridge::{ReadyBridge, Segment};
pub use claim::SubnetClaim;
pub use corten_netlink::route::RouteSocket;
pub use corten_netlink::{LinkName, MacAddress};
pub use error::NetworkError;
pub use host::{HostNetwork, open as open_host};
