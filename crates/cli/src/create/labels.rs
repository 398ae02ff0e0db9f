//! Labels and other `key=value` lists as maps.

use std::collections::BTreeMap;

/// The last value of a key counts; a key without `=` has an empty value.
pub(crate) fn to_map<'a>(entries: impl IntoIterator<Item = &'a String>) -> BTreeMap<String, String> {
    entries
        .into_iter()
        .map(|entry| {
            let (key, value) = entry.split_once('=').unwrap_or((entry, ""));
            (key.to_owned(), value.to_owned())
        })
        .collect()
}
