//! `POST /containers/{id}/attach`: the client's connection becomes the container's streams, after what they carried before if it
//! wants that, too.

use corten_engine::containers::{AttachRequest, Attached, Containers, LogQuery, LogStream};
use corten_engine::{Engine, LogSources};
use corten_spec::detach_keys::{DetachKeys, Detacher};
use tokio::io::AsyncWriteExt as _;

use super::logs;
use crate::failure::Failure;
use crate::hijack::{self, ByteStream, Detach};
use crate::query::Query;
use crate::request::Request;
use crate::respond::Answer;

pub(crate) async fn attach(engine: &Engine, id: &str, mut request: Request) -> Answer {
    let client = request.client();
    let visit = Visit::read(engine, id, &request.query)?;
    let container = visit.containers.attachable(id).await?;
    let log = match logs::streams(&request.query) {
        Ok(streams) if request.query.flag("logs") => Some(visit.log(streams, container.running).await?),
        _ => None,
    };
    // Whoever is to see the start has to be there when it is answered.
    let waiting = match visit.wants {
        Some(wants) if log.is_none() || !container.running => Some(visit.join(wants).await?),
        _ => None,
    };
    hijack::take_over(client, container.tty, |client| visit.carry(client, log, waiting)).await
}

/// A client at a container.
struct Visit {
    containers: Containers,
    id: String,
    keys: DetachKeys,
    /// What it wants of what comes; none: only what was.
    wants: Option<AttachRequest>,
}

impl Visit {
    fn read(engine: &Engine, id: &str, query: &Query) -> Result<Self, Failure> {
        let keys = query.text("detachKeys");
        let invalid = |_| Failure::invalid(format!("Invalid detach keys ({keys}) provided"));
        let wants = AttachRequest {
            stdin: query.flag("stdin"),
            stdout: query.flag("stdout"),
            stderr: query.flag("stderr"),
        };
        Ok(Self {
            containers: engine.containers.clone(),
            id: id.to_owned(),
            keys: keys.parse().map_err(invalid)?,
            wants: query.flag("stream").then_some(wants),
        })
    }

    async fn log(&self, streams: LogSources, running: bool) -> Result<LogStream, Failure> {
        // What comes while it is read is read, too, but not waited for.
        let query = LogQuery { streams, follow: running, ..LogQuery::default() };
        Ok(self.containers.logs(&self.id, query).await?)
    }

    async fn join(&self, wants: AttachRequest) -> Result<(Attached, Option<Detach>), Failure> {
        let attached = self.containers.attach(&self.id, wants).await?;
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
    async fn carry(
        self,
        mut client: ByteStream,
        mut log: Option<LogStream>,
        waiting: Option<(Attached, Option<Detach>)>,
    ) {
        if !self.replay(&mut log, &mut client).await {
            return;
        }
        let joined = match (waiting, self.wants) {
            (None, Some(wants)) if self.still_runs().await => self.join(wants).await.ok(),
            (waiting, _) => waiting,
        };
        if !self.replay(&mut log, &mut client).await {
            return;
        }
        drop(log);
        match joined {
            Some((attached, detach)) => hijack::join(client, attached.stream, detach).await,
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
