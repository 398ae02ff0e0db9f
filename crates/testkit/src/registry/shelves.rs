//! What the registry has, by repository.

use std::collections::{HashMap, HashSet};

#[derive(Debug, Default)]
pub(super) struct Shelves {
    /// What every tag stands for that nobody has pushed.
    pub(super) default: Option<String>,
    /// Blobs and manifests that every repository has.
    pub(super) everywhere: HashSet<String>,
    /// Those that a repository has besides.
    pub(super) held: HashSet<(String, String)>,
    /// By repository and tag.
    pub(super) tags: HashMap<(String, String), String>,
    /// Media types of manifests that were pushed.
    pub(super) kinds: HashMap<String, String>,
    /// How many uploads there were.
    pub(super) uploads: u64,
}

impl Shelves {
    pub(super) fn has(&self, repository: &str, digest: &str) -> bool {
        self.everywhere.contains(digest) || self.held.contains(&(repository.to_owned(), digest.to_owned()))
    }

    pub(super) fn hold(&mut self, repository: &str, digest: &str) {
        self.held.insert((repository.to_owned(), digest.to_owned()));
    }

    /// The digest of the manifest with that tag or digest.
    pub(super) fn manifest(&self, repository: &str, name: &str) -> Option<String> {
        if name.contains(':') {
            return self.has(repository, name).then(|| name.to_owned());
        }
        self.tags.get(&(repository.to_owned(), name.to_owned())).or(self.default.as_ref()).cloned()
    }

    /// The tags of a repository, sorted.
    pub(super) fn tags_of(&self, repository: &str) -> Vec<String> {
        let own = self.tags.keys().filter(|(name, _)| name == repository);
        let mut tags: Vec<String> = own.map(|(_, tag)| tag.clone()).collect();
        tags.sort();
        tags
    }
}
