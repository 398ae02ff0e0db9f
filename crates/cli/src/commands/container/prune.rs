//! `container prune`: removes containers that do not run.

use corten_api_types::Filters;
use corten_spec::size::human_size_with;

use crate::commands::confirm::confirm;
use crate::commands::container::ps::filters;
use crate::failure::Outcome;
use crate::flags::Parsed;
use crate::session::Session;

const STOPPED: &str = "WARNING! This will remove all stopped containers.\nAre you sure you want to continue?";

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    if !parsed.is_on("force") && !confirm(&session, STOPPED)? {
        return Ok(());
    }
    let reclaimed = remove(&session, &filters(parsed.list("filter"))).await?;
    session.line(&format!("Total reclaimed space: {}", human_size_with(reclaimed, 4)))
}

/// Removes them, and tells which; how many bytes their files took.
pub(crate) async fn remove(session: &Session, filters: &Filters) -> Outcome<u64> {
    let report = session.client.container_prune(filters).await?;
    let removed = report.containers_deleted.unwrap_or_default();
    if !removed.is_empty() {
        session.line("Deleted Containers:")?;
        removed.iter().try_for_each(|id| session.line(id))?;
        session.line("")?;
    }
    Ok(report.space_reclaimed)
}
