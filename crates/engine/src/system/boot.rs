//! Starting what should run: after a boot of the machine, and when a daemon starts, as Docker's does.
//!
//! What a container needs may come later than this: an address, a mount, another container. So what fails is tried again for a while.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::System;
use crate::containers::restart::{awaited, runs_after_boot};
use crate::containers::{Container, Containers, Inner, Reservation, ran_in_this_boot};
use crate::error::EngineError;
use crate::task::blocking;

/// Between two tries of one container: first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long somebody else may take to write down that a container ended with the machine.
const BURIAL_PATIENCE: Duration = Duration::from_secs(30);

/// What became of the containers that should run.
#[derive(Debug, Default)]
pub struct Booted {
    /// The names of those that were started.
    pub started: Vec<String>,
    /// The names of those that could not be started in time, each with the last reason.
    pub failed: Vec<(String, EngineError)>,
}

/// A container to start.
#[derive(Debug)]
struct Wanted {
    container: Container,
    /// The ids of those that it needs.
    needs: Vec<String>,
}

impl System {
    /// Starts the containers that their restart policies want to run, those first that others need, and tries for `patience` what fails.
    /// Containers for a single run that the machine's end has left go.
    ///
    /// # Errors
    /// When the containers cannot be listed.
    pub async fn boot(&self, patience: Duration) -> Result<Booted, EngineError> {
        let until = Instant::now() + patience;
        let inner = self.containers.inner.clone();
        let wanted = blocking(move || {
            // What resists is told by `system settle`, and keeps nothing from being started.
            let _ = inner.finish_removals();
            inner.wanted_after_boot()
        })
        .await?;
        let needs: Vec<_> =
            wanted.iter().map(|wanted| (wanted.container.id.to_string(), wanted.needs.clone())).collect();
        let (settled, settlings): (Vec<_>, Vec<_>) = wanted.iter().map(|_| watch::channel(false)).unzip();
        let mut starts = JoinSet::new();
        for ((wanted, awaited), settled) in wanted.into_iter().zip(awaited(&needs)).zip(settled) {
            let before = awaited.into_iter().map(|position| settlings[position].clone()).collect();
            starts.spawn(start_in_turn(self.containers.clone(), wanted.container, before, settled, until));
        }
        let mut booted = Booted::default();
        while let Some(ended) = starts.join_next().await {
            match ended {
                Ok((name, Ok(()))) => booted.started.push(name),
                Ok((name, Err(error))) => booted.failed.push((name, error)),
                // It was cancelled with the runtime, or has panicked, which has been told.
                Err(_) => {}
            }
        }
        Ok(booted)
    }
}

/// Starts one container after those that it needs, whatever has become of them.
async fn start_in_turn(
    containers: Containers,
    container: Container,
    before: Vec<watch::Receiver<bool>>,
    settled: watch::Sender<bool>,
    until: Instant,
) -> (String, Result<(), EngineError>) {
    for mut other in before {
        // One whose sender is gone will not run.
        let _ = other.wait_for(|settled| *settled).await;
    }
    let started = start_patiently(&containers, container.id.as_str(), until).await;
    let _ = settled.send(true);
    (container.name, started)
}

async fn start_patiently(containers: &Containers, id: &str, until: Instant) -> Result<(), EngineError> {
    let mut pause = FIRST_PAUSE;
    loop {
        let Err(error) = containers.start(id).await else { return Ok(()) };
        if !error.may_pass() || Instant::now() + pause > until {
            return Err(error);
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

impl Inner {
    fn wanted_after_boot(&self) -> Result<Vec<Wanted>, EngineError> {
        let mut wanted = Vec::new();
        for container in self.everything()? {
            self.nudge(&container);
            let container = self.buried(container)?;
            if !container.is_up() && runs_after_boot(container.config.host.restart, &container.state) {
                wanted.push(Wanted { needs: self.needed_by(&container)?, container });
            }
        }
        Ok(wanted)
    }

    /// A container of an earlier boot that seems to run is being buried by somebody at this moment.
    fn buried(&self, container: Container) -> Result<Container, EngineError> {
        if !container.state.is_running() || ran_in_this_boot(&container) {
            return Ok(container);
        }
        match self.reserve(&container.id, BURIAL_PATIENCE)? {
            Reservation::Granted(_, container) | Reservation::Running(container) => Ok(*container),
        }
    }

    /// The containers that have to run before this one can be started.
    fn needed_by(&self, container: &Container) -> Result<Vec<String>, EngineError> {
        let host = &container.config.host;
        let modes = [&host.network_mode, &host.pid_mode, &host.ipc_mode];
        let mut needed = Vec::new();
        for name in modes.into_iter().filter_map(|mode| mode.strip_prefix("container:")) {
            // Of one that is gone, the start tells.
            needed.extend(self.find(name).ok().map(|found| found.id.to_string()));
        }
        needed.extend(
            self.store.read(|tx| tx.links_of(container.id.as_str()))?.into_iter().map(|link| link.linked_id),
        );
        Ok(needed)
    }
}
