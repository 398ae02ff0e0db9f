//! The life of one container as a client of the API sees it, checked at every step: it writes a line that nobody else writes and ends with
//! a code, and both have to be told.

use std::cell::Cell;
use std::time::{Duration, Instant};

use corten_api_client::{Client, Demultiplexer, Error, LogsQuery, RemoveQuery, WaitCondition};
use corten_api_types::container::{Config, CreateRequest, HostConfig};

use crate::workshop::{IMAGE, PAYLOAD};

/// How long a client whose connection broke asks again.
const PATIENCE: Duration = Duration::from_secs(60);

const PAUSE: Duration = Duration::from_millis(20);

/// What one container is to do.
#[derive(Debug, Clone)]
pub(super) struct Life {
    pub(super) name: String,
    pub(super) network: &'static str,
    pub(super) exit_code: i64,
}

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answering {
    /// A daemon that stays: whatever it does not do is its fault.
    Always,
    /// A daemon that is killed: whoever has heard nothing asks again.
    NowAndThen,
    /// A daemon that stays, while what watches the containers may be killed: some end otherwise, but soon.
    Endangered,
}

impl Life {
    /// From create to remove.
    ///
    /// # Errors
    /// In words, what should not have been.
    pub(super) async fn live(&self, client: &Client, answering: Answering) -> Result<(), String> {
        if answering != Answering::Endangered {
            return self.live_undisturbed(client, answering).await;
        }
        let hung = |_| format!("{}: it has not ended after {} s", self.name, PATIENCE.as_secs());
        tokio::time::timeout(PATIENCE, self.live_undisturbed(client, answering)).await.map_err(hung)?
    }

    async fn live_undisturbed(&self, client: &Client, answering: Answering) -> Result<(), String> {
        let asking = Asking { client, life: self, answering };
        asking.create().await?;
        let starts = asking.start().await?;
        let (said, code) = match answering {
            Answering::Always | Answering::Endangered => {
                let said = asking.log(true).await?;
                (said, asking.wait().await?)
            }
            Answering::NowAndThen => {
                let code = asking.wait().await?;
                (asking.log(false).await?, code)
            }
        };
        // Who asked twice for a start may have got two, one after the other.
        let line = format!("{}\n", self.name);
        let is_whole = (1..=starts).any(|runs| said == line.repeat(runs));
        if !is_whole || code != self.exit_code {
            return Err(format!("{}: it ended with {code} and said `{}`", self.name, said.trim_end()));
        }
        asking.remove().await
    }

    /// Removes what is left of a life that went wrong.
    ///
    /// # Errors
    /// In words; not that it is gone already.
    pub(super) async fn clear_away(&self, client: &Client) -> Result<(), String> {
        let query = RemoveQuery { force: true, ..RemoveQuery::default() };
        let removed = tokio::time::timeout(PATIENCE, client.container_remove(&self.name, query)).await;
        match removed
            .map_err(|_| format!("{}: it is not removed after {} s", self.name, PATIENCE.as_secs()))?
        {
            Err(Error::Server { status, .. }) if status.as_u16() == 404 => Ok(()),
            removed => {
                removed.map_err(|error| format!("{}: remove: {}", self.name, corten_error::chain(&error)))
            }
        }
    }

    fn request(&self) -> CreateRequest {
        let words = [PAYLOAD, "end", &self.name, &self.exit_code.to_string()].map(str::to_owned);
        CreateRequest {
            config: Config { image: IMAGE.to_owned(), cmd: Some(words.into()), ..Config::default() },
            host_config: Some(HostConfig { network_mode: self.network.to_owned(), ..HostConfig::default() }),
            ..CreateRequest::default()
        }
    }
}

struct Asking<'a> {
    client: &'a Client,
    life: &'a Life,
    answering: Answering,
}

impl Asking<'_> {
    async fn create(&self) -> Result<(), String> {
        let request = self.life.request();
        // Who asks again may have been heard the first time.
        self.ask("create", &[409], async || {
            self.client.container_create(&self.life.name, "", &request).await.map(drop)
        })
        .await
        .map(drop)
    }

    /// How often it was asked for.
    async fn start(&self) -> Result<usize, String> {
        let starts = Cell::new(0);
        let start = async || {
            starts.set(starts.get() + 1);
            self.client.container_start(&self.life.name).await
        };
        self.ask("start", &[], start).await.map(|_| starts.get())
    }

    async fn wait(&self) -> Result<i64, String> {
        let wait = async || {
            let pending = self.client.container_wait(&self.life.name, WaitCondition::NotRunning).await?;
            pending.result().await
        };
        let result = self.ask("wait", &[], wait).await?;
        result.map(|result| result.status_code).ok_or_else(|| format!("{}: no exit code", self.life.name))
    }

    async fn log(&self, follow: bool) -> Result<String, String> {
        let said = self.ask("logs", &[], async || self.read_log(follow).await).await?;
        Ok(said.unwrap_or_default())
    }

    async fn read_log(&self, follow: bool) -> Result<String, Error> {
        let query = LogsQuery { follow, ..LogsQuery::default() };
        let mut stream = self.client.container_logs(&self.life.name, &query).await?;
        let (mut frames, mut said) = (Demultiplexer::default(), Vec::new());
        while let Some(bytes) = stream.next().await? {
            for frame in frames.push(&bytes) {
                said.extend_from_slice(frame?.1);
            }
        }
        Ok(String::from_utf8_lossy(&said).into_owned())
    }

    async fn remove(&self) -> Result<(), String> {
        let remove = async || self.client.container_remove(&self.life.name, RemoveQuery::default()).await;
        self.ask("remove", &[404], remove).await.map(drop)
    }

    /// Asks, and where the daemon may have been killed meanwhile, asks again; then `had` are the answers of one that had heard the first time, to
    /// which there is nothing to tell.
    async fn ask<T>(
        &self,
        what: &str,
        had: &[u16],
        request: impl AsyncFn() -> Result<T, Error>,
    ) -> Result<Option<T>, String> {
        let deadline = Instant::now() + PATIENCE;
        let mut again = false;
        loop {
            match request().await {
                Ok(answer) => return Ok(Some(answer)),
                Err(Error::Server { status, .. }) if again && had.contains(&status.as_u16()) => {
                    return Ok(None);
                }
                Err(Error::Server { status, message }) => {
                    return Err(format!("{}: {what}: {status}: {message}", self.life.name));
                }
                Err(error) if self.answering != Answering::NowAndThen || Instant::now() > deadline => {
                    return Err(format!("{}: {what}: {}", self.life.name, corten_error::chain(&error)));
                }
                Err(_) => {
                    again = true;
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}
