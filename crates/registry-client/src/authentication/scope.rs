//! What a token has to allow.
//! Whether it does, the registry decides.
//!
//! Source: Docker Registry v2 token scopes.

/// Any number of `repository:<path>:<actions>`, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Scopes(Vec<String>);

impl Scopes {
    /// Nothing in particular.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// To read `path`.
    pub(crate) fn pull(path: &str) -> Self {
        Self(vec![format!("repository:{path}:pull")])
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}
