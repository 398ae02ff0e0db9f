//! `export`: writes the file system of a container into an archive.

use crate::failure::Outcome;
use crate::flags::Parsed;
use crate::output::Destination;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let mut destination = Destination::open(parsed.text("output"), "failed to export container")?;
    let mut archive = session.client.container_export(&parsed.arguments[0]).await?;
    while let Some(bytes) = archive.next().await? {
        destination.write(&bytes)?;
    }
    destination.complete()
}
