//! Starting a container: its root file system is reserved, its launch planned, a monitor started and listened to.

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use corten_journal::FileLock;
use corten_monitor::client::{Connection, Holdings, launch};
use corten_monitor::protocol::{Attach, Paths, Reaper, Reply, Start, Streams};

use super::device_requests::named_devices;
use super::foreign;
use super::launch_plan::{self, Edits, Facts};
use super::links;
use super::log_plan;
use super::network::Sandbox;
use super::prepare::{block_devices, host_devices, prepare_bind_sources};
use super::record::Container;
use super::reserve::{LAST_RUN_PATIENCE, Reservation};
use super::restart::may_come_back;
use super::{Containers, Inner};
use crate::clock::now;
use crate::error::EngineError;
use crate::start_failure;
use crate::task::blocking;

/// How long a monitor may take to start a container. Generous: a slow disk under load, not a protocol round.
const START_PATIENCE: Duration = Duration::from_secs(60);

/// Why a container is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Somebody asked for it.
    Asked,
    /// Its restart policy brings it back.
    Policy,
}

/// What came of a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartOutcome {
    /// It runs now.
    Started,
    /// It ran already.
    AlreadyRunning,
}

impl Containers {
    /// Starts a container.
    ///
    /// # Errors
    /// Not found; [`EngineError::StartFailed`] when its process cannot be run; whatever the preparation failed at.
    pub async fn start(&self, reference: &str) -> Result<StartOutcome, EngineError> {
        let (inner, wanted) = (self.inner.clone(), reference.to_owned());
        let started = match blocking(move || inner.start(&wanted)).await {
            Err(error) => return Err(self.give_up(reference, error).await),
            Ok(started) => started,
        };
        let Some((container, connection)) = started else { return Ok(StartOutcome::AlreadyRunning) };
        self.inner.replace_recruits();
        self.inner.replace_sandbox(&container);
        // Its monitor has written the start down before it told us.
        self.inner.events.look();
        self.supervise(container, connection)?;
        Ok(StartOutcome::Started)
    }

    /// A `--rm` container that could not be started goes like one that ended, whatever it failed at: somebody may be waiting for its
    /// removal. The failure to start is what is reported.
    async fn give_up(&self, reference: &str, error: EngineError) -> EngineError {
        let (inner, reference) = (self.inner.clone(), reference.to_owned());
        // What cannot be removed now is removed by the next engine or by `system settle`.
        let _ = blocking(move || inner.remove_unstarted(&reference, LAST_RUN_PATIENCE)).await;
        error
    }
}

impl Inner {
    fn start(&self, reference: &str) -> Result<Option<(Container, Connection)>, EngineError> {
        let found = self.find(reference)?;
        refuse_unfit(&found)?;
        if found.is_up() {
            return Ok(None);
        }
        match self.reserve(&found.id, LAST_RUN_PATIENCE)? {
            Reservation::Running(_) => Ok(None),
            Reservation::Granted(lock, container) => {
                let connection = self.start_reserved(&container, lock, Cause::Asked)?;
                Ok(Some((*container, connection)))
            }
        }
    }

    /// Starts a container whose lock the caller holds.
    pub(super) fn start_reserved(
        &self,
        container: &Container,
        lock: FileLock,
        cause: Cause,
    ) -> Result<Connection, EngineError> {
        refuse_unfit(container)?;
        // The failure to start is what is told; a lease that stays is given back by the next start, or by `system settle`.
        self.launch(container, lock, cause).inspect_err(|_| {
            drop(self.release_network_of_ended(container));
            drop(self.tell_of_disconnection(container, now()));
            drop(self.tell_of_unmounts(container, now()));
            drop(self.settle_mounted_volumes());
        })
    }

    fn take_early_clients(&self, container: &Container) -> Vec<(Attach, OwnedFd)> {
        let mut early = self.early_clients.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        early.remove(&container.id).unwrap_or_default()
    }

    fn launch(&self, container: &Container, lock: FileLock, cause: Cause) -> Result<Connection, EngineError> {
        let clients = self.take_early_clients(container);
        let revived = cause == Cause::Policy;
        let noted = |error: &EngineError| self.note_failed_start(container, error, revived);
        let mut sandbox = self.connect_to_network(container).inspect_err(noted)?;
        let start = self.plan_start(container, sandbox.as_ref(), cause).inspect_err(noted)?;
        let network = sandbox.as_mut().and_then(|sandbox| sandbox.namespace.take());
        let holdings = Holdings { lock, network };
        self.tell_of_connection(container, start.network.as_ref())?;
        self.tell_of_mounts(container)?;
        let launched = launch(self.recruit(), &start, holdings, clients);
        let mut connection = launched.map_err(EngineError::from).inspect_err(noted)?;
        let mut reply = connection.reply(Instant::now() + START_PATIENCE)?;
        if let (Reply::NetworkDue { pid }, Some(sandbox)) = (&reply, &sandbox) {
            self.connect_late(*pid, sandbox).inspect_err(noted)?;
            connection.network_is_ready()?;
            reply = connection.reply(Instant::now() + START_PATIENCE)?;
        }
        match reply {
            Reply::Started { .. } => {
                if cause == Cause::Asked {
                    self.promise_return(container)?;
                }
                if let Some(sandbox) = sandbox {
                    self.hold_ports(container, sandbox)?;
                }
                Ok(connection)
            }
            Reply::StartFailed { exit_code, message } => {
                Err(EngineError::StartFailed { exit_code, message: start_failure::of_container(&message) })
            }
            other => Err(EngineError::Invalid(format!(
                "the monitor of container {} answered a start with {other:?}",
                container.id
            ))),
        }
    }

