//! Networks of containers: bridges and what connects containers to them, addresses, published ports, and the table of the firewall.
//!
//! It keeps no records and asks for none: what is on record is the engine's.

pub mod address;
pub mod files;
pub mod publish;
