//! `network rm`: removes networks.

use corten_api_client::{Client, Error};

use crate::commands::batch;
use crate::failure::Outcome;
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let remove = |client: Client, name: String| async move { client.network_remove(&name).await };
    let forgive: fn(&Error) -> bool = if parsed.is_on("force") { Error::is_not_found } else { batch::none };
    batch::run(&session, &parsed.arguments, remove, forgive).await
}
