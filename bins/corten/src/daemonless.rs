//! The engine inside the command's own process, reached over in-memory streams: the same API as over a socket.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use corten_api_client::{Connecting, Connector, Stream};
use corten_engine::{EmbeddedImage, Engine, EngineOptions, MonitorProgram, ReaperCommand};

use crate::embedded::{HELLO_IMAGE, MONITOR, MONITOR_HASH};

/// Where an engine of root's keeps things.
pub(crate) const ROOT: &str = "/var/lib/corten";

/// Where it keeps things of this boot.
const RUN_ROOT: &str = "/run/corten";

/// Bytes that may be under way in each direction of a connection.
const BUFFER: usize = 256 * 1024;

/// The small binary.
pub(crate) const MONITOR_PROGRAM: MonitorProgram = MonitorProgram { bytes: MONITOR, hash: MONITOR_HASH };

struct Daemonless {
    engine: Engine,
    address: String,
}

impl Connector for Daemonless {
    fn connect(&self) -> Connecting<'_> {
        Box::pin(async {
            let (client, server) = tokio::io::duplex(BUFFER);
            // A connection that breaks off is the client's to notice: it is in this process.
            tokio::spawn(corten_api_server::serve(server, self.engine.clone()));
            Ok(Box::new(client) as Box<dyn Stream>)
        })
    }

    fn address(&self) -> &str {
        &self.address
    }
}

/// Opens the engine of a root.
pub(crate) fn open(options: corten_cli::EngineOptions) -> Result<Arc<dyn Connector>, String> {
    if !rustix::process::geteuid().is_root() {
        return Err("an engine without a daemon needs root for now: run this with sudo".to_owned());
    }
    let root = options.root.unwrap_or_else(|| PathBuf::from(ROOT));
    let run_root = options.run_root.unwrap_or_else(|| PathBuf::from(RUN_ROOT));
    let engine = Engine::open(EngineOptions {
        monitor: MONITOR_PROGRAM,
        embedded_images: vec![EmbeddedImage { name: "hello", archive: HELLO_IMAGE }],
        reaper: reaper(&root, &run_root),
        registries: crate::registries::settings,
        storage_budget: crate::registries::storage_budget,
        warn: |text| eprintln!("WARNING: {text}"),
        root: root.clone(),
        run_root,
        starts_what_it_creates: options.starts_what_it_creates,
    })
    .map_err(|error| corten_error::chain(&error))?;
    Ok(Arc::new(Daemonless { engine, address: format!("root://{}", root.display()) }))
}

/// How a monitor calls this program again. Without a path to it (no `/proc`), the next command removes what was left.
fn reaper(root: &Path, run_root: &Path) -> Option<ReaperCommand> {
    let program = std::env::current_exe().ok()?;
    let arguments = [("--root", root), ("--run-root", run_root)];
    let arguments =
        arguments.into_iter().flat_map(|(flag, path)| [flag.to_owned(), path.display().to_string()]);
    Some(ReaperCommand { program, arguments: arguments.collect() })
}
