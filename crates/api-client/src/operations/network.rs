//! Networks. Every operation fails with the engine's words, or when the engine cannot be reached.
#![allow(clippy::missing_errors_doc)] // Said once, above, for all of them.

use bytes::Bytes;
use corten_api_types::Filters;
use corten_api_types::network::{Network, PruneReport};

use crate::request::{Request, segment};
use crate::{Client, Error};

impl Client {
    /// Lists networks.
    pub async fn network_list(&self, filters: &Filters) -> Result<Vec<Network>, Error> {
        let filters = filters.to_json().unwrap_or_default();
        self.fetch(Request::get("/networks").query_text("filters", &filters)).await
    }

    /// Everything about a network, as the engine wrote it.
    pub async fn network_inspect(&self, name: &str) -> Result<Bytes, Error> {
        self.fetch_bytes(Request::get(format!("/networks/{}", segment(name)))).await
    }

    /// Removes networks that no container is on.
    pub async fn network_prune(&self, filters: &Filters) -> Result<PruneReport, Error> {
        let filters = filters.to_json().unwrap_or_default();
        self.fetch(Request::post("/networks/prune").query_text("filters", &filters)).await
    }

    /// Removes a network.
    pub async fn network_remove(&self, name: &str) -> Result<(), Error> {
        self.run(Request::delete(format!("/networks/{}", segment(name)))).await
    }
}
