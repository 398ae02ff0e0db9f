//! Turns the `-1 and errno` of a raw system call into a `Result`.
//!
//! It does not retry: whoever can be interrupted decides what that means.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// The value of a successful call, or the thread's errno.
pub(crate) fn checked(returned: libc::c_long) -> io::Result<libc::c_long> {
    if returned < 0 { Err(io::Error::last_os_error()) } else { Ok(returned) }
}

/// Takes over a descriptor that a successful call has just returned.
pub(crate) fn owned(returned: libc::c_long) -> OwnedFd {
    // SAFETY: the kernel returned this number from a call that creates a descriptor, so it is open and nobody
    // else in this process knows it; descriptors fit `RawFd` by the kernel's own limit.
    unsafe { OwnedFd::from_raw_fd(returned as RawFd) }
}
