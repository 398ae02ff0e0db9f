//! The options of netlink sockets, which `rustix` does not set.
//!
//! Messages belong to the netlink crate.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use crate::call::checked;

/// What a netlink socket can be told (netlink(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetlinkOption {
    /// `NETLINK_EXT_ACK`: refusals come with the kernel's words (4.12).
    ExtendedAcks,
    /// `NETLINK_CAP_ACK`: refusals repeat the header of the request only (4.3).
    ShortAcks,
}

/// Switches an option of a netlink socket on.
///
/// # Errors
/// What setsockopt(2) says.
pub fn switch_on(socket: impl AsFd, option: NetlinkOption) -> io::Result<()> {
    let name = match option {
        NetlinkOption::ExtendedAcks => libc::NETLINK_EXT_ACK,
        NetlinkOption::ShortAcks => libc::NETLINK_CAP_ACK,
    };
    let one: libc::c_int = 1;
    // SAFETY: setsockopt(2) reads `size_of::<c_int>()` bytes from a `c_int` that lives across the call.
    checked(
        unsafe {
            libc::setsockopt(
                socket.as_fd().as_raw_fd(),
                libc::SOL_NETLINK,
                name,
                (&raw const one).cast(),
                size_of::<libc::c_int>() as libc::socklen_t,
            )
        }
        .into(),
    )
    .map(drop)
}
