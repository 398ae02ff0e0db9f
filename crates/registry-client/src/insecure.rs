//! Registries that may be spoken to without knowing who they are: unverified certificates, or plain HTTP.
//! A name is never resolved to find out: whoever answers for it could choose to be insecure.

use std::net::IpAddr;
use std::str::FromStr;

use crate::host::{BadHost, Host};

/// What Docker calls `insecure-registries`: hosts and networks. Loopback always belongs to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InsecureRegistries {
    hosts: Vec<Host>,
    networks: Vec<Network>,
}

/// An entry that is neither a host nor a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadNetwork {
    /// Looks like a network and is none.
    #[error("`{text}` is no network, an address and a number of bits")]
    Network {
        /// The entry.
        text: String,
    },
    /// Is no host either.
    #[error(transparent)]
    Host(#[from] BadHost),
}

/// Addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    bits: u32,
}

impl InsecureRegistries {
    /// Reads entries such as `registry.example:5000` and `10.0.0.0/8`. A host without a port is the one at the port of HTTPS or HTTP.
    ///
    /// # Errors
    /// [`BadNetwork`], for the first that is neither.
    pub fn parse<T: AsRef<str>>(entries: impl IntoIterator<Item = T>) -> Result<Self, BadNetwork> {
        let mut all = Self::default();
        for entry in entries {
            match entry.as_ref().contains('/') {
                true => all.networks.push(entry.as_ref().parse()?),
                false => all.hosts.push(entry.as_ref().parse()?),
            }
        }
        Ok(all)
    }

    /// The same with one more host.
    #[must_use]
    pub fn with(mut self, host: Host) -> Self {
        self.hosts.push(host);
        self
    }

    /// The hosts that are listed.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.hosts.iter().map(Host::as_str)
    }

    /// The networks that are listed, as `10.0.0.0/8`.
    pub fn networks(&self) -> impl Iterator<Item = String> {
        self.networks.iter().map(|network| format!("{}/{}", network.address, network.bits))
    }

    /// Whether `host` is loopback, listed, or written as an address of a listed network.
    pub fn covers(&self, host: &Host) -> bool {
        let in_network = |address| self.networks.iter().any(|network| network.covers(address));
        let is_listed = |text: String| self.hosts.iter().any(|listed| listed.as_str() == text);
        host.is_loopback()
            || ["https", "http"].iter().any(|scheme| host.spellings(scheme).any(is_listed))
            || host.address().is_some_and(in_network)
    }
}

impl Network {
    fn covers(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(ours), IpAddr::V4(other)) => {
                let mask = u32::MAX.checked_shl(32 - self.bits).unwrap_or(0);
                ours.to_bits() & mask == other.to_bits() & mask
            }
            (IpAddr::V6(ours), IpAddr::V6(other)) => {
                let mask = u128::MAX.checked_shl(128 - self.bits).unwrap_or(0);
                ours.to_bits() & mask == other.to_bits() & mask
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = BadNetwork;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadNetwork::Network { text: text.to_owned() };
        let (address, bits) = text.split_once('/').ok_or_else(bad)?;
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let bits: u32 = bits.parse().map_err(|_| bad())?;
        if bits > if address.is_ipv4() { 32 } else { 128 } {
            return Err(bad());
        }
        Ok(Self { address, bits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_covered_by_name_and_addresses_by_network() {
        let entries = ["registry.example:5000", "plain.example:443", "10.1.0.0/16", "fd00::/8"];
        let insecure = InsecureRegistries::parse(entries).unwrap();
        for (host, expected) in [
            ("registry.example:5000", true),
            ("registry.example", false),
            ("plain.example", true),
            ("10.1.2.3:5000", true),
            ("10.2.2.3", false),
            ("[fd12::1]:80", true),
            ("[fe80::1]", false),
            ("127.0.0.1:1", true),
        ] {
            assert_eq!(insecure.covers(&host.parse().unwrap()), expected, "{host}");
        }
        assert!(InsecureRegistries::parse(["0.0.0.0/0"]).unwrap().covers(&"8.8.8.8".parse().unwrap()));
    }

    #[test]
    fn an_entry_that_is_neither_is_told() {
        for entry in ["10.0.0.0/33", "10.0.0/8", "a/8", "http://a", "::/129", "10.0.0.0/"] {
            assert!(InsecureRegistries::parse([entry]).is_err(), "{entry}");
        }
    }
}
