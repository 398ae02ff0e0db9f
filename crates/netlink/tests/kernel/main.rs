//! The kernel's network, in namespaces that each test makes for itself and that end with it.
//!
//! They need root.

#![allow(clippy::unwrap_used, reason = "clippy.toml's exemption for tests does not reach files under tests/")]

mod network;
mod nft;
mod published;
mod route;
mod watch;
