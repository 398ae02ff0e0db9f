//! The one thing that is done to a network interface without netlink: switching it on.
//!
//! Addresses, links and routes belong to the netlink crate.

use std::ffi::CStr;
use std::io;
use std::os::fd::AsRawFd;

use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};

use crate::call::checked;

/// Switches an interface of this network namespace on, `lo` say (netdevice(7)).
///
/// # Errors
/// `ENODEV` when there is none of that name; `EINVAL` for a name of 16 bytes or more; what socket(2) and ioctl(2) say.
pub fn switch_on(name: &CStr) -> io::Result<()> {
    let socket = socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?;
    let name = name.to_bytes();
    // SAFETY: `ifreq` is plain old data of C, for which zeros are a value.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    if name.len() >= request.ifr_name.len() {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    for (to, from) in request.ifr_name.iter_mut().zip(name) {
        *to = *from as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: SIOCSIFFLAGS reads one `ifreq`, which lives across the call; the name in it is NUL-terminated (checked above).
    checked(unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) }.into())
        .map(drop)
}
