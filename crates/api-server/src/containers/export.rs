//! `GET /containers/{id}/export`: the archive is the answer.

use corten_engine::Engine;

use crate::respond::{self, Answer};

pub(crate) async fn export(engine: &Engine, id: &str, trailers: bool) -> Answer {
    let export = engine.containers.export(id).await?;
    let (sender, response) = respond::archive(trailers, "application/octet-stream");
    let containers = engine.containers.clone();
    tokio::spawn(async move {
        if let Err(error) = containers.write_export(export, sender.writer()).await {
            sender.fail(&error.into()).await;
        }
    });
    Ok(response)
}
