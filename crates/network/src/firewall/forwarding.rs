//! Whether this host sends on what is not for it: without that, nothing gets from a bridge to the world.

use crate::error::NetworkError;
use crate::kernel_setting;

const FORWARD4: &str = "ipv4/ip_forward";
const FORWARD6: &str = "ipv6/conf/all/forwarding";

/// What this host forwards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forwarding {
    /// Packets of IPv4.
    pub ipv4: bool,
    /// Packets of IPv6; true where the kernel has none.
    pub ipv6: bool,
}

impl Forwarding {
    /// Reads the settings of the calling thread's network namespace.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn read() -> Result<Self, NetworkError> {
        let is_on = |name| Ok::<_, NetworkError>(kernel_setting::read(name)?.as_deref() != Some("0"));
        Ok(Self { ipv4: is_on(FORWARD4)?, ipv6: is_on(FORWARD6)? })
    }

    /// Whether nothing is missing for networks that have IPv6 or not.
    #[must_use]
    pub fn suffices(self, with_ipv6: bool) -> bool {
        self.ipv4 && (self.ipv6 || !with_ipv6)
    }
}

/// Lets this host forward. A host that forwards no longer listens to routers, unless it is told to: where it did (`accept_ra` of 1), it
/// goes on to (2).
///
/// # Errors
/// When the kernel refuses.
pub fn turn_on(with_ipv6: bool) -> Result<(), NetworkError> {
    kernel_setting::write(FORWARD4, "1")?;
    if !with_ipv6 || Forwarding::read()?.ipv6 {
        return Ok(());
    }
    for interface in kernel_setting::list("ipv6/conf")? {
        let name = format!("ipv6/conf/{interface}/accept_ra");
        if kernel_setting::read(&name)?.as_deref() == Some("1") {
            kernel_setting::write(&name, "2")?;
        }
    }
    kernel_setting::write(FORWARD6, "1")
}
