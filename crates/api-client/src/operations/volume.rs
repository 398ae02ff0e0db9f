//! Volumes. Every operation fails with the engine's words, or when the engine cannot be reached.
#![allow(clippy::missing_errors_doc)] // Said once, above, for all of them.

use bytes::Bytes;
use corten_api_types::Filters;
use corten_api_types::volume::{CreateRequest, ListResponse, PruneReport, Volume};

use crate::client::json;
use crate::request::{Request, segment};
use crate::{Client, Error};

impl Client {
    /// Makes a volume; one that is there already is returned as it is.
    pub async fn volume_create(&self, volume: &CreateRequest) -> Result<Volume, Error> {
        let request = Request::post("/volumes/create");
        let body = json(&request, volume)?;
        self.fetch(request.body(body)).await
    }

    /// Lists volumes.
    pub async fn volume_list(&self, filters: &Filters) -> Result<ListResponse, Error> {
        let filters = filters.to_json().unwrap_or_default();
        self.fetch(Request::get("/volumes").query_text("filters", &filters)).await
    }

    /// Everything about a volume, as the engine wrote it.
    pub async fn volume_inspect(&self, name: &str) -> Result<Bytes, Error> {
        self.fetch_bytes(Request::get(format!("/volumes/{}", segment(name)))).await
    }

    /// Removes a volume; with `force`, one that is not there is as good as removed.
    pub async fn volume_remove(&self, name: &str, force: bool) -> Result<(), Error> {
        let request = Request::delete(format!("/volumes/{}", segment(name)));
        self.run(request.query_switch("force", force)).await
    }

    /// Removes the volumes that no container has, as far as the filters mean them.
    pub async fn volume_prune(&self, filters: &Filters) -> Result<PruneReport, Error> {
        let filters = filters.to_json().unwrap_or_default();
        self.fetch(Request::post("/volumes/prune").query_text("filters", &filters)).await
    }
}
