//! An IP address with the length of its network's prefix, as the kernel has it: what belongs to a network is told by `Subnet`.

use std::fmt;
use std::net::IpAddr;

/// `10.0.0.2/24`: an address of a host within its network, or of a network itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IpPrefix {
    /// All of the address.
    pub address: IpAddr,
    /// How many of its bits are the network's: up to 32 or 128.
    pub length: u8,
}

impl IpPrefix {
    /// An address in its network.
    pub fn new(address: impl Into<IpAddr>, length: u8) -> Self {
        Self { address: address.into(), length }
    }

    /// All addresses of the family of `of`.
    pub fn everything(of: IpAddr) -> Self {
        match of {
            IpAddr::V4(_) => Self::new([0; 4], 0),
            IpAddr::V6(_) => Self::new([0; 16], 0),
        }
    }

    /// The first and the last address of the network.
    pub fn range(&self) -> (IpAddr, IpAddr) {
        match self.address {
            IpAddr::V4(address) => {
                let rest = u32::MAX.checked_shr(self.length.into()).unwrap_or(0);
                (
                    (address.to_bits() & !rest).to_be_bytes().into(),
                    (address.to_bits() | rest).to_be_bytes().into(),
                )
            }
            IpAddr::V6(address) => {
                let rest = u128::MAX.checked_shr(self.length.into()).unwrap_or(0);
                (
                    (address.to_bits() & !rest).to_be_bytes().into(),
                    (address.to_bits() | rest).to_be_bytes().into(),
                )
            }
        }
    }
}

impl fmt::Display for IpPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

impl fmt::Debug for IpPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    #[test]
    fn a_network_reaches_from_its_first_to_its_last_address() {
        let four = IpPrefix::new(Ipv4Addr::new(10, 1, 2, 3), 22);
        assert_eq!(four.range(), ([10, 1, 0, 0].into(), [10, 1, 3, 255].into()));
        assert_eq!(IpPrefix::new([10, 1, 2, 3], 32).range(), ([10, 1, 2, 3].into(), [10, 1, 2, 3].into()));
        let six = IpPrefix::everything(Ipv6Addr::LOCALHOST.into());
        assert_eq!(six.range(), ([0; 16].into(), [255; 16].into()));
    }
}
