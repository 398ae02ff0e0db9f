//! How much of what was sent through a socket its other end has not read yet.
//!
//! It does not wait until that is nothing: the kernel tells nobody when it is.

use std::io;
use std::os::fd::{AsFd, AsRawFd as _};

/// What the other end of a Unix stream socket has still to read, by the kernel's own count, which is more than the bytes; 0 = nothing.
///
/// # Errors
/// What ioctl(2) says of `SIOCOUTQ`.
pub fn unread(socket: impl AsFd) -> io::Result<usize> {
    let mut count: libc::c_int = 0;
    // SAFETY: the descriptor is borrowed and so open for the call; `TIOCOUTQ`, which is `SIOCOUTQ` for a socket, writes one `int`
    // to the address that is its argument, and `count` is one that lives until the call has returned.
    let returned = unsafe { libc::ioctl(socket.as_fd().as_raw_fd(), libc::TIOCOUTQ, &raw mut count) };
    crate::call::checked(returned.into())?;
    Ok(usize::try_from(count).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn what_was_sent_counts_until_all_of_it_is_read() {
        let (mut near, mut far) = UnixStream::pair().unwrap();
        assert_eq!(unread(&near).unwrap(), 0);
        near.write_all(b"ab").unwrap();
        far.read_exact(&mut [0]).unwrap();
        assert!(unread(&near).unwrap() > 0);
        far.read_exact(&mut [0]).unwrap();
        assert_eq!(unread(&near).unwrap(), 0);
    }
}
