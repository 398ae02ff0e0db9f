//! Replacing the program of this process.
//!
//! It searches nothing: the path is final.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

/// The pointers that execve(2) takes, over strings that outlive them.
fn pointers(strings: &[CString]) -> Vec<*const libc::c_char> {
    strings.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect()
}

/// Runs the program at `path`; returns only when that failed (execve(2)).
#[must_use]
pub fn execve(path: &CStr, arguments: &[CString], environment: &[CString]) -> io::Error {
    let (arguments, environment) = (pointers(arguments), pointers(environment));
    // SAFETY: all three are NUL-terminated, the lists end with a null pointer, and what they point into is borrowed by the
    // parameters, so it lives until the call returns, which it only does on failure.
    unsafe { libc::execve(path.as_ptr(), arguments.as_ptr(), environment.as_ptr()) };
    io::Error::last_os_error()
}

/// Runs the program that `program` is open on (execveat(2) with `AT_EMPTY_PATH`); returns only when that failed.
///
/// A script cannot be run from a close-on-exec descriptor: its interpreter could not open it.
#[must_use]
pub fn execute_descriptor(
    program: BorrowedFd<'_>,
    arguments: &[CString],
    environment: &[CString],
) -> io::Error {
    let (arguments, environment) = (pointers(arguments), pointers(environment));
    // SAFETY: as in `execve`; the descriptor is borrowed and so open, and the empty path is what AT_EMPTY_PATH asks for.
    unsafe {
        libc::syscall(
            libc::SYS_execveat,
            program.as_raw_fd(),
            c"".as_ptr(),
            arguments.as_ptr(),
            environment.as_ptr(),
            libc::AT_EMPTY_PATH,
        )
    };
    io::Error::last_os_error()
}
