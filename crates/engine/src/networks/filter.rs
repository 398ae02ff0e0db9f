//! Which networks a list shows: Docker's filters.

use std::collections::BTreeMap;

use corten_spec::time::parse_since;

use super::Network;
use crate::clock::now;
use crate::error::EngineError;
use crate::pattern;

/// Values by the filter's name.
pub(super) type Filters = BTreeMap<String, Vec<String>>;

const OF_A_LIST: [&str; 7] = ["dangling", "driver", "id", "label", "name", "scope", "type"];
const OF_A_PRUNE: [&str; 3] = ["label", "label!", "until"];

/// Refuses what makes no sense for a list.
pub(super) fn check(filters: &Filters) -> Result<(), EngineError> {
    know(filters, &OF_A_LIST)?;
    let invalid = |text: String| Err(EngineError::Invalid(text));
    match filters.get("dangling").map(Vec::as_slice) {
        None | Some([]) => {}
        Some([value]) if matches!(value.as_str(), "0" | "false" | "1" | "true") => {}
        Some([_]) => {
            return invalid(
                "invalid value for filter 'dangling', must be \"true\" (or \"1\"), or \"false\" (or \"0\")"
                    .to_owned(),
            );
        }
        Some(_) => return invalid("got more than one value for filter key \"dangling\"".to_owned()),
    }
    match filters
        .get("type")
        .into_iter()
        .flatten()
        .find(|kind| !["builtin", "custom"].contains(&kind.as_str()))
    {
        Some(kind) => invalid(format!("invalid filter: 'type'='{kind}'")),
        None => Ok(()),
    }
}

/// Refuses what makes no sense for a prune.
pub(super) fn check_prune(filters: &Filters) -> Result<(), EngineError> {
    know(filters, &OF_A_PRUNE)?;
    match filters.get("until").map(Vec::as_slice) {
        None | Some([]) => Ok(()),
        Some([until]) => {
            parse_since(until, now()).map(drop).map_err(|error| EngineError::Invalid(error.to_string()))
        }
        Some(_) => Err(EngineError::Invalid("more than one until filter specified".to_owned())),
    }
}

fn know(filters: &Filters, known: &[&str]) -> Result<(), EngineError> {
    match filters.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(EngineError::Invalid(format!("invalid filter '{name}'"))),
        None => Ok(()),
    }
}

/// Values of one name are alternatives.
pub(super) fn passes(network: &Network, filters: &Filters) -> bool {
    filters.iter().all(|(name, values)| {
        values.iter().any(|value| match name.as_str() {
            "driver" => network.driver == value,
            "id" => pattern::matches(value, &network.id),
            "name" => pattern::matches(value, network.name),
            "scope" => value == "local",
            "type" => value == "builtin",
            // What every engine has has no labels, and is never called unused.
            _ => name == "dangling" && matches!(value.as_str(), "0" | "false"),
        })
    })
}
