//! `--platform` as the API takes it.

use corten_spec::platform::Platform;

use crate::failure::{Failure, Outcome};

/// `linux/arm/v7` as the JSON of the API; empty text stays empty.
pub(super) fn to_json(text: &str) -> Outcome<String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    let platform: Platform =
        text.parse().map_err(|error| Failure::new(format!("invalid platform: {error}")))?;
    Ok(serde_json::json!(platform).to_string())
}

/// The same for a flag that takes several, with commas between them.
pub(super) fn list_to_json(texts: &[String]) -> Outcome<Vec<String>> {
    texts.iter().flat_map(|text| text.split(',')).map(to_json).collect()
}
