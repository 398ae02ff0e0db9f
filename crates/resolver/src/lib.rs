//! Addresses of host names, from the hosts file and from name servers, without the C library.
//!
//! A static program cannot use `getaddrinfo`: it loads libraries of the host, which need not fit. What only those know (`nsswitch.conf`,
//! multicast DNS, LDAP) is not known here. Nothing is kept between lookups: the system's own resolver does that where it wants to.
//!
//! Source: hosts(5), resolv.conf(5), RFC 1035.

mod candidates;
mod hosts;
mod lookup;
pub mod message;
mod order;
mod resolv_conf;
mod server;

pub use lookup::{LookupError, Resolver};
