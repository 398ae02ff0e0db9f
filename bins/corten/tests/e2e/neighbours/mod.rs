//! Containers on hosts of the tests' own, with neighbours, firewalls of others and uncommon settings: network namespaces in which the
//! program runs. Nothing here touches the machine's network.

#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml's exemption for tests does not reach helpers beside them"
)]

mod datagrams;
mod firewalls;
mod flushed;
mod host;
mod ports;
mod reach;
mod routers;
mod strangers;
mod uncommon;
