//! `system prune`: removes whatever nobody needs.

use corten_api_types::Filters;
use corten_spec::size::human_size_with;

use crate::commands::confirm::confirm;
use crate::commands::container::ps::filters;
use crate::commands::{container, image, network, volume};
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::output::natural;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let filters = filters(parsed.list("filter"));
    let (all, volumes) = (parsed.is_on("all"), parsed.is_on("volumes"));
    if volumes && filters.contains("until") {
        return Err(Failure::new("ERROR: The \"until\" filter is not supported with \"--volumes\""));
    }
    if !parsed.is_on("force") && !confirm(&session, &warning(all, volumes, &filters))? {
        return Ok(());
    }
    let mut reclaimed = container::prune::remove(&session, &filters).await?;
    network::prune::remove(&session, &filters).await?;
    if volumes {
        reclaimed += volume::prune::remove(&session, &filters).await?;
    }
    reclaimed += image::prune::remove(&session, filters, all).await?;
    session.line(&format!("Total reclaimed space: {}", human_size_with(reclaimed, 4)))
}

/// What goes. A build cache, which Docker names last, is not there to go.
fn warning(all: bool, volumes: bool, filters: &Filters) -> String {
    let volumes = volumes.then_some("all anonymous volumes not used by at least one container");
    let images = if all {
        "all images without at least one container associated to them"
    } else {
        "all dangling images"
    };
    let mut text = "WARNING! This will remove:\n".to_owned();
    let always = ["all stopped containers", "all networks not used by at least one container"];
    for what in always.into_iter().chain(volumes).chain([images]) {
        text.push_str(&format!("  - {what}\n"));
    }
    let mut conditions: Vec<String> = ["label", "label!", "until"]
        .into_iter()
        .flat_map(|name| filters.get(name).map(move |value| format!("{name}={value}")))
        .collect();
    conditions.sort_by_key(|condition| natural(condition));
    if !conditions.is_empty() {
        text.push_str("\n  Items to be pruned will be filtered with:\n");
        conditions.iter().for_each(|condition| text.push_str(&format!("  - {condition}\n")));
    }
    text.push_str("\nAre you sure you want to continue?");
    text
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn the_warning_names_what_goes() {
        let mut filters = Filters::default();
        filters.add("label", "x=y");
        expect![[r#"
            WARNING! This will remove:
              - all stopped containers
              - all networks not used by at least one container
              - all anonymous volumes not used by at least one container
              - all images without at least one container associated to them

              Items to be pruned will be filtered with:
              - label=x=y

            Are you sure you want to continue?"#]]
        .assert_eq(&warning(true, true, &filters));
    }
}
