//! Why there is no measurement, or why a long run failed.
//!
//! These errors end at a contributor's terminal.

use std::io;
use std::path::PathBuf;

/// What everything here returns.
pub type Result<T> = std::result::Result<T, Error>;

/// See the module.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was typed makes no sense.
    #[error("{0}")]
    Usage(String),
    /// A file operation.
    #[error("cannot {verb} `{}`: {source}", path.display())]
    File {
        /// What was tried.
        verb: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program of ours is not beside this one.
    #[error("there is no `{}`: build it with `cargo build --release --package {package}`", path.display())]
    NotBuilt {
        /// Where it was looked for.
        path: PathBuf,
        /// What builds it.
        package: &'static str,
    },
    /// A command ended with something else than zero.
    #[error("`{command}` ended with {exit_code}: {errors}")]
    Command {
        /// What was run.
        command: String,
        /// As a shell tells it.
        exit_code: i32,
        /// What it said on standard error.
        errors: String,
    },
    /// A command could not be measured.
    #[error("cannot measure `{command}`: {reason}")]
    Unmeasured {
        /// What was to be run.
        command: String,
        /// Why not.
        reason: String,
    },
    /// The seccomp profile could not be compiled.
    #[error("cannot compile the default seccomp profile: {0}")]
    Seccomp(#[from] corten_seccomp::SeccompError),
    /// As the variant says, which would make every comparison unfair.
    #[error("the default seccomp profile filters nothing")]
    NoFilter,
    /// A network to measure in could not be made.
    #[error("cannot make a network to measure in: {0}")]
    Site(#[from] corten_netlink::NetlinkError),
    /// A result could not be written down.
    #[error("cannot write the result as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A long run found what must not be.
    #[error("{run}: {finding}")]
    Soak {
        /// Its name.
        run: &'static str,
        /// What it found.
        finding: String,
    },
}

impl Error {
    /// For `map_err` on file operations.
    pub fn file(verb: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Error::File { verb, path, source }
    }
}
