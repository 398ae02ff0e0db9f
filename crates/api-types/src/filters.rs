//! The `filters` query parameter of the list, events and prune operations.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// Filter values by key; a key without values is not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters(BTreeMap<String, BTreeSet<String>>);

/// The `filters` parameter is not the JSON that the API asks for; `Display` is Docker's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidFilter;

impl std::fmt::Display for InvalidFilter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("invalid filter")
    }
}

impl std::error::Error for InvalidFilter {}

impl Filters {
    /// Reads `{"label":{"a=b":true}}` and the older `{"label":["a=b"]}`; empty text means no filters.
    ///
    /// # Errors
    /// [`InvalidFilter`] when the text is neither.
    pub fn from_json(text: &str) -> Result<Self, InvalidFilter> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Values {
            Set(BTreeMap<String, bool>),
            List(Vec<String>),
        }
        if text.is_empty() {
            return Ok(Self::default());
        }
        let parsed: BTreeMap<String, Values> = serde_json::from_str(text).map_err(|_| InvalidFilter)?;
        let mut filters = Self::default();
        for (key, values) in parsed {
            let values: Vec<String> = match values {
                Values::Set(set) => set.into_keys().collect(),
                Values::List(list) => list,
            };
            for value in values {
                filters.add(&key, &value);
            }
        }
        Ok(filters)
    }

    /// The JSON that goes into the query; `None` without filters, since the parameter is then left out.
    #[must_use]
    pub fn to_json(&self) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let sets: BTreeMap<&String, BTreeMap<&String, bool>> = self
            .0
            .iter()
            .map(|(key, values)| (key, values.iter().map(|value| (value, true)).collect()))
            .collect();
        Some(serde_json::json!(sets).to_string())
    }

    /// Adds one value to a key.
    pub fn add(&mut self, key: &str, value: &str) {
        self.0.entry(key.to_owned()).or_default().insert(value.to_owned());
    }

    /// The values of a key, none if the key is not there.
    pub fn get(&self, key: &str) -> impl Iterator<Item = &str> {
        self.0.get(key).into_iter().flatten().map(String::as_str)
    }

    /// Whether the key has at least one value.
    #[must_use]
    pub fn contains(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// The keys that have values, for a server that refuses those it does not know.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether there is no filter at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_filter_are_the_same() {
        let set = Filters::from_json(r#"{"label":{"a=b":true,"c":true}}"#).unwrap();
        let list = Filters::from_json(r#"{"label":["c","a=b"]}"#).unwrap();
        assert_eq!(set, list);
        assert_eq!(set.to_json().unwrap(), r#"{"label":{"a=b":true,"c":true}}"#);
    }

    #[test]
    fn other_json_is_refused_with_dockers_text() {
        for text in ["[]", "{", r#"{"label":"a"}"#] {
            assert_eq!(Filters::from_json(text).unwrap_err().to_string(), "invalid filter", "{text}");
        }
    }

    #[test]
    fn no_filter_leaves_the_parameter_out() {
        assert_eq!(Filters::from_json("").unwrap().to_json(), None);
    }
}
