//! A page of a repository's tags.
//! Whether there are more is said by [`super::link`].
//!
//! Source: OCI distribution-spec, "Listing tags".

use serde::Deserialize;

use super::text::plain;

/// Why a page is not taken.
#[derive(Debug, thiserror::Error)]
pub enum TagsError {
    /// It is no such document.
    #[error("the list of tags cannot be read")]
    Form(#[source] serde_json::Error),
    /// It names a tag that cannot be one.
    #[error("`{tag}` is no tag")]
    Tag {
        /// The text, made fit to be shown.
        tag: String,
    },
}

#[derive(Deserialize)]
struct Document {
    /// A repository without tags has `null` here at some registries.
    #[serde(default)]
    tags: Option<Vec<String>>,
}

/// Reads a page.
///
/// # Errors
/// [`TagsError`].
pub fn parse(bytes: &[u8]) -> Result<Vec<String>, TagsError> {
    let document: Document = serde_json::from_slice(bytes).map_err(TagsError::Form)?;
    let tags = document.tags.unwrap_or_default();
    match tags.iter().find(|tag| !is_tag(tag)) {
        Some(bad) => Err(TagsError::Tag { tag: plain(bad, 128) }),
        None => Ok(tags),
    }
}

/// A word of up to 128 letters, digits, `_`, `.` and `-`, which begins with none of the last two.
fn is_tag(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut bytes = text.bytes();
    text.len() <= 128
        && bytes.next().is_some_and(is_word)
        && bytes.all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, String> {
        parse(text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn tags_are_words() {
        assert_eq!(read(r#"{"name":"a","tags":["1.0","_x","latest"]}"#).unwrap(), ["1.0", "_x", "latest"]);
        assert!(read(r#"{"name":"a","tags":null}"#).unwrap().is_empty());
        assert_eq!(read(r#"{"tags":["../x\u001b"]}"#), Err("`../x` is no tag".to_owned()));
        assert_eq!(read(r#"{"tags":[""]}"#), Err("`` is no tag".to_owned()));
        assert_eq!(read("[1]"), Err("the list of tags cannot be read".to_owned()));
    }
}
