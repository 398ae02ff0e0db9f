//! Leaving namespaces for new ones. Joining those of others is `rustix::thread`'s.
//!
//! It never unshares the table of descriptors.

use std::io;

use rustix::thread::{ThreadNameSpaceType, UnshareFlags, unshare_unsafe};

/// Puts this thread into new namespaces of these kinds (unshare(2)); a new pid namespace begins with its next child.
///
/// # Errors
/// What unshare(2) says.
pub fn unshare(namespaces: ThreadNameSpaceType) -> io::Result<()> {
    let flags = UnshareFlags::from_bits_retain(namespaces.bits());
    // SAFETY: the unsafety of unshare(2) is CLONE_FILES, which `ThreadNameSpaceType` cannot name.
    Ok(unsafe { unshare_unsafe(flags & !UnshareFlags::FILES) }?)
}
