//! The table of descriptors: what is inherited, and what must not be.
//!
//! It does not pass descriptors between processes (see [`crate::packet`]).

use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};

use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};

use crate::call::checked;

/// Marks every descriptor from `first` up close-on-exec, open or not yet known (close_range(2), Linux 5.11).
///
/// # Errors
/// What close_range(2) says.
pub fn close_on_exec_from(first: u32) -> io::Result<()> {
    // SAFETY: setting a flag on descriptors invalidates none of them, whoever owns them.
    let returned =
        unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    checked(returned).map(drop)
}

/// Takes over a descriptor that this process was started with, and marks it close-on-exec.
///
/// What a process opens itself is close-on-exec from birth (Rust's and this project's rule); what it inherited cannot be. So
/// the flag tells who owns the number, and taking it twice is refused.
///
/// # Errors
/// `EBADF` when nothing is open there, `EBUSY` when it is a standard stream or was not inherited.
pub fn take_inherited(number: RawFd) -> io::Result<OwnedFd> {
    if number < 0 {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    // SAFETY: the number is only looked at; when nothing is open there the next call says so.
    let looked_at = unsafe { BorrowedFd::borrow_raw(number) };
    if fcntl_getfd(looked_at)?.contains(FdFlags::CLOEXEC) || number <= 2 {
        return Err(io::Error::from_raw_os_error(libc::EBUSY));
    }
    fcntl_setfd(looked_at, FdFlags::CLOEXEC)?;
    // SAFETY: it is open and was inherited, so no value of this program owns it; the flag just set keeps a second call out.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::IntoRawFd;

    #[test]
    fn an_inherited_descriptor_is_taken_once() {
        let (reader, _writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::empty()).unwrap();
        let number = reader.into_raw_fd();
        let taken = take_inherited(number).unwrap();
        let again = take_inherited(number).unwrap_err();
        assert_eq!(again.raw_os_error(), Some(libc::EBUSY));
        drop(taken);
    }

    #[test]
    fn what_was_opened_here_is_not_inherited() {
        let file = std::fs::File::open("/").unwrap();
        let refused = take_inherited(std::os::fd::AsRawFd::as_raw_fd(&file)).unwrap_err();
        assert_eq!(refused.raw_os_error(), Some(libc::EBUSY));
    }
}
