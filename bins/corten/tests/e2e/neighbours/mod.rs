//! Containers on hosts of the tests' own, with neighbours, firewalls of others and uncommon settings: network namespaces in which the
//! program runs. Nothing here touches the machine's network.

mod datagrams;
mod firewalls;
mod flushed;
mod host;
mod ports;
mod reach;
mod routers;
mod strangers;
mod uncommon;
