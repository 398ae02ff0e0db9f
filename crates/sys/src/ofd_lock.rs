//! Open-file-description locks on whole files: fcntl(2), `F_OFD_SETLK` and its kin.
//!
//! Nothing here opens, names or removes a lock file, and no byte ranges: one file is one lock.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// How a lock shares a file with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Any number of holders at once, none of them exclusive. The descriptor has to be open for reading.
    Shared,
    /// One holder. The descriptor has to be open for writing.
    Exclusive,
}

impl Mode {
    fn lock_type(self) -> libc::c_int {
        match self {
            Mode::Shared => libc::F_RDLCK,
            Mode::Exclusive => libc::F_WRLCK,
        }
    }
}

/// Takes (or converts to) a lock without waiting; `false` means that somebody else's lock stands in the way.
///
/// The lock belongs to the open file description: it is shared by every duplicate of `fd`, in any process, and ends with
/// the last of them. Taking a lock again that this description already holds succeeds.
pub fn try_lock(fd: BorrowedFd<'_>, mode: Mode) -> io::Result<bool> {
    match control(fd, libc::F_OFD_SETLK, &mut whole_file(mode.lock_type())) {
        Ok(()) => Ok(true),
        // POSIX leaves the choice between the two open.
        Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Takes a lock, waiting for as long as others hold theirs. Signals do not end the wait.
pub fn lock(fd: BorrowedFd<'_>, mode: Mode) -> io::Result<()> {
    loop {
        match control(fd, libc::F_OFD_SETLKW, &mut whole_file(mode.lock_type())) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// Gives a lock up, for every duplicate of `fd`. There need not be one.
pub fn unlock(fd: BorrowedFd<'_>) -> io::Result<()> {
    control(fd, libc::F_OFD_SETLK, &mut whole_file(libc::F_UNLCK))
}

/// Whether another open file description holds a lock that would refuse `mode`. Takes nothing, and any open mode of `fd`
/// will do.
pub fn is_refused(fd: BorrowedFd<'_>, mode: Mode) -> io::Result<bool> {
    let mut lock = whole_file(mode.lock_type());
    control(fd, libc::F_OFD_GETLK, &mut lock)?;
    Ok(libc::c_int::from(lock.l_type) != libc::F_UNLCK)
}

/// The kernel demands `l_pid` = 0 for these commands; a length of 0 means "to the end, however far it grows".
fn whole_file(lock_type: libc::c_int) -> libc::flock {
    libc::flock {
        l_type: lock_type as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

fn control(fd: BorrowedFd<'_>, command: libc::c_int, lock: &mut libc::flock) -> io::Result<()> {
    // SAFETY: the three commands that reach this take a pointer to a `struct flock`, which `lock` is for the whole call,
    // initialised in full and exclusively borrowed; the kernel keeps no reference to it. `fd` is open while borrowed.
    let result = unsafe { libc::fcntl(fd.as_raw_fd(), command, std::ptr::from_mut(lock)) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::os::fd::AsFd;

    /// Two descriptions of one unnamed file.
    fn two_descriptions() -> (File, File) {
        let first = File::from(
            rustix::fs::memfd_create("ofd-lock", rustix::fs::MemfdFlags::CLOEXEC).expect("memfd_create"),
        );
        let path = format!("/proc/self/fd/{}", first.as_raw_fd());
        let second = File::options().read(true).write(true).open(path).expect("reopen");
        (first, second)
    }

    #[test]
    fn an_exclusive_lock_refuses_every_other_description_until_its_last_duplicate_closes() {
        let (first, second) = two_descriptions();
        assert!(try_lock(first.as_fd(), Mode::Exclusive).unwrap());
        let duplicate = first.try_clone().unwrap();
        drop(first);
        assert!(!try_lock(second.as_fd(), Mode::Exclusive).unwrap());
        assert!(!try_lock(second.as_fd(), Mode::Shared).unwrap());
        assert!(is_refused(second.as_fd(), Mode::Exclusive).unwrap());
        drop(duplicate);
        assert!(!is_refused(second.as_fd(), Mode::Exclusive).unwrap());
        assert!(try_lock(second.as_fd(), Mode::Exclusive).unwrap());
    }

    #[test]
    fn shared_locks_go_together_and_refuse_only_an_exclusive_one() {
        let (first, second) = two_descriptions();
        assert!(try_lock(first.as_fd(), Mode::Shared).unwrap());
        assert!(!is_refused(second.as_fd(), Mode::Shared).unwrap());
        assert!(is_refused(second.as_fd(), Mode::Exclusive).unwrap());
        lock(second.as_fd(), Mode::Shared).unwrap();
        assert!(!try_lock(first.as_fd(), Mode::Exclusive).unwrap());
    }

    #[test]
    fn the_holder_is_never_refused_by_its_own_lock() {
        let (first, _second) = two_descriptions();
        assert!(try_lock(first.as_fd(), Mode::Exclusive).unwrap());
        assert!(!is_refused(first.as_fd(), Mode::Exclusive).unwrap());
        assert!(try_lock(first.as_fd(), Mode::Exclusive).unwrap());
    }
}
