//! `rm`: removes containers.

use corten_api_client::{Error, RemoveQuery};

use crate::commands::batch;
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    if parsed.arguments.iter().any(|name| name.trim_matches('/').is_empty()) {
        return Err(Failure::new("container name cannot be empty"));
    }
    let force = parsed.is_on("force");
    let query = RemoveQuery { volumes: parsed.is_on("volumes"), link: parsed.is_on("link"), force };
    let remove = |client: corten_api_client::Client, name: String| async move {
        client.container_remove(name.trim_matches('/'), query).await
    };
    // With --force a container that is not there is as good as removed.
    let forgive = if force { Error::is_not_found } else { batch::none };
    batch::run(&session, &parsed.arguments, remove, forgive).await
}
