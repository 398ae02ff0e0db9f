//! Which subnet a new segment gets: small, and clear of everything that the host can reach already.
//!
//! What the host reaches is for the caller to find out.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use corten_spec::subnet::Subnet;

/// Where segments come from unless somebody chooses: corners of RFC 1918, the first one that neither Docker (172.17 and up, 192.168), podman
/// (10.88, 10.89), nor what Kubernetes is usually set up with (10.42 to 10.43, 10.96, 10.244) takes by default. The others are for hosts that
/// reach all of 10.0.0.0/8 by a VPN.
const POOLS: [(Ipv4Addr, u8); 3] = [
    (Ipv4Addr::new(10, 208, 0, 0), 12),
    (Ipv4Addr::new(172, 24, 0, 0), 13),
    (Ipv4Addr::new(192, 168, 128, 0), 17),
];

/// A bridge ends at 1,023 ports (`BR_MAX_PORTS`), and so does the number of addresses.
const PREFIX: u8 = 22;

/// As RFC 4193 has it: what makes the 40 bits is to be chosen at random, here by what tells the root from others.
const UNIQUE_LOCAL: u8 = 0xfd;

/// The first subnet of the pools that overlaps nothing of `taken`; `None` when all do.
#[must_use]
pub fn free_subnet4(taken: &[Subnet]) -> Option<Subnet> {
    let pools = POOLS.into_iter().filter_map(|(base, prefix)| Subnet::containing(base, prefix));
    pools.flat_map(|pool| pool.parts(PREFIX)).find(|part| !taken.iter().any(|taken| taken.overlaps(*part)))
}

/// The first /64 that overlaps nothing of `taken`, in the unique local prefix that belongs to `identity`.
#[must_use]
pub fn free_subnet6(identity: [u8; 5], taken: &[Subnet]) -> Option<Subnet> {
    let mut base = [0; 16];
    base[0] = UNIQUE_LOCAL;
    base[1..6].copy_from_slice(&identity);
    let site = Subnet::containing(Ipv6Addr::from(base), 48)?;
    site.parts(64).find(|part| !taken.iter().any(|taken| taken.overlaps(*part)))
}

/// The lowest address of a subnet that nobody has; `taken` is sorted. Neither the first, which is the subnet's own, nor the second, the
/// bridge's, nor IPv4's last, which is everybody's.
#[must_use]
pub fn free_address(subnet: Subnet, taken: &[IpAddr]) -> Option<IpAddr> {
    let mut candidate = FIRST_ENDPOINT;
    for index in taken.iter().filter_map(|address| subnet.index_of(*address)) {
        if index == candidate {
            candidate += 1;
        }
    }
    subnet.nth(candidate).filter(|address| !is_reserved(subnet, *address))
}

/// The bridge's own address.
#[must_use]
pub fn gateway(subnet: Subnet) -> Option<IpAddr> {
    subnet.nth(GATEWAY)
}

/// Whether no endpoint can have an address of the subnet.
#[must_use]
pub fn is_reserved(subnet: Subnet, address: IpAddr) -> bool {
    let last = address.is_ipv4() && address == subnet.last();
    last || subnet.index_of(address).is_none_or(|index| index < FIRST_ENDPOINT)
}

const GATEWAY: u128 = 1;
const FIRST_ENDPOINT: u128 = 2;

/// The hardware address that goes with an IPv4 address: neighbours whose caches outlive a container find the next one under the same.
#[must_use]
pub fn mac_of(address: Ipv4Addr) -> [u8; 6] {
    let [a, b, c, d] = address.octets();
    // Locally administered (IEEE 802), and what Docker begins with.
    [0x02, 0x42, a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subnets(texts: &[&str]) -> Vec<Subnet> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_segment_keeps_clear_of_what_the_host_reaches() {
        let free = |taken: &[&str]| free_subnet4(&subnets(taken)).map(|subnet| subnet.to_string());
        assert_eq!(free(&[]).unwrap(), "10.208.0.0/22");
        assert_eq!(free(&["10.208.1.7/32", "10.208.4.0/24", "172.17.0.0/16"]).unwrap(), "10.208.8.0/22");
        assert_eq!(free(&["10.208.0.0/13"]).unwrap(), "10.216.0.0/22");
        assert_eq!(free(&["10.0.0.0/8"]).unwrap(), "172.24.0.0/22");
        assert_eq!(free(&["10.0.0.0/8", "172.16.0.0/12"]).unwrap(), "192.168.128.0/22");
        assert_eq!(free(&["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]), None);
    }

    #[test]
    fn a_root_has_its_own_prefix_of_ipv6() {
        let free =
            |taken: &[&str]| free_subnet6([1, 2, 3, 4, 5], &subnets(taken)).map(|found| found.to_string());
        assert_eq!(free(&[]).unwrap(), "fd01:203:405::/64");
        assert_eq!(free(&["fd01:203:405::/64"]).unwrap(), "fd01:203:405:1::/64");
    }

    #[test]
    fn the_lowest_address_that_is_free_is_given_out() {
        let subnet = "10.208.0.0/29".parse().unwrap();
        let free =
            |taken: &[&str]| free_address(subnet, &addresses(taken)).map(|address| address.to_string());
        assert_eq!(free(&[]).unwrap(), "10.208.0.2");
        assert_eq!(free(&["10.208.0.2", "10.208.0.4"]).unwrap(), "10.208.0.3");
        assert_eq!(free(&["10.208.0.2", "10.208.0.3", "10.208.0.4", "10.208.0.5"]).unwrap(), "10.208.0.6");
        assert_eq!(free(&["10.208.0.2", "10.208.0.3", "10.208.0.4", "10.208.0.5", "10.208.0.6"]), None);
    }

    #[test]
    fn what_belongs_to_the_subnet_is_nobodys() {
        let reserved =
            |subnet: &str, address: &str| is_reserved(subnet.parse().unwrap(), address.parse().unwrap());
        for address in ["10.208.0.0", "10.208.0.1", "10.208.3.255", "10.208.4.2"] {
            assert!(reserved("10.208.0.0/22", address), "{address}");
        }
        assert!(!reserved("10.208.0.0/22", "10.208.0.255"));
        assert!(!reserved("fd00::/64", "fd00::ffff:ffff:ffff:ffff"));
    }
}
