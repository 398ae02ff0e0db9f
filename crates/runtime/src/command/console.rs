//! Handing a terminal over: to the socket that `--console-socket` names.
//!
//! Who listens there copies what goes through it.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use corten_spec::runtime::Process;
use corten_sys::packet;

use super::error::CommandError;
use super::options::Parsed;
use crate::StdioSource;

/// Where the streams of a process come from, by the rules of runc.
pub(super) struct Streams {
    pub(super) source: StdioSource,
    /// Where the terminal goes.
    socket: Option<UnixStream>,
}

/// # Errors
/// A terminal that nobody would hold, a socket without a terminal, a socket that nobody listens on.
pub(super) fn streams(process: &Process, parsed: &Parsed, detached: bool) -> Result<Streams, CommandError> {
    let path = parsed.value("console-socket").filter(|path| !path.is_empty());
    match (process.terminal, path) {
        (false, Some(_)) => {
            Err(CommandError::Usage("cannot use console socket if runtime will not allocate a tty".into()))
        }
        (true, None) if detached => Err(CommandError::Usage(
            "cannot allocate tty if runtime will detach without setting console socket".into(),
        )),
        (false, None) => Ok(Streams { source: StdioSource::Inherit, socket: None }),
        (true, path) => {
            let connect = |path: &str| {
                UnixStream::connect(path)
                    .map_err(CommandError::io(format!("connect to console socket `{path}`")))
            };
            let size = process.console_size.map(|size| (size.height as u16, size.width as u16));
            Ok(Streams { source: StdioSource::Pty { size }, socket: path.map(connect).transpose()? })
        }
    }
}

impl Streams {
    /// Splits into what the process gets and where its terminal goes.
    pub(super) fn into_parts(self) -> (StdioSource, Option<UnixStream>) {
        (self.source, self.socket)
    }
}

/// Sends the terminal; gives it back where there is no socket to send it to.
///
/// # Errors
/// What sendmsg(2) says.
pub(super) fn hand_over(
    pty: Option<OwnedFd>,
    socket: Option<&UnixStream>,
) -> Result<Option<OwnedFd>, CommandError> {
    match (pty, socket) {
        (Some(pty), Some(socket)) => {
            // The name is what runc sends; receivers ignore it.
            let sent = packet::send(socket, b"/dev/ptmx", &[pty.as_fd()]);
            sent.map_err(CommandError::io("send the terminal to the console socket"))?;
            Ok(None)
        }
        (pty, _) => Ok(pty),
    }
}
