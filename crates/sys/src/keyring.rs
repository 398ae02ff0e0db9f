//! Session keyrings (keyctl(2)): a container must not see its starter's keys.
//!
//! It reads and writes no keys.

use std::ffi::CStr;
use std::io;

use crate::call::checked;

/// Gives this process the session keyring of that name, creating it if there is none that it may join.
///
/// # Errors
/// `ENOSYS` where the kernel has no keys; what keyctl(2) says.
pub fn join_session(name: &CStr) -> io::Result<()> {
    // SAFETY: KEYCTL_JOIN_SESSION_KEYRING reads a NUL-terminated string, which is borrowed across the call.
    let returned =
        unsafe { libc::syscall(libc::SYS_keyctl, libc::KEYCTL_JOIN_SESSION_KEYRING, name.as_ptr()) };
    checked(returned).map(drop)
}
