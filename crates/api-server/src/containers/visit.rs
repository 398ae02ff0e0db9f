//! A client at a container's streams: what they carried before, if it wants that, and then what they carry.

use corten_engine::containers::{AttachRequest, Attachable, Attached, Containers, LogQuery, LogStream};
use corten_engine::{Engine, LogSources};
use corten_spec::detach_keys::{DetachKeys, Detacher};
use tokio::io::AsyncWriteExt as _;

use super::logs;
use crate::failure::Failure;
use crate::hijack::{self, ByteStream, Detach, EndOfInput};
use crate::query::Query;

/// A client at a container.
pub(super) struct Visit {
    containers: Containers,
    id: String,
    keys: DetachKeys,
    wants: AttachRequest,
    /// Whether it wants what comes.
    stream: bool,
    /// Whether it wants what was.
    logs: bool,
}

/// What was got for a client before it is answered.
pub(super) struct Ready {
    log: Option<LogStream>,
    waiting: Option<(Attached, Option<Detach>)>,
}

impl Visit {
    /// The client as its query tells, that wants these of the streams.
    pub(super) fn read(
        engine: &Engine,
        id: &str,
        query: &Query,
        wants: AttachRequest,
    ) -> Result<Self, Failure> {
        let keys = query.text("detachKeys");
        let invalid = |_| Failure::invalid(format!("Invalid detach keys ({keys}) provided"));
        Ok(Self {
            containers: engine.containers.clone(),
            id: id.to_owned(),
            keys: keys.parse().map_err(invalid)?,
            wants,
            stream: query.flag("stream"),
            logs: query.flag("logs"),
        })
    }

    /// Whether what the client sends goes anywhere.
    pub(super) fn sends(&self) -> bool {
        self.stream && self.wants.stdin
    }

    /// The container as it is.
    pub(super) async fn look(&self) -> Result<Attachable, Failure> {
        Ok(self.containers.attachable(&self.id).await?)
    }

    /// Gets what has to be there before the client is answered.
    pub(super) async fn prepare(&self, container: &Attachable) -> Result<Ready, Failure> {
        let log = match logs::sources(self.wants.stdout, self.wants.stderr) {
            Ok(streams) if self.logs => Some(self.log(streams, container.running).await?),
            _ => None,
        };
        // Whoever is to see the start has to be there when it is answered.
        let joins_now = self.stream && (log.is_none() || !container.running);
        let waiting = if joins_now { Some(self.join().await?) } else { None };
        Ok(Ready { log, waiting })
    }

    async fn log(&self, streams: LogSources, running: bool) -> Result<LogStream, Failure> {
        // What comes while it is read is read, too, but not waited for.
        let query = LogQuery { streams, follow: running, ..LogQuery::default() };
        Ok(self.containers.logs(&self.id, query).await?)
    }

    async fn join(&self) -> Result<(Attached, Option<Detach>), Failure> {
        let attached = self.containers.attach(&self.id, self.wants).await?;
        let (containers, name) = (self.containers.clone(), self.id.clone());
        // Only at a terminal are keys typed; elsewhere every byte is the program's.
        let detach = attached.tty.then(|| Detach {
            keys: Detacher::new(self.keys.clone()),
            then: Box::pin(async move { containers.detached(&name).await }),
        });
        Ok((attached, detach))
    }

    /// Carries what was, then what comes. A client of a container that runs joins it only when it has read the log, so that it does
    /// not hold the container back meanwhile; the log is read once more then. What is written just between is sent twice
    /// rather than not at all.
    pub(super) async fn carry(self, mut client: ByteStream, ready: Ready, end: EndOfInput) {
        let Ready { mut log, waiting } = ready;
        if !self.replay(&mut log, &mut client).await {
            return;
        }
        let joined = match waiting {
            None if self.stream && self.still_runs().await => self.join().await.ok(),
            waiting => waiting,
        };
        if !self.replay(&mut log, &mut client).await {
            return;
        }
        drop(log);
        match joined {
            Some((attached, detach)) => hijack::join(client, attached.stream, detach, end).await,
            // A client that is gone need not be told.
            None => drop(client.shutdown().await),
        }
    }

    /// Sends what the log has that was not sent yet; false when the client is gone, or the log cannot be read.
    async fn replay(&self, log: &mut Option<LogStream>, client: &mut ByteStream) -> bool {
        match log {
            Some(log) => logs::replay(log, client).await.is_ok(),
            None => true,
        }
    }

    async fn still_runs(&self) -> bool {
        self.containers.attachable(&self.id).await.is_ok_and(|container| container.running)
    }
}
