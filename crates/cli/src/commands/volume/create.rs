//! `volume create`: makes a volume, and prints its name.

use corten_api_types::volume::CreateRequest;

use crate::create::labels;
use crate::failure::Outcome;
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let request = CreateRequest {
        name: parsed.arguments.first().cloned().unwrap_or_default(),
        driver: parsed.text("driver").to_owned(),
        driver_opts: Some(labels::to_map(parsed.list("opt"))).filter(|options| !options.is_empty()),
        labels: Some(labels::to_map(parsed.list("label"))).filter(|labels| !labels.is_empty()),
        ..CreateRequest::default()
    };
    let volume = session.client.volume_create(&request).await?;
    session.line(&volume.name)
}
