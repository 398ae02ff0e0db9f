//! Pseudo-terminals, of this mount namespace or of any `devpts` that one holds a directory of.
//!
//! It does not copy what goes through them.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// Both ends of a pseudo-terminal, close-on-exec; neither becomes anybody's controlling terminal by being opened.
#[derive(Debug)]
pub struct Pty {
    /// Where what the terminal shows is read, and what is typed is written.
    pub master: OwnedFd,
    /// What the process has as its standard streams.
    pub slave: OwnedFd,
}

/// A pseudo-terminal of the host's `/dev/pts`.
///
/// # Errors
/// What open(2) of `/dev/ptmx` and ioctl_tty(2) say.
pub fn open() -> io::Result<Pty> {
    from_master(openat(CWD, c"/dev/ptmx", master_flags(), Mode::empty())?)
}

/// A pseudo-terminal of the `devpts` whose root directory this is.
///
/// # Errors
/// What openat(2) of its `ptmx` and ioctl_tty(2) say.
pub fn open_in(devpts: impl AsFd) -> io::Result<Pty> {
    from_master(openat(devpts, c"ptmx", master_flags() | OFlags::NOFOLLOW, Mode::empty())?)
}

/// Sets the size of the terminal; the foreground processes get SIGWINCH where it changed.
///
/// # Errors
/// What ioctl_tty(2) says.
pub fn set_size(terminal: impl AsFd, rows: u16, columns: u16) -> io::Result<()> {
    let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    Ok(tcsetwinsize(terminal, size)?)
}

fn master_flags() -> OFlags {
    OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC
}

/// The other end by TIOCGPTPEER: by path it could be something else in a mount namespace that is not ours (CVE-2016-2779's kind).
fn from_master(master: OwnedFd) -> io::Result<Pty> {
    unlockpt(&master)?;
    let slave = ioctl_tiocgptpeer(&master, OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    Ok(Pty { master, slave })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::termios::tcgetwinsize;

    #[test]
    fn the_size_set_on_the_master_is_the_slaves() {
        let pty = open().unwrap();
        set_size(&pty.master, 24, 80).unwrap();
        let size = tcgetwinsize(&pty.slave).unwrap();
        assert_eq!((size.ws_row, size.ws_col), (24, 80));
    }
}
