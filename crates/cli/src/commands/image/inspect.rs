//! `image inspect`.

use corten_api_client::{Client, Error};

use crate::commands::inspect_objects::{Inspected, inspect_each};
use crate::commands::platform;
use crate::failure::Outcome;
use crate::flags::Parsed;
use crate::session::Session;
use crate::template::IMAGE;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let platform = platform::to_json(parsed.text("platform"))?;
    inspect_each(&session, &parsed, async |name| find(&session.client, name, &platform).await).await
}

/// An image as the engine tells of it.
pub(crate) async fn find(client: &Client, name: &str, platform: &str) -> Result<Inspected, Error> {
    Ok(Inspected { json: client.image_inspect(name, platform).await?, shape: IMAGE })
}
