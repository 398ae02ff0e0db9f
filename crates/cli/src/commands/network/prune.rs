//! `network prune`: removes networks that no container is on.

use corten_api_types::Filters;

use crate::commands::confirm::confirm;
use crate::commands::container::ps::filters;
use crate::failure::Outcome;
use crate::flags::Parsed;
use crate::session::Session;

const UNUSED: &str = "WARNING! This will remove all custom networks not used by at least one container.\n\
                      Are you sure you want to continue?";

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    if !parsed.is_on("force") && !confirm(&session, UNUSED)? {
        return Ok(());
    }
    remove(&session, &filters(parsed.list("filter"))).await
}

/// Removes them, and tells which.
pub(crate) async fn remove(session: &Session, filters: &Filters) -> Outcome {
    let removed = session.client.network_prune(filters).await?.networks_deleted.unwrap_or_default();
    if !removed.is_empty() {
        session.line("Deleted Networks:")?;
        removed.iter().try_for_each(|name| session.line(name))?;
        session.line("")?;
    }
    Ok(())
}
