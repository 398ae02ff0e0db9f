//! `image prune`: removes images that nobody needs, or only blobs that can be had again.

use corten_api_types::Filters;
use corten_spec::size::human_size_with;

use crate::commands::confirm::confirm;
use crate::commands::container::ps::filters;
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::session::Session;

const DANGLING: &str = "WARNING! This will remove all dangling images.\nAre you sure you want to continue?";
const ALL: &str = "WARNING! This will remove all images without at least one container associated to them.\n\
                   Are you sure you want to continue?";
const BLOBS: &str = "WARNING! This will drop the blobs of layers that can be had again: made of the unpacked layer, or fetched from a registry.\n\
                     Are you sure you want to continue?";

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    if parsed.is_on("blobs") {
        return drop_blobs(session, &parsed).await;
    }
    let all = parsed.is_on("all");
    if !parsed.is_on("force") && !confirm(&session, if all { ALL } else { DANGLING })? {
        return Ok(());
    }
    let reclaimed = remove(&session, filters(parsed.list("filter")), all).await?;
    session.line(&format!("Total reclaimed space: {}", human_size_with(reclaimed, 4)))
}

/// Removes them, and tells which; how many bytes they took.
pub(crate) async fn remove(session: &Session, mut filters: Filters, all: bool) -> Outcome<u64> {
    filters.add("dangling", if all { "false" } else { "true" });
    let report = session.client.image_prune(&filters).await?;
    let items = report.images_deleted.unwrap_or_default();
    if !items.is_empty() {
        session.line("Deleted Images:")?;
        for item in &items {
            match item.untagged.as_str() {
                "" => session.line(&format!("deleted: {}", item.deleted))?,
                name => session.line(&format!("untagged: {name}"))?,
            }
        }
        session.line("")?;
    }
    Ok(report.space_reclaimed)
}

/// What images run on stays: only pushing and saving them takes longer.
async fn drop_blobs(session: Session, parsed: &Parsed) -> Outcome {
    if parsed.is_on("all") || !parsed.list("filter").is_empty() {
        return Err(Failure::new(
            "--blobs drops the blobs of all images: it goes with neither --all nor --filter",
        ));
    }
    if !parsed.is_on("force") && !confirm(&session, BLOBS)? {
        return Ok(());
    }
    let dropped = session.client.drop_blobs().await?;
    if !dropped.blobs.is_empty() {
        session.line("Dropped Blobs:")?;
        dropped.blobs.iter().try_for_each(|blob| session.line(&format!("dropped: {blob}")))?;
        session.line("")?;
    }
    session.line(&format!("Total reclaimed space: {}", human_size_with(dropped.space_reclaimed, 4)))
}
