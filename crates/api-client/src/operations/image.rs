//! Images. Every operation fails with the engine's words, or when the engine cannot be reached.
#![allow(clippy::missing_errors_doc)] // Said once, above, for all of them.

use std::pin::Pin;

use bytes::Bytes;
use corten_api_types::image::{DeleteItem, HistoryItem, PruneReport, Summary};
use corten_api_types::{AuthConfig, Filters, Progress};
use tokio::io::AsyncRead;

use crate::body::RequestBody;
use crate::request::{Request, segment};
use crate::{ByteStream, Client, Error, JsonStream};

/// What an imported image is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportQuery {
    /// `-` for the body of the request, or a URL.
    pub source: String,
    /// Its name, or empty.
    pub reference: String,
    /// A remark, or empty.
    pub message: String,
    /// What it is for, or empty.
    pub platform: String,
    /// Instructions of a Dockerfile.
    pub changes: Vec<String>,
}

impl Client {
    /// Lists images, newest first; `all` also those that have neither name nor container.
    pub async fn image_list(&self, all: bool, filters: &Filters) -> Result<Vec<Summary>, Error> {
        let filters = filters.to_json().unwrap_or_default();
        self.fetch(Request::get("/images/json").query_switch("all", all).query_text("filters", &filters))
            .await
    }

    /// Everything about an image, as the engine wrote it; `platform` is the API's JSON or empty.
    pub async fn image_inspect(&self, name: &str, platform: &str) -> Result<Bytes, Error> {
        let request = Request::get(format!("/images/{}/json", segment(name)));
        self.fetch_bytes(request.query_text("platform", platform)).await
    }

    /// How it was made, newest step first.
    pub async fn image_history(&self, name: &str, platform: &str) -> Result<Vec<HistoryItem>, Error> {
        let request = Request::get(format!("/images/{}/history", segment(name)));
        self.fetch(request.query_text("platform", platform)).await
    }

    /// Gives it another name.
    pub async fn image_tag(&self, name: &str, repository: &str, tag: &str) -> Result<(), Error> {
        let request = Request::post(format!("/images/{}/tag", segment(name)));
        self.run(request.query("repo", repository).query_text("tag", tag)).await
    }

    /// Removes a name, and the image with its last one; only what is for `platforms` (the API's JSON), if there are any.
    pub async fn image_remove(
        &self,
        name: &str,
        force: bool,
        no_prune: bool,
        platforms: &[String],
    ) -> Result<Vec<DeleteItem>, Error> {
        let request = Request::delete(format!("/images/{}", segment(name)));
        let request =
            platforms.iter().fold(request, |request, platform| request.query("platforms", platform));
        self.fetch(request.query_switch("force", force).query_switch("noprune", no_prune)).await
    }

    /// Removes the images that the filters mean; `dangling` is one of them.
    pub async fn image_prune(&self, filters: &Filters) -> Result<PruneReport, Error> {
        let filters = filters.to_json().unwrap_or_default();
        self.fetch(Request::post("/images/prune").query_text("filters", &filters)).await
    }

    /// Images as a tar that can be loaded again; of each platform that is named (the API's JSON) alone.
    pub async fn image_save(&self, names: &[String], platforms: &[String]) -> Result<ByteStream, Error> {
        let request = Request::get("/images/get");
        let request = names.iter().fold(request, |request, name| request.query("names", name));
        let request = platforms.iter().fold(request, |request, platform| request.query("platform", platform));
        let described = request.describe();
        Ok(ByteStream::new(self.send(request).await?.into_body(), described))
    }

    /// Makes an image of a tar of a file system; the answer names it.
    pub async fn image_import(
        &self,
        tar: Pin<Box<dyn AsyncRead + Send>>,
        query: &ImportQuery,
    ) -> Result<JsonStream<Progress>, Error> {
        let request = Request::post("/images/create")
            .query("fromSrc", &query.source)
            .query_text("repo", &query.reference)
            .query_text("message", &query.message)
            .query_text("platform", &query.platform);
        let request = query.changes.iter().fold(request, |request, change| request.query("changes", change));
        let request = request.body(RequestBody::Upload(tar));
        let described = request.describe();
        Ok(JsonStream::new(self.send(request).await?.into_body(), described))
    }

    /// Pulls an image; the answer tells how it goes, and may end with a failure. `which` is a tag or a digest.
    pub async fn image_pull(
        &self,
        name: &str,
        which: &str,
        platform: &str,
        auth: &AuthConfig,
    ) -> Result<JsonStream<Progress>, Error> {
        let request = Request::post("/images/create")
            .query("fromImage", name)
            .query_text("tag", which)
            .query_text("platform", platform)
            .auth(auth);
        let described = request.describe();
        Ok(JsonStream::new(self.send(request).await?.into_body(), described))
    }

    /// Pushes an image, or, without a tag, every tag of a repository; the answer tells how it goes, and may end with a failure.
    /// `platform` is the API's JSON or empty.
    pub async fn image_push(
        &self,
        name: &str,
        tag: &str,
        platform: &str,
        auth: &AuthConfig,
    ) -> Result<JsonStream<Progress>, Error> {
        let request = Request::post(format!("/images/{}/push", segment(name)))
            .query_text("tag", tag)
            .query_text("platform", platform)
            .auth(auth);
        let described = request.describe();
        Ok(JsonStream::new(self.send(request).await?.into_body(), described))
    }

    /// Loads images from a tar; the answer tells how it goes, and may end with a failure.
    pub async fn image_load(
        &self,
        tar: Pin<Box<dyn AsyncRead + Send>>,
        quiet: bool,
        platforms: &[String],
    ) -> Result<JsonStream<Progress>, Error> {
        let request = Request::post("/images/load").query("quiet", if quiet { "1" } else { "0" });
        let request = platforms
            .iter()
            .fold(request, |request, platform| request.query("platform", platform))
            .body(RequestBody::Upload(tar));
        let described = request.describe();
        Ok(JsonStream::new(self.send(request).await?.into_body(), described))
    }
}
