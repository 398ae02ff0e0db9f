//! What can be wrong with a profile.

use corten_error::{Classified, Kind};
use thiserror::Error;

/// A profile cannot be read, resolved or compiled.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SeccompError {
    /// The text is no profile.
    #[error("cannot read seccomp profile")]
    Parse {
        /// What the JSON parser says, with line and column.
        #[source]
        source: serde_json::Error,
    },
    /// Docker's text.
    #[error(
        "both 'architectures' and 'archMap' are specified in the seccomp profile, use either 'architectures' or 'archMap'"
    )]
    ArchitecturesTwice,
    /// Docker's text.
    #[error("both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'")]
    NamesTwice,
    /// A profile with rules says what they are exceptions to.
    #[error("seccomp profile has rules but no `defaultAction`")]
    NoDefaultAction,
    /// A kernel version such as `4.8` was expected.
    #[error("invalid kernel version `{text}` in seccomp profile")]
    KernelVersion {
        /// What was found.
        text: String,
    },
    /// A call has six arguments.
    #[error("seccomp rule for `{syscall}` asks for argument {index}; a system call has 0 to 5")]
    ArgumentIndex {
        /// First name of the rule.
        syscall: String,
        /// The index asked for.
        index: u32,
    },
    /// The kernel would cut it down silently.
    #[error("seccomp error number {errno} is greater than 4095")]
    ErrnoTooLarge {
        /// The number asked for.
        errno: u32,
    },
    /// Leaving verdicts to a listener is not built.
    #[error("seccomp profile asks for `{word}`: listeners are not supported")]
    Listener {
        /// The word that needs one.
        word: &'static str,
    },
    /// The kernel takes at most 4096 instructions (`BPF_MAXINSNS`).
    #[error("seccomp profile needs {instructions} instructions; the kernel takes at most 4096")]
    TooLong {
        /// How many it would have.
        instructions: usize,
    },
    /// What was stored is no program.
    #[error("stored seccomp program of {bytes} bytes is damaged")]
    Damaged {
        /// Its size.
        bytes: usize,
    },
}

impl Classified for SeccompError {
    fn kind(&self) -> Kind {
        match self {
            SeccompError::Listener { .. } => Kind::NotImplemented,
            SeccompError::Damaged { .. } => Kind::Internal,
            _ => Kind::Invalid,
        }
    }
}
