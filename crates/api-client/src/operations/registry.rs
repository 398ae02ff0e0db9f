//! Registries. Every operation fails with the engine's words, or when the engine cannot be reached.
#![allow(clippy::missing_errors_doc)] // Said once, above, for all of them.

use corten_api_types::distribution::{MANIFESTS_PATH, RemoteImage};
use corten_api_types::image::SearchResult;
use corten_api_types::{AuthConfig, AuthResponse, Filters};

use crate::client::json;
use crate::request::{Request, segment};
use crate::{Client, Error};

impl Client {
    /// Shows credentials to the registry that they name.
    pub async fn registry_login(&self, auth: &AuthConfig) -> Result<AuthResponse, Error> {
        let request = Request::post("/auth");
        let body = json(&request, auth)?;
        self.fetch(request.body(body)).await
    }

    /// What the registry of `term` finds for it, `limit` repositories at most (0 = as many as the engine likes).
    pub async fn image_search(
        &self,
        term: &str,
        limit: u32,
        filters: &Filters,
        auth: &AuthConfig,
    ) -> Result<Vec<SearchResult>, Error> {
        let limit = if limit == 0 { String::new() } else { limit.to_string() };
        let filters = filters.to_json().unwrap_or_default();
        let request = Request::get("/images/search").query_text("term", term);
        self.fetch(request.query_text("limit", &limit).query_text("filters", &filters).auth(auth)).await
    }

    /// What a name stands for in its registry; `inner` also the manifests of an index, `insecure` without proof who the registry is.
    pub async fn manifest_inspect(
        &self,
        name: &str,
        inner: bool,
        insecure: bool,
        auth: &AuthConfig,
    ) -> Result<RemoteImage, Error> {
        let request = Request::get(format!("{MANIFESTS_PATH}/{}", segment(name)));
        self.fetch(request.query_switch("inner", inner).query_switch("insecure", insecure).auth(auth)).await
    }
}
