//! The life of a daemon: it gets ready, serves, and stops.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use corten_api_server::Server;
use corten_engine::{Engine, EngineOptions};
use log::{LevelFilter, error, info, warn};
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::boot::start_what_should_run;
use crate::collect;
use crate::configuration::{Configuration, Document};
use crate::error::DaemonError;
use crate::listen::{self, Address};
use crate::logging;
use crate::metrics::Metrics;
use crate::notify::{self, READY, STOPPING};
use crate::observer::Watch;
use crate::pid_file::PidFile;
use crate::rest::IDLE_THREADS;
use crate::serve::serve;
use crate::upgrade::take_over;

/// Of the memory allocator: most of its many threads wait for something else.
const HEAPS: u8 = 4;

/// A daemon that is about to run.
pub struct Daemon {
    /// What is configured.
    pub configuration: Configuration,
    /// Where it listens if nothing is configured.
    pub default_socket: PathBuf,
    /// What its engine is opened with.
    pub engine: EngineOptions,
    /// Reads the configuration again; the error is a line for the log.
    pub reload: Box<dyn Fn() -> Result<Configuration, String> + Send>,
    /// Writes a line of the log.
    pub write_log: fn(&str),
}

/// Runs it until it is told to stop (SIGTERM, SIGINT), which is no error.
///
/// # Errors
/// What keeps it from serving.
pub fn run(daemon: Daemon) -> Result<(), DaemonError> {
    raise_descriptors()?;
    corten_sys::memory::share_heaps(HEAPS);
    let _pid_file = daemon.configuration.document.pidfile.as_deref().map(PidFile::write).transpose()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_keep_alive(IDLE_THREADS)
        .build()
        .map_err(|source| DaemonError::Process { operation: "start the daemon's threads", source })?;
    let served = runtime.block_on(live(daemon));
    // Reads of streams that have been cut may still be under way on other threads.
    runtime.shutdown_background();
    served
}

async fn live(daemon: Daemon) -> Result<(), DaemonError> {
    let Daemon { configuration, default_socket, engine, reload, write_log } = daemon;
    let document = &configuration.document;
    let format = logging::format(&document.log_format).unwrap_or(logging::Format::Text);
    logging::start(format, level(document), write_log);
    let addresses = addresses(&configuration, default_socket)?;
    let signals = Signals::new()?;
    let engine = Engine::open(engine).map_err(DaemonError::Engine)?;
    let metrics = Metrics::listen(&document.metrics_addr).await?;
    let watch = Arc::new(Watch::new(metrics.as_ref().map(Metrics::requests)));
    watch.set_debugging(document.debug == Some(true));
    let listeners = listen::listen(&addresses, document).await?;
    if let Some(metrics) = metrics {
        info!("metrics API listening on {}", metrics.address());
        tokio::spawn(metrics.serve(engine.clone()));
    }
    info!("Daemon has completed initialization");
    for address in &addresses {
        info!("API listen on {}", address.place());
    }
    let (stop, stopping) = watch::channel(false);
    let server = Arc::new(Server::new(engine.clone(), watch.clone()));
    let serving = serve(listeners, &server, stopping);
    tokio::pin!(serving);
    notify::tell(READY);
    tokio::spawn(take_over(engine.clone()));
    tokio::spawn(start_what_should_run(engine.clone()));
    tokio::spawn(collect::now_and_then(engine.clone()));
    tokio::select! {
        () = &mut serving => remove_sockets(&addresses),
        () = signals.obey(|| reloaded(&engine, &watch, &configuration, reload())) => {
            notify::tell(STOPPING);
            info!("stopping; containers go on");
            // While nobody else can listen there: what is there later is the next daemon's.
            remove_sockets(&addresses);
            let _ = stop.send(true);
            serving.await;
        }
    }
    Ok(())
}

fn remove_sockets(addresses: &[Address]) {
    for address in addresses {
        if let Address::Unix(path) = address {
            // The next daemon replaces what stays.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// From which level on something is logged.
fn level(document: &Document) -> LevelFilter {
    match document.debug {
        Some(true) => LevelFilter::Debug,
        _ => logging::level(&document.log_level).unwrap_or(LevelFilter::Info),
    }
}

fn addresses(configuration: &Configuration, default: PathBuf) -> Result<Vec<Address>, DaemonError> {
    let hosts = &configuration.document.hosts;
    if hosts.is_empty() {
        return Ok(vec![Address::Unix(default)]);
    }
    hosts.iter().map(|host| host.parse()).collect()
}

/// Takes up what has changed, and says so.
fn reloaded(engine: &Engine, watch: &Watch, before: &Configuration, after: Result<Configuration, String>) {
    let after = match after {
        Ok(after) => after.document,
        Err(why) => return error!("Error reloading configuration: {why}; it stays as it was"),
    };
    engine.reload();
    // A file that no longer says it leaves it as it is, as with Docker.
    if let Some(is_debugging) = after.debug {
        logging::set_level(level(&after));
        watch.set_debugging(is_debugging);
    }
    info!("Reloaded configuration");
    if fixed(&before.document) != fixed(&after) {
        warn!(
            "what has changed of sockets, directories, TLS, metrics and the form of the log needs a restart of the daemon"
        );
    }
}

/// What holds until the daemon ends.
fn fixed(document: &Document) -> Document {
    Document {
        debug: None,
        registry_mirrors: Vec::new(),
        insecure_registries: Vec::new(),
        mirrors: BTreeMap::new(),
        storage_budget: String::new(),
        storage_opts: Vec::new(),
        ..document.clone()
    }
}

/// Signals, from before anything is served.
struct Signals {
    reload: Signal,
    stop: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> Result<Self, DaemonError> {
        let listen = |kind| {
            signal(kind).map_err(|source| DaemonError::Process { operation: "listen to signals", source })
        };
        Ok(Self {
            reload: listen(SignalKind::hangup())?,
            stop: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    /// Returns when the daemon is to stop.
    async fn obey(mut self, mut reload: impl FnMut()) {
        loop {
            tokio::select! {
                _ = self.reload.recv() => reload(),
                _ = self.stop.recv() => return,
                _ = self.interrupt.recv() => return,
            }
        }
    }
}

/// Every client, follower and attached stream takes some.
fn raise_descriptors() -> Result<(), DaemonError> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let raised = setrlimit(Resource::Nofile, limit).map_err(io::Error::from);
    raised.map_err(|source| DaemonError::Process { operation: "raise the limit of open files", source })
}
