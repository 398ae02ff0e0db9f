//! Subnets of IPv4 and IPv6: a prefix of an address (RFC 4632, RFC 4291), written `10.0.0.0/8`.
//!
//! Which subnets a network gets is the network's to choose.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// All addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subnet {
    base: IpAddr,
    prefix: u8,
}

/// A text that is no subnet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid CIDR address: {0}")]
pub struct InvalidSubnet(pub String);

impl Subnet {
    /// The subnet of this length that an address is in; `None` for a prefix longer than the address.
    #[must_use]
    pub fn containing(address: impl Into<IpAddr>, prefix: u8) -> Option<Self> {
        let address = address.into();
        let bits = bits_of(address);
        (prefix <= width(address))
            .then(|| Self { base: with_bits(address, bits & mask(address, prefix)), prefix })
    }

    /// Its first address.
    #[must_use]
    pub fn base(self) -> IpAddr {
        self.base
    }

    /// How many bits all of its addresses have in common.
    #[must_use]
    pub fn prefix(self) -> u8 {
        self.prefix
    }

    /// Whether an address is one of its.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        Self::containing(address, self.prefix) == Some(self)
    }

    /// Whether some address is in both.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        if self.prefix <= other.prefix { self.contains(other.base) } else { other.contains(self.base) }
    }

    /// The address this far behind the first; `None` beyond the last.
    #[must_use]
    pub fn nth(self, index: u128) -> Option<IpAddr> {
        (index <= !mask(self.base, self.prefix) & all_ones(self.base))
            .then(|| with_bits(self.base, bits_of(self.base) | index))
    }

    /// How far behind the first an address is; `None` for one that is not in it.
    #[must_use]
    pub fn index_of(self, address: IpAddr) -> Option<u128> {
        self.contains(address).then(|| bits_of(address) & !mask(address, self.prefix))
    }

    /// Its last address: of IPv4, the one for everybody.
    #[must_use]
    pub fn last(self) -> IpAddr {
        with_bits(self.base, bits_of(self.base) | (!mask(self.base, self.prefix) & all_ones(self.base)))
    }

    /// The subnets of this length that it consists of, in order; none if it is smaller.
    pub fn parts(self, prefix: u8) -> impl Iterator<Item = Self> {
        let fits = prefix >= self.prefix && prefix <= width(self.base) && prefix - self.prefix < 64;
        let count = if fits { 1_u64 << (prefix - self.prefix) } else { 0 };
        let step = u32::from(width(self.base) - prefix.min(width(self.base)));
        (0..count).filter_map(move |index| {
            let offset = u128::from(index).checked_shl(step)?;
            Some(Self { base: with_bits(self.base, bits_of(self.base) | offset), prefix })
        })
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn all_ones(address: IpAddr) -> u128 {
    if address.is_ipv4() { u128::from(u32::MAX) } else { u128::MAX }
}

fn mask(address: IpAddr, prefix: u8) -> u128 {
    let free = u32::from(width(address) - prefix.min(width(address)));
    all_ones(address).checked_shl(free).unwrap_or(0) & all_ones(address)
}

fn bits_of(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

/// `bits` as an address of the same family.
fn with_bits(family: IpAddr, bits: u128) -> IpAddr {
    match family {
        // The callers keep within the family's width.
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from(bits as u32)),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from(bits)),
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.base, self.prefix)
    }
}

impl FromStr for Subnet {
    type Err = InvalidSubnet;

    /// Reads `10.1.2.3/8`; the bits behind the prefix do not matter.
    fn from_str(text: &str) -> Result<Self, InvalidSubnet> {
        let parsed = text.split_once('/').and_then(|(address, prefix)| {
            Self::containing(address.parse::<IpAddr>().ok()?, prefix.parse().ok()?)
        });
        parsed.ok_or_else(|| InvalidSubnet(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subnet(text: &str) -> Subnet {
        text.parse().unwrap()
    }

    #[test]
    fn bits_behind_the_prefix_do_not_matter() {
        assert_eq!(subnet("10.1.2.3/8").to_string(), "10.0.0.0/8");
        assert_eq!(subnet("fd00::1:2/64").to_string(), "fd00::/64");
        assert_eq!(subnet("1.2.3.4/0").to_string(), "0.0.0.0/0");
        assert_eq!(subnet("1.2.3.4/32").to_string(), "1.2.3.4/32");
    }

    #[test]
    fn what_is_no_subnet_is_refused() {
        for text in ["", "10.0.0.0", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/-1"] {
            assert_eq!(text.parse::<Subnet>(), Err(InvalidSubnet(text.to_owned())));
        }
    }

    #[test]
    fn subnets_overlap_where_one_is_in_the_other() {
        assert!(subnet("10.0.0.0/8").overlaps(subnet("10.2.0.0/16")));
        assert!(subnet("10.2.0.0/16").overlaps(subnet("0.0.0.0/0")));
        assert!(!subnet("10.0.0.0/9").overlaps(subnet("10.128.0.0/9")));
        assert!(!subnet("0.0.0.0/0").overlaps(subnet("::/0")));
    }

    #[test]
    fn addresses_are_counted_from_the_first_to_the_last() {
        let small = subnet("10.0.0.4/30");
        assert_eq!(small.nth(0).unwrap().to_string(), "10.0.0.4");
        assert_eq!(small.nth(3), Some(small.last()));
        assert_eq!(small.nth(4), None);
        assert_eq!(small.index_of("10.0.0.6".parse().unwrap()), Some(2));
        assert_eq!(small.index_of("10.0.0.8".parse().unwrap()), None);
        assert_eq!(subnet("fd00::/64").nth(2).unwrap().to_string(), "fd00::2");
        assert_eq!(subnet("::/0").last(), IpAddr::V6(Ipv6Addr::from(u128::MAX)));
    }

    #[test]
    fn a_subnet_consists_of_smaller_ones() {
        let parts: Vec<_> = subnet("10.0.0.0/30").parts(31).map(|part| part.to_string()).collect();
        assert_eq!(parts, ["10.0.0.0/31", "10.0.0.2/31"]);
        assert_eq!(subnet("10.0.0.0/30").parts(29).count(), 0);
        assert_eq!(subnet("10.0.0.0/30").parts(33).count(), 0);
        assert_eq!(subnet("fd00::/8").parts(64).nth(1).unwrap().to_string(), "fd00:0:0:1::/64");
    }
}
