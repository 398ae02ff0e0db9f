//! Exec sessions. Every operation fails with the engine's words, or when the engine cannot be reached.
#![allow(clippy::missing_errors_doc)] // Said once, above, for all of them.

use corten_api_types::container::{ExecCreateRequest, ExecCreateResponse, ExecInspect, ExecStartRequest};

use crate::client::json;
use crate::request::{Request, segment};
use crate::{Client, Error, Hijacked};

impl Client {
    /// Prepares a session in a running container.
    pub async fn exec_create(
        &self,
        container: &str,
        exec: &ExecCreateRequest,
    ) -> Result<ExecCreateResponse, Error> {
        let request = Request::post(format!("/containers/{}/exec", segment(container)));
        let body = json(&request, exec)?;
        self.fetch(request.body(body)).await
    }

    /// Starts it and takes over its streams.
    pub async fn exec_start_attached(&self, id: &str, start: &ExecStartRequest) -> Result<Hijacked, Error> {
        let request = Request::post(format!("/exec/{}/start", segment(id)));
        let body = json(&request, start)?;
        self.hijack(request.body(body)).await
    }

    /// Starts it and leaves it alone.
    pub async fn exec_start_detached(&self, id: &str, start: &ExecStartRequest) -> Result<(), Error> {
        let request = Request::post(format!("/exec/{}/start", segment(id)));
        let body = json(&request, start)?;
        self.run(request.body(body)).await
    }

    /// Sets the size of its terminal.
    pub async fn exec_resize(&self, id: &str, height: u16, width: u16) -> Result<(), Error> {
        let request = Request::post(format!("/exec/{}/resize", segment(id)));
        self.run(request.query("h", &height.to_string()).query("w", &width.to_string())).await
    }

    /// What it runs, and how it ended.
    pub async fn exec_inspect(&self, id: &str) -> Result<ExecInspect, Error> {
        self.fetch(Request::get(format!("/exec/{}/json", segment(id)))).await
    }
}
