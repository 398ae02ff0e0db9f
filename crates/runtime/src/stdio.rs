//! The standard streams of the new process.
//!
//! It does not copy what goes through them.

use std::os::fd::OwnedFd;

/// Where the standard streams come from.
#[derive(Debug)]
pub enum StdioSource {
    /// A terminal of the container's own `devpts`; its master is in [`Started::pty`](crate::Started).
    Pty {
        /// Rows and columns, set before the program can look.
        size: Option<(u16, u16)>,
    },
    /// The process's ends of pipes, or whatever else these are open on. They are given to the container's user, as Docker
    /// does, so that `/dev/stdout` can be opened by a user who is not root.
    Pipes {
        /// Standard input.
        stdin: OwnedFd,
        /// Standard output.
        stdout: OwnedFd,
        /// Standard error.
        stderr: OwnedFd,
    },
    /// The caller's own.
    Inherit,
}
