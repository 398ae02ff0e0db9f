//! The network of a container: what is on record about it, what is made for a start, what is given back after an end.
//!
//! How bridges, cables and the firewall's table are made is `corten-network`'s.

mod ahead;
mod connect;
mod events;
mod files;
mod firewall;
mod guard;
mod lease;
mod mode;
mod publish;
mod record;
mod release;
mod segment;
mod settle;
mod sharing;
mod view;

pub(crate) use ahead::{SANDBOXES_AHEAD, Spare};
pub(super) use connect::Sandbox;
pub(crate) use files::hostname_inside;
pub(super) use mode::{NetworkMode, validate, validate_request};
pub(crate) use record::segment_gateways;
pub use view::{ConnectionView, PublishedPort};
