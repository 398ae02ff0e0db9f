//! Which addresses a container gets on a segment: those it asks for, or the lowest that are free. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use corten_network::MacAddress;
use corten_network::address::pool;
use corten_spec::subnet::Subnet;

use crate::containers::config::EndpointConfig;
use crate::error::EngineError;

/// What is asked for, read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    ipv4: Option<Ipv4Addr>,
    ipv6: Option<Ipv6Addr>,
    mac: Option<MacAddress>,
}

/// What is given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) ipv4: Ipv4Addr,
    pub(crate) ipv6: Option<Ipv6Addr>,
    pub(crate) mac: MacAddress,
}

impl Wanted {
    /// Reads what was asked for.
    ///
    /// # Errors
    /// Invalid for what is no address.
    pub(crate) fn of(config: &EndpointConfig) -> Result<Self, EngineError> {
        let invalid =
            |what: &str, text: &str| EngineError::Invalid(format!("invalid {what} address: {text}"));
        let EndpointConfig { ipv4, ipv6, mac, links: _ } = config;
        let given = |text: &String| (!text.is_empty()).then(|| text.clone());
        Ok(Self {
            ipv4: given(ipv4).map(|text| text.parse().map_err(|_| invalid("IPv4", &text))).transpose()?,
            ipv6: given(ipv6).map(|text| text.parse().map_err(|_| invalid("IPv6", &text))).transpose()?,
            mac: given(mac).map(|text| text.parse().map_err(|_| invalid("MAC", &text))).transpose()?,
        })
    }

    /// Whether nothing else was asked for.
    pub(crate) fn is_met_by(self, lease: Lease) -> bool {
        self.ipv4.is_none_or(|wanted| wanted == lease.ipv4)
            && (self.ipv6.is_none() || self.ipv6 == lease.ipv6)
            && self.mac.is_none_or(|wanted| wanted == lease.mac)
    }

    /// Chooses, where `taken` are the IPv4 addresses that others have, the lowest first. The IPv6 address has the number that the
    /// IPv4 address has in its subnet, unless it is asked for.
    ///
    /// # Errors
    /// Invalid for an address that is not in the subnet; conflict for one that is taken, and where none is left.
    pub(crate) fn lease(
        self,
        subnet4: Subnet,
        subnet6: Option<Subnet>,
        taken: &[u32],
    ) -> Result<Lease, EngineError> {
        let ipv4 = match self.ipv4 {
            Some(wanted) => {
                require_host_of(subnet4, wanted.into())?;
                if taken.contains(&wanted.into()) {
                    return Err(EngineError::Conflict("Address already in use".to_owned()));
                }
                wanted
            }
            None => lowest_free(subnet4, taken)?,
        };
        let ipv6 = match (self.ipv6, subnet6) {
            (Some(wanted), Some(subnet)) => {
                require_host_of(subnet, wanted.into())?;
                Some(wanted)
            }
            (Some(wanted), None) => {
                return Err(EngineError::Invalid(format!(
                    "no IPv6 address {wanted}: the network has no IPv6"
                )));
            }
            (None, Some(subnet)) => same_number(subnet4, ipv4, subnet),
            (None, None) => None,
        };
        let mac = self.mac.unwrap_or_else(|| MacAddress(pool::mac_of(ipv4)));
        Ok(Lease { ipv4, ipv6, mac })
    }
}

fn lowest_free(subnet: Subnet, taken: &[u32]) -> Result<Ipv4Addr, EngineError> {
    let taken: Vec<IpAddr> = taken.iter().map(|address| Ipv4Addr::from(*address).into()).collect();
    match pool::free_address(subnet, &taken) {
        Some(IpAddr::V4(address)) => Ok(address),
        _ => Err(EngineError::Conflict(format!("no available IPv4 addresses on subnet {subnet}"))),
    }
}

