//! `network inspect`.

use corten_api_client::{Client, Error};

use crate::commands::inspect_objects::{Inspected, inspect_each};
use crate::failure::Outcome;
use crate::flags::Parsed;
use crate::session::Session;
use crate::template::NETWORK;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    inspect_each(&session, &parsed, async |name| find(&session.client, name).await).await
}

/// A network as the engine tells of it.
pub(crate) async fn find(client: &Client, name: &str) -> Result<Inspected, Error> {
    Ok(Inspected { json: client.network_inspect(name).await?, shape: NETWORK })
}
