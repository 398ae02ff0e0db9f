//! `/build`, of which there is what holds for an engine that has built nothing.

use corten_api_types::build::PruneReport;

use crate::failure::Failure;
use crate::query::Query;
use crate::respond::{self, Answer};

/// Filters that a build cache takes.
const KNOWN: [&str; 11] = [
    "description",
    "id",
    "inuse",
    "label",
    "label!",
    "parent",
    "private",
    "shared",
    "type",
    "until",
    "unused-for",
];

/// `POST /build/prune`: there is no cache, so nothing goes.
pub(crate) fn prune(query: &Query) -> Answer {
    if let Some(name) = query.filters()?.keys().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(Failure::invalid(format!("invalid filter '{name}'")));
    }
    respond::json(&PruneReport::default())
}
