//! `container inspect`, and what other commands need to know of a container.

use corten_api_client::{Client, Error};
use corten_api_types::container::InspectResponse;

use crate::commands::inspect_objects::{Inspected, inspect_each};
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::session::Session;
use crate::template::CONTAINER;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    inspect_each(&session, &parsed, async |name| find(&session.client, name, parsed.is_on("size")).await)
        .await
}

/// A container as the engine tells of it.
pub(crate) async fn find(client: &Client, name: &str, size: bool) -> Result<Inspected, Error> {
    Ok(Inspected { json: client.container_inspect(name, size).await?, shape: CONTAINER })
}

/// A container for use by a command.
pub(crate) async fn fetch(client: &Client, name: &str) -> Outcome<InspectResponse> {
    let json = client.container_inspect(name, false).await?;
    serde_json::from_slice(&json)
        .map_err(|error| Failure::new(format!("cannot read what the engine tells of `{name}`: {error}")))
}
