//! What keeps a daemon from running.

use std::io;
use std::path::PathBuf;

use corten_engine::EngineError;

use crate::configuration::ConfigurationError;

/// A daemon that cannot start, or ends badly.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DaemonError {
    /// The configuration.
    #[error("{}", corten_error::chain(.0))]
    Configuration(ConfigurationError),
    /// The engine cannot be opened.
    #[error("open the engine")]
    Engine(#[source] EngineError),
    /// An address that makes no sense.
    #[error("invalid bind address ({address}): {why}")]
    Address {
        /// As it was given.
        address: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// TCP without TLS where strangers can reach it.
    #[error(
        "listen on {0}: whoever can reach it would be root on this host; ask for `tlsverify` with `tlscacert`, `tlscert` and \
         `tlskey`, or say `tls: false` if something else keeps strangers out"
    )]
    Plain(String),
    /// The socket cannot be had.
    #[error("listen on {address}")]
    Listen {
        /// The address.
        address: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Somebody listens there.
    #[error("listen on unix://{}: another daemon answers there", .0.display())]
    InUse(PathBuf),
    /// There is no such group.
    #[error("group {0} not found")]
    NoGroup(String),
    /// Certificates or keys that cannot be used.
    #[error("could not load X509 key pair: {}: {why}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// TLS without what it needs.
    #[error("TLS needs `{0}`")]
    IncompleteTls(&'static str),
    /// systemd has handed over no sockets.
    #[error("no sockets found via socket activation: make sure the service was started by systemd")]
    NotActivated,
    /// The file with the process's number.
    #[error("write pid file `{}`", path.display())]
    PidFile {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another daemon has written that file.
    #[error("process with PID {pid} is still running: `{}` says so", path.display())]
    StillRunning {
        /// Its number.
        pid: u32,
        /// The file.
        path: PathBuf,
    },
    /// What a process needs to listen at all.
    #[error("{operation}")]
    Process {
        /// What was to be done.
        operation: &'static str,
        /// Why not.
        #[source]
        source: io::Error,
    },
}
