//! `restart`: stops containers and starts them again.

use crate::commands::batch;
use crate::failure::Outcome;
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let signal = parsed.text("signal").to_owned();
    let timeout = parsed.given_integer("timeout");
    let restart = |client: corten_api_client::Client, name: String| {
        let signal = signal.clone();
        async move { client.container_restart(&name, &signal, timeout).await }
    };
    batch::run(&session, &parsed.arguments, restart, batch::none).await
}
