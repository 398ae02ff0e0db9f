//! `stop`: asks containers to stop, and kills them after a while.

use crate::commands::batch;
use crate::failure::Outcome;
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let signal = parsed.text("signal").to_owned();
    let timeout = parsed.given_integer("timeout");
    let stop = |client: corten_api_client::Client, name: String| {
        let signal = signal.clone();
        async move { client.container_stop(&name, &signal, timeout).await }
    };
    batch::run(&session, &parsed.arguments, stop, batch::none).await
}
