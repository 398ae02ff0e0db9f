//! `GET /containers/{id}/export`: the archive is the answer.

use std::io;

use corten_engine::Engine;

use crate::respond::{self, Answer};

pub(crate) async fn export(engine: &Engine, id: &str) -> Answer {
    let export = engine.containers.export(id).await?;
    let (sender, response) = respond::stream("application/octet-stream");
    let containers = engine.containers.clone();
    tokio::spawn(async move {
        if let Err(error) = containers.write_export(export, sender.writer()).await {
            sender.fail(io::Error::other(error)).await;
        }
    });
    Ok(response)
}
