//! The engine itself. Every operation fails with the engine's words, or when the engine cannot be reached.
#![allow(clippy::missing_errors_doc)] // Said once, above, for all of them.

use std::time::Duration;

use bytes::Bytes;
use corten_api_types::corten::{
    BOOT_PATH, Booted, CHECK_PATH, CheckReport, DROP_BLOBS_PATH, DroppedBlobs, MEND_PATH, MendedNetworks,
    OPENAPI_PATH, REAP_PATH, SETTLE_PATH, Settled, UPGRADE_PATH, Upgraded, WHY_PATH, Why,
};
use corten_api_types::event::Message;
use corten_api_types::{Filters, system};
use http::HeaderMap;

use crate::client::collect;
use crate::request::Request;
use crate::{Client, Error, JsonStream};

/// What the headers of `/_ping` tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ping {
    /// Newest version of the API.
    pub api_version: Option<String>,
    /// `linux`.
    pub os_type: Option<String>,
    /// The engine's name and version.
    pub server: Option<String>,
}

/// Which events are sent.
#[derive(Debug, Clone, Default)]
pub struct EventsQuery {
    /// From when, as the API takes it; empty for now.
    pub since: String,
    /// Until when; empty for ever.
    pub until: String,
    /// Conditions.
    pub filters: Filters,
}

impl Client {
    /// Asks whether the engine is there, and what it speaks.
    pub async fn ping(&self) -> Result<Ping, Error> {
        let request = Request::get("/_ping");
        let described = request.describe();
        let response = self.send_unversioned(request).await?;
        let ping = read_ping(response.headers());
        collect(response.into_body(), described).await?;
        Ok(ping)
    }

    /// What the engine has and can do, as it wrote it.
    pub async fn info(&self) -> Result<Bytes, Error> {
        self.fetch_bytes(Request::get("/info")).await
    }

    /// What the engine is.
    pub async fn server_version(&self) -> Result<system::Version, Error> {
        self.fetch(Request::get("/version")).await
    }

    /// What happens, as it happens.
    pub async fn events(&self, query: &EventsQuery) -> Result<JsonStream<Message>, Error> {
        let request = Request::get("/events")
            .query_text("since", &query.since)
            .query_text("until", &query.until)
            .query_text("filters", query.filters.to_json().as_deref().unwrap_or_default());
        let described = request.describe();
        Ok(JsonStream::new(self.send(request).await?.into_body(), described))
    }

    /// Waits until nothing asynchronous is under way.
    pub async fn settle(&self) -> Result<Settled, Error> {
        self.fetch_unversioned(Request::post(SETTLE_PATH)).await
    }

    /// Walks over records and disk, and mends what it can if `repair`.
    /// Reads the files of layers for that, too, if `layers`.
    pub async fn check(&self, repair: bool, layers: bool) -> Result<CheckReport, Error> {
        let request = Request::post(CHECK_PATH).query_switch("repair", repair);
        self.fetch_unversioned(request.query_switch("layers", layers)).await
    }

    /// What takes room on the disk.
    pub async fn disk_usage(&self) -> Result<system::DiskUsage, Error> {
        self.fetch(Request::get("/system/df")).await
    }

    /// Drops blobs that can be had again.
    pub async fn drop_blobs(&self) -> Result<DroppedBlobs, Error> {
        self.fetch_unversioned(Request::post(DROP_BLOBS_PATH)).await
    }

    /// Starts the containers that should run, and tries for so long what fails.
    pub async fn boot(&self, patience: Duration) -> Result<Booted, Error> {
        let request = Request::post(BOOT_PATH);
        self.fetch_unversioned(request.query_text("timeout", &patience.as_millis().to_string())).await
    }

    /// Has the monitors of running containers become those of the engine's version.
    pub async fn upgrade(&self) -> Result<Upgraded, Error> {
        self.fetch_unversioned(Request::post(UPGRADE_PATH)).await
    }

    /// Makes networks anew that somebody has taken away.
    pub async fn mend_networks(&self) -> Result<MendedNetworks, Error> {
        self.fetch_unversioned(Request::post(MEND_PATH)).await
    }

    /// What the engine serves, as an OpenAPI document.
    pub async fn openapi(&self) -> Result<serde_json::Value, Error> {
        self.fetch_unversioned(Request::get(OPENAPI_PATH)).await
    }

    /// Removes a `--rm` container if it has ended; leaves any other alone.
    pub async fn reap(&self, container: &str) -> Result<(), Error> {
        let request = Request::post(format!("{REAP_PATH}/{container}"));
        self.send_unversioned(request).await.map(drop)
    }

    /// Why a container has ended (`died`), was started again (`restarted`) or is `unhealthy`.
    pub async fn why(&self, question: &str, container: &str) -> Result<Why, Error> {
        let request = Request::get(format!("{WHY_PATH}/{container}")).query("question", question);
        self.fetch_unversioned(request).await
    }

    async fn fetch_unversioned<T: serde::de::DeserializeOwned>(&self, request: Request) -> Result<T, Error> {
        let described = request.describe();
        let response = self.send_unversioned(request).await?;
        let bytes = collect(response.into_body(), described.clone()).await?;
        serde_json::from_slice(&bytes).map_err(|source| Error::Decode { request: described, source })
    }
}

fn read_ping(headers: &HeaderMap) -> Ping {
    let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
    Ping { api_version: text("api-version"), os_type: text("ostype"), server: text("server") }
}
