//! Labels as filters ask for them.

use std::collections::BTreeMap;

/// Whether a thing has the label that is wanted, `name` or `name=value`.
pub fn has(labels: &BTreeMap<String, String>, wanted: &str) -> bool {
    match wanted.split_once('=') {
        Some((name, value)) => labels.get(name).is_some_and(|found| found == value),
        None => labels.contains_key(wanted),
    }
}
