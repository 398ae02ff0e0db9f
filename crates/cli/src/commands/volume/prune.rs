//! `volume prune`: removes volumes that no container has.

use corten_api_types::Filters;
use corten_spec::size::human_size_with;

use crate::commands::confirm::confirm;
use crate::commands::container::ps::filters;
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::session::Session;

const ANONYMOUS: &str = "WARNING! This will remove anonymous local volumes not used by at least one container.\n\
                         Are you sure you want to continue?";
const ALL: &str = "WARNING! This will remove all local volumes not used by at least one container.\n\
                   Are you sure you want to continue?";

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let mut filters = filters(parsed.list("filter"));
    let all = parsed.is_on("all");
    if all {
        if filters.contains("all") {
            return Err(Failure::new("conflicting options: cannot specify both --all and --filter all=1"));
        }
        filters.add("all", "true");
    }
    if !parsed.is_on("force") && !confirm(&session, if all { ALL } else { ANONYMOUS })? {
        return Ok(());
    }
    let reclaimed = remove(&session, &filters).await?;
    session.line(&format!("Total reclaimed space: {}", human_size_with(reclaimed, 4)))
}

/// Removes them, and tells which; how many bytes they took.
pub(crate) async fn remove(session: &Session, filters: &Filters) -> Outcome<u64> {
    let report = session.client.volume_prune(filters).await?;
    let names = report.volumes_deleted.unwrap_or_default();
    if !names.is_empty() {
        session.line("Deleted Volumes:")?;
        names.iter().try_for_each(|name| session.line(name))?;
        session.line("")?;
    }
    Ok(report.space_reclaimed)
}
