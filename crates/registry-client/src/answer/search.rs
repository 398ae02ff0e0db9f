//! What a search has found.
//!
//! Source: Docker's registry API v1, "Search", which no newer specification has taken over.

use serde::Deserialize;

/// A repository that was found. Its texts are somebody's, and not fit to be shown as they are.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FoundRepository {
    /// Its name.
    pub name: String,
    /// What its owner says about it; some indexes have `null`.
    #[serde(default)]
    pub description: Option<String>,
    /// How many like it.
    #[serde(default)]
    pub star_count: i64,
    /// Whether it is one of the index's own.
    #[serde(default)]
    pub is_official: bool,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    results: Option<Vec<FoundRepository>>,
}

/// Why an answer is not taken.
#[derive(Debug, thiserror::Error)]
#[error("what was found cannot be read")]
pub struct SearchError(#[from] serde_json::Error);

/// Reads the answer.
///
/// # Errors
/// [`SearchError`] for what is no such document.
pub fn parse(bytes: &[u8]) -> Result<Vec<FoundRepository>, SearchError> {
    let document: Document = serde_json::from_slice(bytes)?;
    Ok(document.results.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn what_an_index_does_not_say_is_nothing() {
        let found = parse(br#"{"results":[{"name":"a/b","description":null,"star_count":3}]}"#).unwrap();
        assert_eq!((found[0].name.as_str(), found[0].star_count, found[0].is_official), ("a/b", 3, false));
        assert!(parse(br#"{"results":null}"#).unwrap().is_empty());
        assert_eq!(parse(b"x").unwrap_err().to_string(), "what was found cannot be read");
    }
}