    /// Everything the monitor is told, and the files that the container finds mounted.
    fn plan_start(
        &self,
        container: &Container,
        sandbox: Option<&Sandbox>,
        cause: Cause,
    ) -> Result<Start, EngineError> {
        let files = corten_snapshots::ContainerFiles::prepare(self.home.root(), &container.id)?;
        self.limit_storage(container)?;
        self.await_visitors(container, LAST_RUN_PATIENCE)?;
        if !container.config.host.volume_points.is_empty() {
            self.fill_volumes(container)?;
        }
        prepare_bind_sources(&container.config.host)?;
        let links = self.linked(container)?;
        let run_files = self.write_run_files(container, sandbox, &links::host_names(&links)?)?;
        if let Some(sandbox) = sandbox {
            self.tell_links_to(container, &sandbox.addresses)?;
        }
        let seccomp = self.seccomp_source(&container.config.host)?;
        let foreign = self.foreign(container)?;
        let named = named_devices(&container.config.host.device_requests)?;
        let mut devices = host_devices(&container.config.host)?;
        devices.extend(named.devices);
        let facts = Facts {
            container,
            layers: self.layer_paths(container)?,
            files: &files,
            run_files: &run_files,
            volumes: self.volume_sources(container)?,
            seccomp,
            cgroup_path: self.cgroup_path(container),
            joined: self.joined_containers(container)?,
            awaits_network: sandbox.is_some_and(|sandbox| sandbox.namespace.is_none()),
            devices,
            edits: Edits { env: named.env, mounts: named.mounts, groups: named.groups, hooks: named.hooks },
            linked: links::environment(&links),
            block_devices: block_devices(&container.config.host.resources.block_io)?,
            possible_cpus: crate::host::possible_cpus(),
            bundle: self.home.bundle(&container.id),
            filter: foreign::seccomp(&container.config.host, foreign.is_some())?,
            foreign: foreign.is_some(),
        };
        let streams = container.config.streams;
        Ok(Start {
            launch: launch_plan::plan(&facts)?,
            streams: Streams {
                tty: streams.tty,
                open_stdin: streams.open_stdin,
                stdin_once: streams.stdin_once,
                size: streams.console_size,
            },
            paths: Paths {
                root: self.home.root().to_owned(),
                container: self.home.container(&container.id),
                run: self.home.run_directory(&container.id),
            },
            log: log_plan::plan(container)?,
            event_attributes: self.event_attributes(container),
            volumes: container.config.host.volume_points.iter().map(|point| point.name.clone()).collect(),
            network: self.network_of(container)?,
            monitor_cgroup: self.home.monitor_cgroup(),
            reaper: self.reaper_of(container)?,
            health: self.health_plan(container, &facts.seccomp, &facts.linked)?,
            foreign,
            revived: cause == Cause::Policy,
        })
    }

    /// The layers that a container stands on, topmost first.
    pub(crate) fn layer_paths(&self, container: &Container) -> Result<Vec<PathBuf>, EngineError> {
        let layers = self.store.read(|tx| tx.layers_of_container(container.id.as_str()))?;
        Ok(layers.iter().rev().map(|layer| self.images.layer_path(&layer.id)).collect())
    }

    /// What is called after the container's end; `None` where there is nothing to do then.
    pub(super) fn reaper_of(&self, container: &Container) -> Result<Option<Reaper>, EngineError> {
        let host = &container.config.host;
        let owes = host.auto_remove
            || may_come_back(&container.config)
            || host.publish_all_ports
            || !host.port_bindings.is_empty()
            || self.has_mounted_volumes(container)?;
        Ok(if owes { self.call_of(container) } else { None })
    }
}

fn refuse_unfit(container: &Container) -> Result<(), EngineError> {
    if container.is_being_removed() {
        return Err(EngineError::Conflict(
            "container is marked for removal and cannot be started".to_owned(),
        ));
    }
    if container.state.paused {
        return Err(EngineError::Conflict("cannot start a paused container, try unpause instead".to_owned()));
    }
    Ok(())
}
