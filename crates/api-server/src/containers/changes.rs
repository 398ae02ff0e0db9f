//! `GET /containers/{id}/changes`.

use corten_api_types::container::Change as ChangeDocument;
use corten_engine::Engine;
use corten_engine::containers::ChangeKind;

use crate::respond::{self, Answer};

/// What a container has changed of its image; `null` for nothing, as Docker says it.
pub(crate) async fn changes(engine: &Engine, id: &str) -> Answer {
    let changes = engine.containers.changes(id).await?;
    let documents: Vec<ChangeDocument> = changes
        .into_iter()
        .map(|change| ChangeDocument {
            path: String::from_utf8_lossy(&change.path).into_owned(),
            kind: match change.kind {
                ChangeKind::Modified => 0,
                ChangeKind::Added => 1,
                ChangeKind::Deleted => 2,
            },
        })
        .collect();
    respond::json(&(!documents.is_empty()).then_some(documents))
}
