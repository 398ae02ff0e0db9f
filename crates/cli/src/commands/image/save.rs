//! `save`: writes images into an archive.

use crate::commands::platform;
use crate::failure::Outcome;
use crate::flags::Parsed;
use crate::output::Destination;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let mut destination = Destination::open(parsed.text("output"), "failed to save image")?;
    let platforms = platform::list_to_json(parsed.list("platform"))?;
    let mut archive = session.client.image_save(&parsed.arguments, &platforms).await?;
    while let Some(bytes) = archive.next().await? {
        destination.write(&bytes)?;
    }
    destination.complete()
}
