//! The engine of a run behind a socket: a daemon that clients speak to, that may be killed and started again.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use corten_api_client::{Client, UnixSocket};
use rustix::process::{Pid, Signal, kill_process};

use crate::error::Result;
use crate::soak::engine::Engine;

/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

const INTERVAL: Duration = Duration::from_millis(5);

/// See the module.
pub(super) struct Served<'a> {
    engine: &'a Engine,
    process: Child,
}

/// What a daemon takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken {
    /// Proportional, in kB.
    pub(super) memory: u64,
    pub(super) descriptors: usize,
    pub(super) threads: usize,
}

impl<'a> Served<'a> {
    /// Starts it, and returns when it answers.
    pub(super) fn start(engine: &'a Engine) -> Result<Served<'a>> {
        let mut command = engine.corten().command(&["daemon"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().map_err(|error| engine.found(format!("corten daemon: {error}")))?;
        let mut served = Served { engine, process };
        let deadline = Instant::now() + PATIENCE;
        while UnixStream::connect(served.socket()).is_err() {
            if !matches!(served.process.try_wait(), Ok(None)) || Instant::now() > deadline {
                return Err(engine.found("the daemon does not answer"));
            }
            thread::sleep(INTERVAL);
        }
        Ok(served)
    }

    pub(super) fn client(&self) -> Client {
        Client::new(Arc::new(UnixSocket::new(self.socket())))
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.engine.corten().root().run().join("corten.sock")
    }

    pub(super) fn taken(&self) -> Taken {
        let place = PathBuf::from(format!("/proc/{}", self.process.id()));
        let count = |name: &str| fs::read_dir(place.join(name)).into_iter().flatten().count();
        let rollup = fs::read_to_string(place.join("smaps_rollup")).unwrap_or_default();
        let pss = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
        let memory = pss.and_then(|pss| pss.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or_default();
        Taken { memory, descriptors: count("fd"), threads: count("task") }
    }

    /// Kills it where it stands.
    pub(super) fn kill(&mut self) {
        self.end(Signal::KILL);
    }

    fn end(&mut self, signal: Signal) {
        if let Some(pid) = Pid::from_raw(self.process.id().cast_signed()) {
            // It may have ended by itself.
            let _ = kill_process(pid, signal);
        }
        let _ = self.process.wait();
    }
}

impl Drop for Served<'_> {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            self.end(Signal::TERM);
        }
    }
}
