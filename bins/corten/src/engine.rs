//! What every engine of this program is opened with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use corten_daemon::configuration::{Document, FileSettings};
use corten_engine::{EmbeddedImage, EngineOptions, MakeAhead, MonitorProgram, ReaperCommand};

use crate::embedded::{HELLO_IMAGE, MONITOR, MONITOR_HASH};

/// Where an engine of root's keeps things.
pub(crate) const ROOT: &str = "/var/lib/corten";

/// Where it keeps things of this boot.
const RUN_ROOT: &str = "/run/corten";

/// The small binary.
pub(crate) const MONITOR_PROGRAM: MonitorProgram = MonitorProgram { bytes: MONITOR, hash: MONITOR_HASH };

/// An engine in the directories that the command line names, else the configuration, else the usual ones.
pub(crate) fn options(
    named: corten_cli::EngineOptions,
    configured: &Document,
    settings: FileSettings,
) -> EngineOptions {
    let choose = |named: Option<PathBuf>, configured: &Option<PathBuf>, usual: &str| {
        named.or_else(|| configured.clone()).unwrap_or_else(|| PathBuf::from(usual))
    };
    let root = choose(named.root, &configured.data_root, ROOT);
    let run_root = choose(named.run_root, &configured.exec_root, RUN_ROOT);
    EngineOptions {
        monitor: MONITOR_PROGRAM,
        embedded_images: vec![EmbeddedImage { name: "hello", archive: HELLO_IMAGE }],
        reaper: reaper(&root, &run_root),
        settings: Arc::new(settings),
        warn: |text| eprintln!("WARNING: {text}"),
        root,
        run_root,
        ahead: if named.starts_what_it_creates { MakeAhead::WhileCreating } else { MakeAhead::Never },
    }
}

/// How a monitor calls this program again. Without a path to it (no `/proc`), the next command removes what was left.
fn reaper(root: &Path, run_root: &Path) -> Option<ReaperCommand> {
    let program = std::env::current_exe().ok()?;
    let arguments = [("--root", root), ("--run-root", run_root)];
    let arguments =
        arguments.into_iter().flat_map(|(flag, path)| [flag.to_owned(), path.display().to_string()]);
    Some(ReaperCommand { program, arguments: arguments.collect() })
}
