//! `volume rm`: removes volumes.

use crate::commands::batch;
use crate::failure::Outcome;
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let force = parsed.is_on("force");
    let remove = |client: corten_api_client::Client, name: String| async move {
        client.volume_remove(&name, force).await
    };
    batch::run(&session, &parsed.arguments, remove, batch::none).await
}
