//! The life of a daemon: it gets ready, serves, and stops.

use std::io;
use std::path::PathBuf;

use corten_engine::{Engine, EngineOptions};
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::configuration::Configuration;
use crate::error::DaemonError;
use crate::listen::{self, Address};
use crate::notify::{self, READY, STOPPING};
use crate::pid_file::PidFile;
use crate::serve::serve;

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
    pub log: fn(&str),
}

/// Runs it until it is told to stop (SIGTERM, SIGINT), which is no error.
///
/// # Errors
/// What keeps it from serving.
pub fn run(daemon: Daemon) -> Result<(), DaemonError> {
    raise_descriptors()?;
    let _pid_file = daemon.configuration.document.pidfile.as_deref().map(PidFile::write).transpose()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|source| DaemonError::Process { operation: "start the daemon's threads", source })?;
    let served = runtime.block_on(live(daemon));
    // Reads of streams that have been cut may still be under way on other threads.
    runtime.shutdown_background();
    served
}

async fn live(daemon: Daemon) -> Result<(), DaemonError> {
    let Daemon { configuration, default_socket, engine, reload, log } = daemon;
    let addresses = addresses(&configuration, default_socket)?;
    let signals = Signals::new()?;
    let engine = Engine::open(engine).map_err(DaemonError::Engine)?;
    let listeners = listen::listen(&addresses, &configuration.document).await?;
    for address in &addresses {
        log(&format!("API listen on {address}"));
    }
    let (stop, stopping) = watch::channel(false);
    let serving = serve(listeners, &engine, stopping);
    tokio::pin!(serving);
    notify::tell(READY);
    tokio::select! {
        () = &mut serving => {}
        () = signals.obey(|| { log(&reloaded(&engine, &configuration, reload())); }) => {
            notify::tell(STOPPING);
            log("stopping; containers go on");
            let _ = stop.send(true);
            serving.await;
        }
    }
    for address in addresses {
        if let Address::Unix(path) = address {
            // The next daemon replaces what stays.
            let _ = std::fs::remove_file(path);
        }
    }
    Ok(())
}

fn addresses(configuration: &Configuration, default: PathBuf) -> Result<Vec<Address>, DaemonError> {
    let hosts = &configuration.document.hosts;
    if hosts.is_empty() {
        return Ok(vec![Address::Unix(default)]);
    }
    hosts.iter().map(|host| host.parse()).collect()
}

/// Takes up what has changed; returns what to say of it.
fn reloaded(engine: &Engine, before: &Configuration, after: Result<Configuration, String>) -> String {
    let after = match after {
        Ok(after) => after,
        Err(why) => return format!("the configuration stays as it was: {why}"),
    };
    engine.reload();
    let fixed = |configuration: &Configuration| {
        let mut document = configuration.document.clone();
        document.registry_mirrors.clear();
        document.insecure_registries.clear();
        document.mirrors.clear();
        document.storage_budget.clear();
        document.storage_opts.clear();
        document
    };
    if fixed(before) == fixed(&after) {
        return "configuration reloaded".to_owned();
    }
    "configuration reloaded; what has changed of sockets, directories and TLS needs a restart of the daemon"
        .to_owned()
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
