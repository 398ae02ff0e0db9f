//! Clients that let one container after the other live.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use corten_api_client::Client;
use tokio::task::{JoinSet, LocalSet};

use super::life::{Answering, Life};
use crate::error::{Error, Result};

pub(super) const CLIENTS: u64 = 200;

/// Containers end with a code below this.
const EXIT_CODES: u64 = 100;

/// So many failures say enough.
const SHOWN: usize = 20;

/// The clients and what they have done.
pub(super) struct Load {
    run: &'static str,
    answering: Answering,
    client: Client,
    progress: Arc<Progress>,
}

#[derive(Default)]
struct Progress {
    /// Begun in all: numbers make names that were never used before.
    begun: AtomicU64,
    lived: AtomicU64,
    /// What the lives that went wrong said, where that may be.
    failures: Mutex<Vec<String>>,
    /// No new lives are begun.
    over: AtomicBool,
}

impl Load {
    pub(super) fn new(run: &'static str, answering: Answering, client: Client) -> Load {
        Load { run, answering, client, progress: Arc::default() }
    }

    /// How many lives went wrong, where that may be.
    pub(super) fn failed(&self) -> usize {
        self.progress.failures.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// What some of them said, if there are more than `allowed`.
    pub(super) fn failures_beyond(&self, allowed: u64) -> Option<String> {
        let failures = self.progress.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let said = || failures.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join("\n");
        (failures.len() as u64 > allowed)
            .then(|| format!("{} containers went wrong, with {allowed} kills:\n{}", failures.len(), said()))
    }

    /// New lives are begun again.
    pub(super) fn resume(&self) {
        self.progress.over.store(false, Ordering::Relaxed);
    }

    /// No new lives are begun.
    pub(super) fn stop(&self) {
        self.progress.over.store(true, Ordering::Relaxed);
    }

    /// Whether no new lives are begun.
    pub(super) fn over(&self) -> &AtomicBool {
        &self.progress.over
    }

    /// For so long; lives that have begun are lived to their end.
    pub(super) fn work(&self, duration: Duration) -> Result<()> {
        self.resume();
        thread::scope(|scope| {
            let working = scope.spawn(|| self.work_on());
            let deadline = Instant::now() + duration;
            while Instant::now() < deadline && !working.is_finished() {
                thread::sleep(Duration::from_millis(100));
            }
            self.stop();
            working.join().unwrap_or_else(|_| Err(self.found("the clients panicked".to_owned())))
        })
    }

    /// Until it is over, or something is wrong.
    pub(super) fn work_on(&self) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| self.found(error.to_string()))?;
        let worked = LocalSet::new().block_on(&runtime, async {
            let mut clients = JoinSet::new();
            for _ in 0..CLIENTS {
                clients.spawn_local(live_on(self.client.clone(), self.answering, self.progress.clone()));
            }
            while let Some(ended) = clients.join_next().await {
                ended.map_err(|error| error.to_string()).flatten()?;
            }
            Ok(())
        });
        self.stop();
        worked.map_err(|text| self.found(text))
    }

    pub(super) fn lived(&self) -> u64 {
        self.progress.lived.load(Ordering::Relaxed)
    }

    fn found(&self, finding: String) -> Error {
        Error::Soak { run: self.run, finding }
    }
}

/// One client.
async fn live_on(
    client: Client,
    answering: Answering,
    progress: Arc<Progress>,
) -> std::result::Result<(), String> {
    while !progress.over.load(Ordering::Relaxed) {
        let number = progress.begun.fetch_add(1, Ordering::Relaxed);
        let network = if number.is_multiple_of(2) { "none" } else { "bridge" };
        let exit_code = i64::try_from(number % EXIT_CODES).unwrap_or_default();
        let life = Life { name: format!("life-{number}"), network, exit_code };
        match life.live(&client, answering).await {
            Err(failure) if answering == Answering::Endangered => {
                life.clear_away(&client).await?;
                progress.failures.lock().unwrap_or_else(PoisonError::into_inner).push(failure);
            }
            lived => {
                lived?;
                progress.lived.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
    Ok(())
}
