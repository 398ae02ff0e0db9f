//! `rmi`: removes images.

use crate::commands::platform;
use crate::failure::{Failure, Outcome, describe};
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let (force, no_prune) = (parsed.is_on("force"), parsed.is_on("no-prune"));
    let platforms = platform::list_to_json(parsed.list("platform"))?;
    let mut failures = Vec::new();
    let mut only_missing = true;
    for name in &parsed.arguments {
        match session.client.image_remove(name, force, no_prune, &platforms).await {
            Ok(items) => {
                for item in items {
                    match item.deleted.as_str() {
                        "" => session.line(&format!("Untagged: {}", item.untagged))?,
                        id => session.line(&format!("Deleted: {id}"))?,
                    }
                }
            }
            Err(error) => {
                only_missing &= error.is_not_found();
                failures.push(describe(&error));
            }
        }
    }
    // With --force an image that is not there is as good as removed.
    if force && only_missing && !failures.is_empty() {
        session.complain(&failures.join("\n"));
        return Ok(());
    }
    Failure::join(&failures)
}
