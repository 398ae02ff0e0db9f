//! The pipes or the terminal between a monitor and a process that it starts.
//!
//! It copies nothing (see [`crate::streams`]).

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use corten_runtime::StdioSource;
use rustix::fs::{Mode, OFlags, fcntl_getfl, fcntl_setfl, open};
use rustix::pipe::{PipeFlags, pipe_with};

use crate::protocol::Streams;
use crate::streams::Ends;

/// The near ends, as far as they exist before the process does: the runtime makes the terminal, in the container's own `devpts`.
#[derive(Debug)]
pub(crate) enum Near {
    /// A terminal is to come.
    Terminal,
    /// Pipes that do not block.
    Pipes {
        /// `None` where the process has `/dev/null`.
        stdin: Option<OwnedFd>,
        stdout: OwnedFd,
        stderr: OwnedFd,
    },
}

/// Both sides of what `streams` asks for.
///
/// # Errors
/// What pipe(2) and open(2) of `/dev/null` say.
pub(crate) fn prepare(streams: &Streams) -> io::Result<(StdioSource, Near)> {
    if streams.tty {
        return Ok((StdioSource::Pty { size: streams.size }, Near::Terminal));
    }
    let (far_stdin, stdin) = if streams.open_stdin {
        let (far, near) = pipe_with(PipeFlags::CLOEXEC)?;
        (far, Some(non_blocking(near)?))
    } else {
        (null()?, None)
    };
    let (stdout, far_stdout) = pipe_with(PipeFlags::CLOEXEC)?;
    let (stderr, far_stderr) = pipe_with(PipeFlags::CLOEXEC)?;
    let far = StdioSource::Pipes { stdin: far_stdin, stdout: far_stdout, stderr: far_stderr };
    Ok((far, Near::Pipes { stdin, stdout: non_blocking(stdout)?, stderr: non_blocking(stderr)? }))
}

impl Near {
    /// Everything to read from and write to, once the process runs.
    ///
    /// # Errors
    /// `InvalidInput` where a terminal was asked for and none is given; what fcntl(2) says.
    pub(crate) fn ends(self, terminal: Option<OwnedFd>) -> io::Result<Ends> {
        match (self, terminal) {
            (Self::Terminal, Some(master)) => Ok(Ends::Terminal(non_blocking(master)?)),
            (Self::Terminal, None) => Err(io::ErrorKind::InvalidInput.into()),
            (Self::Pipes { stdin, stdout, stderr }, _) => Ok(Ends::Pipes { stdin, stdout, stderr }),
        }
    }

    /// What has been written to standard error so far, of a process that did not come to be; takes it.
    pub(crate) fn heard(&self) -> String {
        let Self::Pipes { stderr, .. } = self else { return String::new() };
        let mut bytes = vec![0; HEARD];
        let length = rustix::io::read(stderr, &mut bytes[..]).unwrap_or(0);
        String::from_utf8_lossy(&bytes[..length]).trim().to_owned()
    }
}

/// How much of a complaint is heard, in bytes.
const HEARD: usize = 4096;

/// `/dev/null`, for reading and writing.
///
/// # Errors
/// What open(2) says.
pub(crate) fn null() -> io::Result<OwnedFd> {
    Ok(open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?)
}

/// Makes this end of a pipe, or this socket, never block; the other end has a mode of its own.
///
/// # Errors
/// What fcntl(2) says.
pub(crate) fn non_blocking(descriptor: OwnedFd) -> io::Result<OwnedFd> {
    let flags = fcntl_getfl(descriptor.as_fd())?;
    fcntl_setfl(&descriptor, flags | OFlags::NONBLOCK)?;
    Ok(descriptor)
}
