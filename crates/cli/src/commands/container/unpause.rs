//! `unpause`: thaws containers.

use crate::commands::batch;
use crate::failure::Outcome;
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let unpause = |client: corten_api_client::Client, name: String| async move {
        client.container_unpause(&name).await
    };
    batch::run(&session, &parsed.arguments, unpause, batch::none).await
}
