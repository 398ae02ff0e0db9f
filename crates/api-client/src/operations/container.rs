//! Containers. Every operation fails with the engine's words, or when the engine cannot be reached.
#![allow(clippy::missing_errors_doc)] // Said once, above, for all of them.

use bytes::Bytes;
use corten_api_types::Filters;
use corten_api_types::container::{
    CommitResponse, CreateRequest, CreateResponse, PruneReport, StatsResponse, Summary, TopResponse,
    UpdateRequest, UpdateResponse,
};

use super::ByteStream;
use crate::client::json;
use crate::request::{Request, segment};
use crate::{Client, Error, Hijacked, JsonStream};

/// Which containers are listed.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    /// Also those that do not run.
    pub all: bool,
    /// The last so many, 0 or less for no limit.
    pub limit: i64,
    /// With their sizes.
    pub size: bool,
    /// Conditions.
    pub filters: Filters,
}

/// Which part of a log is sent.
#[derive(Debug, Clone, Default)]
pub struct LogsQuery {
    /// Go on as long as the container runs.
    pub follow: bool,
    /// From when, as the API takes it.
    pub since: String,
    /// Until when.
    pub until: String,
    /// With times.
    pub timestamps: bool,
    /// With attributes.
    pub details: bool,
    /// How many lines from the end, `all` or empty for all.
    pub tail: String,
}

/// What an image of a container is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommitQuery {
    /// Of which container.
    pub container: String,
    /// Its name, or empty.
    pub repository: String,
    /// With the name.
    pub tag: String,
    /// A remark, or empty.
    pub comment: String,
    /// Who made it, or empty.
    pub author: String,
    /// Instructions of a Dockerfile.
    pub changes: Vec<String>,
    /// Freeze the container meanwhile.
    pub pause: bool,
}

/// Which streams are attached.
#[derive(Debug, Clone, Default)]
pub struct AttachQuery {
    /// The container's stdin.
    pub stdin: bool,
    /// Its stdout.
    pub stdout: bool,
    /// Its stderr.
    pub stderr: bool,
    /// Keys that detach, empty for the default.
    pub detach_keys: String,
}

/// What a removal takes with it.
#[derive(Debug, Clone, Copy, Default)]
pub struct RemoveQuery {
    /// Anonymous volumes too.
    pub volumes: bool,
    /// The link, not the container.
    pub link: bool,
    /// Kill it first.
    pub force: bool,
}

fn path(id: &str, operation: &str) -> String {
    format!("/containers/{}{operation}", segment(id))
}

impl Client {
    /// Lists containers, newest first.
    pub async fn container_list(&self, query: &ListQuery) -> Result<Vec<Summary>, Error> {
        let mut request = Request::get("/containers/json").query_switch("all", query.all);
        if query.limit > 0 {
            request = request.query("limit", &query.limit.to_string());
        }
        request = request
            .query_switch("size", query.size)
            .query_text("filters", query.filters.to_json().as_deref().unwrap_or_default());
        self.fetch(request).await
    }

    /// Removes the containers that do not run and pass the filters.
    pub async fn container_prune(&self, filters: &Filters) -> Result<PruneReport, Error> {
        let filters = filters.to_json().unwrap_or_default();
        self.fetch(Request::post("/containers/prune").query_text("filters", &filters)).await
    }

    /// Creates a container.
    pub async fn container_create(
        &self,
        name: &str,
        platform: &str,
        container: &CreateRequest,
    ) -> Result<CreateResponse, Error> {
        let request =
            Request::post("/containers/create").query_text("name", name).query_text("platform", platform);
        let body = json(&request, container)?;
        self.fetch(request.body(body)).await
    }

    /// Everything about a container, as the engine wrote it.
    pub async fn container_inspect(&self, id: &str, size: bool) -> Result<Bytes, Error> {
        self.fetch_bytes(Request::get(path(id, "/json")).query_switch("size", size)).await
    }

    /// Its processes, as `ps` with these arguments prints them.
    pub async fn container_top(&self, id: &str, arguments: &[String]) -> Result<TopResponse, Error> {
        self.fetch(Request::get(path(id, "/top")).query_text("ps_args", &arguments.join(" "))).await
    }

    /// What it uses: once, after a second in which it was watched, or every second until it is removed.
    pub async fn container_stats(&self, id: &str, stream: bool) -> Result<JsonStream<StatsResponse>, Error> {
        let request = Request::get(path(id, "/stats")).query("stream", if stream { "1" } else { "0" });
        let described = request.describe();
        Ok(JsonStream::new(self.send(request).await?.into_body(), described))
    }

