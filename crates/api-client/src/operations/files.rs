//! Files of containers. Every operation fails with the engine's words, or when the engine cannot be reached.
#![allow(clippy::missing_errors_doc)] // Said once, above, for all of them.

use std::pin::Pin;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corten_api_types::container::{Change, PATH_STAT_HEADER, PathStat};
use http::HeaderMap;
use tokio::io::AsyncRead;

use super::ByteStream;
use crate::body::RequestBody;
use crate::request::{Request, segment};
use crate::{Client, Error};

impl Client {
    /// What is at a path of a container; a link is not followed.
    pub async fn container_stat_path(&self, id: &str, path: &str) -> Result<PathStat, Error> {
        let request = Request::head(archive(id)).query("path", path);
        let described = request.describe();
        stat(self.send(request).await?.headers(), described)
    }

    /// What is at a path of a container, as an archive.
    pub async fn container_archive(&self, id: &str, path: &str) -> Result<(PathStat, ByteStream), Error> {
        let request = Request::get(archive(id)).query("path", path);
        let described = request.describe();
        let response = self.send(request).await?;
        let stat = stat(response.headers(), described.clone())?;
        Ok((stat, ByteStream::new(response.into_body(), described)))
    }

    /// Extracts an archive into a directory of a container, in which nothing but directories replaces directories. With `own`, all of it
    /// belongs to the container's user.
    pub async fn container_extract(
        &self,
        id: &str,
        path: &str,
        own: bool,
        tar: Pin<Box<dyn AsyncRead + Send>>,
    ) -> Result<(), Error> {
        let request = Request::put(archive(id))
            .query("path", path)
            .query("noOverwriteDirNonDir", "true")
            .query_switch("copyUIDGID", own);
        self.run(request.body(RequestBody::Upload(tar))).await
    }

    /// What a container has changed of its image.
    pub async fn container_changes(&self, id: &str) -> Result<Vec<Change>, Error> {
        let request = Request::get(format!("/containers/{}/changes", segment(id)));
        Ok(self.fetch::<Option<Vec<Change>>>(request).await?.unwrap_or_default())
    }
}

fn archive(id: &str) -> String {
    format!("/containers/{}/archive", segment(id))
}

/// A header that is not there, or is none, says nothing of the path.
fn stat(headers: &HeaderMap, request: String) -> Result<PathStat, Error> {
    let text = headers.get(PATH_STAT_HEADER).map(|value| value.as_bytes()).unwrap_or_default();
    let document = STANDARD.decode(text).unwrap_or_default();
    serde_json::from_slice(&document).map_err(|source| Error::Decode { request, source })
}
