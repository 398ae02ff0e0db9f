//! What was asked of a registry, in words: the first half of every error message.
//! What came of it is [`crate::Failure`]'s.

use std::fmt;

use corten_spec::digest::Digest;

/// Something that was asked of one registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What.
    pub action: Action,
    /// The repository, as the registry calls it: `library/alpine`. Nothing where none matters.
    pub repository: String,
    /// The registry, as references call it: `docker.io`.
    pub registry: String,
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// To give the manifest or index with this tag or digest.
    FetchManifest(String),
    /// To give a blob.
    FetchBlob(Digest),
    /// To name its tags.
    ListTags,
    /// To name what refers to this manifest.
    ListReferrers(Digest),
    /// To say whether it has a blob.
    FindBlob(Digest),
    /// To take a blob.
    PushBlob(Digest),
    /// To take a manifest or index under this tag or digest.
    PushManifest(String),
    /// To let the user in.
    Login,
    /// To find repositories.
    Search(String),
    /// To give the file at this URL.
    FetchFile(String),
}

/// As it follows `cannot`.
impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { repository, registry, .. } = self;
        match &self.action {
            Action::FetchManifest(name) => {
                write!(f, "fetch manifest `{name}` of `{repository}` from `{registry}`")
            }
            Action::FetchBlob(digest) => {
                write!(f, "fetch blob `{digest}` of `{repository}` from `{registry}`")
            }
            Action::ListTags => write!(f, "list the tags of `{repository}` at `{registry}`"),
            Action::ListReferrers(digest) => {
                write!(f, "list what refers to `{digest}` in `{repository}` at `{registry}`")
            }
            Action::FindBlob(digest) => {
                write!(f, "look for blob `{digest}` of `{repository}` at `{registry}`")
            }
            Action::PushBlob(digest) => write!(f, "push blob `{digest}` of `{repository}` to `{registry}`"),
            Action::PushManifest(name) => {
                write!(f, "push manifest `{name}` of `{repository}` to `{registry}`")
            }
            Action::FetchFile(url) => write!(f, "fetch `{url}`"),
            Action::Search(term) => write!(f, "search `{registry}` for `{term}`"),
            Action::Login => write!(f, "log in to `{registry}`"),
        }
    }
}
