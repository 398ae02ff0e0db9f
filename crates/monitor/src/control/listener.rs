//! The control socket: where engines find the monitor of a container.
//!
//! Access is decided twice: by the mode of the socket, and by who is at the other end of each connection.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use corten_sys::packet;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, fchmod, open, unlinkat};
use rustix::io::Errno;
use rustix::net::sockopt::socket_peercred;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, accept_with, bind, listen, socket_with,
};
use rustix::process::{Uid, geteuid};

use crate::protocol::{ErrorKind, Reply, SOCKET_NAME};

/// How many connections wait to be accepted before connect(2) is refused.
const BACKLOG: i32 = 64;

/// How long the listener rests after it could not accept (no descriptors left, say): poll(2) would report it for ever.
pub(crate) const PATIENCE_AFTER_FAILURE_MS: u64 = 100;

/// A bound and listening control socket; [`Listener::remove`] takes its name away.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: OwnedFd,
    run: PathBuf,
}

impl Listener {
    /// Binds in the run directory, in place of what a killed predecessor left there: the caller holds the container's lock, so
    /// there is no other monitor.
    ///
    /// # Errors
    /// What socket(2), bind(2) and listen(2) say.
    pub(crate) fn bind(run: &Path) -> io::Result<Self> {
        let socket = socket_with(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
            None,
        )?;
        // The mode before the name: the file of a Unix socket is born with the socket's own mode (unix(7)).
        fchmod(&socket, Mode::RUSR | Mode::WUSR)?;
        remove_name(run)?;
        bind(&socket, &address(&open_directory(run)?)?)?;
        listen(&socket, BACKLOG)?;
        Ok(Self { socket, run: run.to_owned() })
    }

    /// The listener again, after a re-execution.
    pub(crate) fn restore(socket: OwnedFd, run: PathBuf) -> Self {
        Self { socket, run }
    }

    /// The next connection whose other end is root or this very user; `None` where nobody waits, or somebody else did, who is told.
    ///
    /// # Errors
    /// What accept(2) says, `EMFILE` in practice.
    pub(crate) fn accept(&self) -> io::Result<Option<OwnedFd>> {
        loop {
            let connection = match accept_with(&self.socket, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK) {
                Ok(connection) => connection,
                Err(Errno::AGAIN) => return Ok(None),
                Err(Errno::INTR | Errno::CONNABORTED) => continue,
                Err(error) => return Err(error.into()),
            };
            let peer = socket_peercred(&connection)?;
            if peer.uid.is_root() || peer.uid == geteuid() {
                return Ok(Some(connection));
            }
            refuse(&connection, peer.uid);
            return Ok(None);
        }
    }

    /// Takes the name away; nobody can connect any more. A name that is gone already is no failure.
    pub(crate) fn remove(self) -> io::Result<()> {
        remove_name(&self.run)
    }

    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// An address through the directory's descriptor: `sun_path` ends at 108 bytes, a run directory may not (unix(7)).
pub(crate) fn address(run: &OwnedFd) -> io::Result<SocketAddrUnix> {
    use std::os::fd::AsRawFd;
    Ok(SocketAddrUnix::new(format!("/proc/self/fd/{}/{SOCKET_NAME}", run.as_raw_fd()))?)
}

/// A run directory, to name its socket through.
pub(crate) fn open_directory(run: &Path) -> io::Result<OwnedFd> {
    Ok(open(run, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
}

/// One that does not take the word goes without.
fn refuse(connection: &OwnedFd, user: Uid) {
    let message = format!("user {} may not speak to this monitor", user.as_raw());
    let refusal = Reply::Refused { kind: ErrorKind::Forbidden, message };
    if let Ok(bytes) = serde_json::to_vec(&refusal) {
        let _ = packet::send(connection, &bytes, &[]);
    }
}

fn remove_name(run: &Path) -> io::Result<()> {
    match unlinkat(CWD, run.join(SOCKET_NAME), AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::net::connect;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_socket_is_its_owners_alone_however_long_its_path_and_goes_when_removed() {
        let directory = tempfile::tempdir().unwrap();
        let run = directory.path().join("r".repeat(200));
        std::fs::create_dir(&run).unwrap();
        drop(Listener::bind(&run).unwrap());
        let listener = Listener::bind(&run).unwrap();
        let mode = run.join(SOCKET_NAME).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
        let client =
            socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
        connect(&client, &address(&open_directory(&run).unwrap()).unwrap()).unwrap();
        assert!(listener.accept().unwrap().is_some());
        assert!(listener.accept().unwrap().is_none());
        listener.remove().unwrap();
        assert!(!run.join(SOCKET_NAME).exists());
    }

    #[test]
    fn another_user_is_refused_even_where_the_mode_lets_him_in() {
        let directory = tempfile::tempdir().unwrap();
        let listener = Listener::bind(directory.path()).unwrap();
        let open =
            |path: &Path, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
        open(directory.path(), 0o755);
        let name = directory.path().join(SOCKET_NAME);
        open(&name, 0o666);
        // Of this thread alone: the system call knows no processes.
        let stranger = std::thread::spawn(move || {
            let somebody = Uid::from_raw(65_534);
            rustix::thread::set_thread_res_uid(somebody, somebody, somebody).unwrap();
            let client =
                socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
            connect(&client, &SocketAddrUnix::new(&name).unwrap()).unwrap();
            client
        });
        let stranger = stranger.join().unwrap();
        assert!(listener.accept().unwrap().is_none());
        let mut buffer = [0; 256];
        let told = packet::receive(&stranger, &mut buffer).unwrap();
        assert_eq!(
            serde_json::from_slice::<Reply>(&buffer[..told.length]).unwrap(),
            Reply::Refused {
                kind: ErrorKind::Forbidden,
                message: "user 65534 may not speak to this monitor".to_owned(),
            }
        );
    }
}
