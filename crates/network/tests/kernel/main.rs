//! Networks of containers on a host of the test's own: network namespaces that end with the test.
//!
//! They need root.

#![allow(clippy::unwrap_used, reason = "clippy.toml's exemption for tests does not reach files under tests/")]

mod forwarding;
mod host;
mod published;
mod segment;