fn same_number(subnet4: Subnet, ipv4: Ipv4Addr, subnet6: Subnet) -> Option<Ipv6Addr> {
    match subnet6.nth(subnet4.index_of(ipv4.into())?)? {
        IpAddr::V6(address) => Some(address),
        IpAddr::V4(_) => None,
    }
}

fn require_host_of(subnet: Subnet, address: IpAddr) -> Result<(), EngineError> {
    if pool::is_reserved(subnet, address) {
        return Err(EngineError::Invalid(format!(
            "invalid address {address}: it does not belong to a container of subnet {subnet}"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(ipv4: &str, ipv6: &str, mac: &str) -> Wanted {
        let config = EndpointConfig {
            ipv4: ipv4.to_owned(),
            ipv6: ipv6.to_owned(),
            mac: mac.to_owned(),
            ..EndpointConfig::default()
        };
        Wanted::of(&config).unwrap()
    }

    fn lease(wanted: Wanted, taken: &[&str]) -> Result<Lease, String> {
        let taken: Vec<u32> = taken.iter().map(|text| text.parse::<Ipv4Addr>().unwrap().into()).collect();
        let subnets = ("10.208.0.0/29".parse().unwrap(), Some("fd00::/64".parse().unwrap()));
        wanted.lease(subnets.0, subnets.1, &taken).map_err(|error| error.to_string())
    }

    #[test]
    fn a_lease_meets_what_it_does_not_contradict() {
        let given = lease(wanted("", "", ""), &[]).unwrap();
        for (ipv4, ipv6, mac) in [("", "", ""), ("10.208.0.2", "", ""), ("", "fd00::2", "02:42:0a:d0:00:02")]
        {
            assert!(wanted(ipv4, ipv6, mac).is_met_by(given), "{ipv4} {ipv6} {mac} {given:?}");
        }
        for (ipv4, ipv6, mac) in [("10.208.0.3", "", ""), ("", "fd00::3", ""), ("", "", "02:42:0a:d0:00:03")]
        {
            assert!(!wanted(ipv4, ipv6, mac).is_met_by(given), "{ipv4} {ipv6} {mac} {given:?}");
        }
    }

    #[test]
    fn addresses_of_both_families_have_the_same_number_and_the_hardware_address_too() {
        let found = lease(Wanted::default(), &["10.208.0.2"]).unwrap();
        assert_eq!(found.ipv4.to_string(), "10.208.0.3");
        assert_eq!(found.ipv6.unwrap().to_string(), "fd00::3");
        assert_eq!(found.mac.to_string(), "02:42:0a:d0:00:03");
    }

    #[test]
    fn what_is_asked_for_is_given_unless_it_is_somebody_elses() {
        let own = wanted("10.208.0.5", "fd00::99", "0A-00-00-00-00-01");
        let found = lease(own, &[]).unwrap();
        assert_eq!(
            (found.ipv4.to_string(), found.mac.to_string()),
            ("10.208.0.5".to_owned(), "0a:00:00:00:00:01".to_owned())
        );
        assert_eq!(found.ipv6.unwrap().to_string(), "fd00::99");
        assert_eq!(lease(own, &["10.208.0.5"]).unwrap_err(), "Address already in use");
        for address in ["10.208.0.1", "10.208.0.7", "10.208.1.2"] {
            assert!(
                lease(wanted(address, "", ""), &[]).unwrap_err().contains("does not belong"),
                "{address}"
            );
        }
    }

    #[test]
    fn a_full_subnet_is_told() {
        let taken = ["10.208.0.2", "10.208.0.3", "10.208.0.4", "10.208.0.5", "10.208.0.6"];
        assert_eq!(
            lease(Wanted::default(), &taken).unwrap_err(),
            "no available IPv4 addresses on subnet 10.208.0.0/29"
        );
    }

    #[test]
    fn what_is_no_address_is_refused_by_name() {
        let config = EndpointConfig { mac: "02:42".to_owned(), ..EndpointConfig::default() };
        assert_eq!(Wanted::of(&config).unwrap_err().to_string(), "invalid MAC address: 02:42");
    }
}
