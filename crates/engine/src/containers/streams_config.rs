//! How a container's process is connected, as it is kept in the database.

use serde::{Deserialize, Serialize};

/// How the process is connected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamsConfig {
    /// A pseudo-terminal instead of pipes.
    pub tty: bool,
    /// Standard input stays open.
    pub open_stdin: bool,
    /// Standard input ends with the first client attached to it.
    pub stdin_once: bool,
    /// The client that created the container attached to standard input.
    pub attach_stdin: bool,
    /// … to standard output.
    pub attach_stdout: bool,
    /// … to standard error.
    pub attach_stderr: bool,
    /// The terminal's first size (rows, columns); `None` = until somebody resizes it.
    pub console_size: Option<(u16, u16)>,
}
