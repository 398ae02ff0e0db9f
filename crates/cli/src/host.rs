//! What the surrounding program gives to the commands.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use corten_api_client::Connector;
use serde_json::{Map, Value};

/// What the engine that runs inside this process is opened with; directories that are `None` are left to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EngineOptions {
    /// `--root` or `CORTEN_ROOT`.
    pub root: Option<PathBuf>,
    /// `--run-root` or `CORTEN_RUN_ROOT`.
    pub run_root: Option<PathBuf>,
    /// Whether the command starts the container that it creates.
    pub starts_what_it_creates: bool,
}

/// Opens the engine inside this process; it is called inside the runtime of the commands, at most once, and only when a
/// command needs an engine. The error is one line for the user.
pub type OpenEngine = Box<dyn FnOnce(EngineOptions) -> Result<Arc<dyn Connector>, String> + Send>;

/// What `corten daemon` is asked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DaemonOptions {
    /// Directories.
    pub engine: EngineOptions,
    /// `--config-file`.
    pub config_file: Option<PathBuf>,
    /// Keys of that file, with their values, that flags say.
    pub configuration: Map<String, Value>,
    /// Whether the configuration is only looked at.
    pub validate: bool,
}

/// Runs the daemon until it is told to stop. The error is one line for the user.
pub type RunDaemon = Box<dyn FnOnce(DaemonOptions) -> Result<(), String> + Send>;

/// Looks up a variable of the environment.
pub type Environment = Box<dyn Fn(&str) -> Option<OsString> + Send>;

/// The world around the commands.
pub struct Host {
    /// Opens the engine inside this process.
    pub engine: OpenEngine,
    /// Runs the daemon.
    pub daemon: RunDaemon,
    /// Environment variables.
    pub environment: Environment,
    /// Version, commit and build time of the program.
    pub build: Build,
}

/// What the program was built from.
#[derive(Debug, Clone, Copy)]
pub struct Build {
    /// `0.1.0`.
    pub version: &'static str,
    /// Short commit, or empty.
    pub commit: &'static str,
    /// RFC 3339, or empty.
    pub time: &'static str,
}
