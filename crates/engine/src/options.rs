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
    /// What it makes before that is asked for.
    pub ahead: MakeAhead,
}

/// When an engine makes what the next start will want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MakeAhead {
    /// Never: it creates what others start.
    Never,
    /// While it creates, for it starts what it creates.
    WhileCreating,
    /// After every start as well, for it stays for the next.
    AfterStarts,
}

/// A program and its first arguments; `system reap ID` is appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaperCommand {
    /// Its path.
    pub program: PathBuf,
    /// Its arguments: which root, which run directory.
    pub arguments: Vec<String>,
}