    /// Its log; in frames unless it has a terminal.
    pub async fn container_logs(&self, id: &str, query: &LogsQuery) -> Result<ByteStream, Error> {
        let request = Request::get(path(id, "/logs"))
            .query("stdout", "1")
            .query("stderr", "1")
            .query_switch("follow", query.follow)
            .query_text("since", &query.since)
            .query_text("until", &query.until)
            .query_switch("timestamps", query.timestamps)
            .query_switch("details", query.details)
            .query_text("tail", &query.tail);
        let described = request.describe();
        Ok(ByteStream::new(self.send(request).await?.into_body(), described))
    }

    /// Its file system as a tar.
    pub async fn container_export(&self, id: &str) -> Result<ByteStream, Error> {
        let request = Request::get(path(id, "/export"));
        let described = request.describe();
        Ok(ByteStream::new(self.send(request).await?.into_body(), described))
    }

    /// Makes an image of it.
    pub async fn container_commit(&self, query: &CommitQuery) -> Result<CommitResponse, Error> {
        let request = Request::post("/commit")
            .query("container", &query.container)
            .query_text("repo", &query.repository)
            .query_text("tag", &query.tag)
            .query_text("comment", &query.comment)
            .query_text("author", &query.author)
            .query("pause", if query.pause { "1" } else { "0" });
        let request = query.changes.iter().fold(request, |request, change| request.query("changes", change));
        self.fetch(request).await
    }

    /// Attaches to its streams.
    pub async fn container_attach(&self, id: &str, query: &AttachQuery) -> Result<Hijacked, Error> {
        let request = Request::post(path(id, "/attach"))
            .query("stream", "1")
            .query_switch("stdin", query.stdin)
            .query_switch("stdout", query.stdout)
            .query_switch("stderr", query.stderr)
            .query_text("detachKeys", &query.detach_keys);
        self.hijack(request).await
    }

    /// Starts it; does nothing if it runs.
    pub async fn container_start(&self, id: &str) -> Result<(), Error> {
        self.run(Request::post(path(id, "/start"))).await
    }

    /// Asks it to stop, and kills it after `timeout` seconds (-1 never; `None` its own).
    pub async fn container_stop(&self, id: &str, signal: &str, timeout: Option<i64>) -> Result<(), Error> {
        self.stop_or_restart(id, "/stop", signal, timeout).await
    }

    /// Stops it as [`Self::container_stop`] does, and starts it again.
    pub async fn container_restart(&self, id: &str, signal: &str, timeout: Option<i64>) -> Result<(), Error> {
        self.stop_or_restart(id, "/restart", signal, timeout).await
    }

    async fn stop_or_restart(
        &self,
        id: &str,
        operation: &str,
        signal: &str,
        timeout: Option<i64>,
    ) -> Result<(), Error> {
        let seconds = timeout.map(|seconds| seconds.to_string()).unwrap_or_default();
        self.run(Request::post(path(id, operation)).query_text("signal", signal).query_text("t", &seconds))
            .await
    }

    /// Sends it a signal, SIGKILL if `signal` is empty.
    pub async fn container_kill(&self, id: &str, signal: &str) -> Result<(), Error> {
        self.run(Request::post(path(id, "/kill")).query_text("signal", signal)).await
    }

    /// Freezes it.
    pub async fn container_pause(&self, id: &str) -> Result<(), Error> {
        self.run(Request::post(path(id, "/pause"))).await
    }

    /// Thaws it.
    pub async fn container_unpause(&self, id: &str) -> Result<(), Error> {
        self.run(Request::post(path(id, "/unpause"))).await
    }

    /// Gives it another name.
    pub async fn container_rename(&self, id: &str, name: &str) -> Result<(), Error> {
        self.run(Request::post(path(id, "/rename")).query("name", name)).await
    }

    /// Changes its limits.
    pub async fn container_update(&self, id: &str, change: &UpdateRequest) -> Result<UpdateResponse, Error> {
        let request = Request::post(path(id, "/update"));
        let body = json(&request, change)?;
        self.fetch(request.body(body)).await
    }

    /// Sets the size of its terminal.
    pub async fn container_resize(&self, id: &str, height: u16, width: u16) -> Result<(), Error> {
        let request = Request::post(path(id, "/resize"));
        self.run(request.query("h", &height.to_string()).query("w", &width.to_string())).await
    }

    /// Removes it.
    pub async fn container_remove(&self, id: &str, query: RemoveQuery) -> Result<(), Error> {
        let request = Request::delete(path(id, ""))
            .query_switch("v", query.volumes)
            .query_switch("link", query.link)
            .query_switch("force", query.force);
        self.run(request).await
    }
}
