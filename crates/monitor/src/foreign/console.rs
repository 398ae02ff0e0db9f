//! The socket to which a runtime sends the master of a terminal that it has made.
//!
//! Its path leads through a descriptor of this process: paths of sockets are short (unix(7)), those of bundles are not.

use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use corten_sys::{packet, pty};
use rustix::fs::{CWD, Mode, OFlags, openat};

/// More than any name of a terminal that comes along.
const NAME: usize = 4096;

/// A socket that a runtime can find.
#[derive(Debug)]
pub(super) struct Console {
    listener: UnixListener,
    directory: OwnedFd,
    name: String,
}

impl Console {
    /// Listens in a directory, under a name that nobody has there.
    ///
    /// # Errors
    /// What open(2) and bind(2) say.
    pub(super) fn listen(directory: &Path, name: &str) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = openat(CWD, directory, flags, Mode::empty())?;
        let listener = UnixListener::bind(format!("/proc/self/fd/{}/{name}", directory.as_raw_fd()))?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener, directory, name: name.to_owned() })
    }

    /// Where others find it, for as long as this value lives.
    pub(super) fn path(&self) -> PathBuf {
        format!("/proc/{}/fd/{}/{}", std::process::id(), self.directory.as_raw_fd(), self.name).into()
    }

    /// The master of the terminal, from a runtime that has ended; `size` is in rows and columns.
    ///
    /// # Errors
    /// `EAGAIN` where none was sent; what accept(2), recvmsg(2) and ioctl_tty(2) say.
    pub(super) fn receive(&self, size: Option<(u16, u16)>) -> io::Result<OwnedFd> {
        let (stream, _) = self.listener.accept()?;
        let packet = packet::receive_now(&stream, &mut [0; NAME])?;
        let master = packet.descriptors.into_iter().next();
        let master = master.ok_or_else(|| io::Error::other("the runtime sent no terminal"))?;
        if let Some((rows, columns)) = size {
            pty::set_size(&master, rows, columns)?;
        }
        Ok(master)
    }
}
