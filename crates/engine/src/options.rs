//! What an engine is opened with.

use std::path::PathBuf;
use std::sync::Arc;

use crate::budget::Warn;
use crate::embedded::EmbeddedImage;
use crate::home::MonitorProgram;
use crate::settings::Settings;

/// What an engine is opened with.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Where everything that lasts is kept.
    pub root: PathBuf,
    /// Where everything of this boot is kept.
    pub run_root: PathBuf,
    /// The small binary.
    pub monitor: MonitorProgram,
    /// Images that this program brings along.
    pub embedded_images: Vec<EmbeddedImage>,
    /// How to call this program again, to remove a `--rm` container whose client is gone; `None` = left to the next engine.
    pub reaper: Option<ReaperCommand>,
    /// What is configured.
    pub settings: Arc<dyn Settings>,
    /// Who hears what is no error.
    pub warn: Warn,
    /// Whether a container that is created here is likely to be started here, so that its start is worth preparing.
    pub starts_what_it_creates: bool,
}

/// A program and its first arguments; `system reap ID` is appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaperCommand {
    /// Its path.
    pub program: PathBuf,
    /// Its arguments: which root, which run directory.
    pub arguments: Vec<String>,
}
