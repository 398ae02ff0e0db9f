//! `kill`: sends containers a signal.

use crate::commands::batch;
use crate::failure::Outcome;
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let signal = parsed.text("signal").to_owned();
    let kill = |client: corten_api_client::Client, name: String| {
        let signal = signal.clone();
        async move { client.container_kill(&name, &signal).await }
    };
    batch::run(&session, &parsed.arguments, kill, batch::none).await
}
