//! What one layer has of directories, symbolic links and whiteouts so far, by path.
//!
//! It knows neither files, which nothing can be placed below, nor the layers below; and it is memory alone.

use std::collections::BTreeMap;

use crate::Metadata;
use crate::clean_path::split;

/// An object that matters to where later entries go. Paths are clean and lead through directories alone.
#[derive(Debug)]
pub(crate) enum Node {
    Directory(Directory),
    Symlink(Vec<u8>),
    Whiteout,
}

/// A directory whose metadata is applied when everything in it is in place.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    pub(crate) metadata: Metadata,
    /// Hides what lower layers have at this path.
    pub(crate) opaque: bool,
    /// Has whiteouts in it, of what lower layers may have or not.
    pub(crate) whiteouts: bool,
    /// Has the metadata of a lower layer's, for want of its own.
    pub(crate) borrowed: bool,
}

impl Directory {
    /// To be called when what it borrowed from is no more.
    pub(crate) fn return_borrowed(&mut self) {
        if std::mem::take(&mut self.borrowed) {
            self.metadata = Self::plain().metadata;
        }
    }

    pub(crate) fn with(metadata: Metadata) -> Self {
        Self { metadata, opaque: false, whiteouts: false, borrowed: false }
    }

    /// One that no archive describes: root's, for everybody to read.
    pub(crate) fn plain() -> Self {
        Self::with(Metadata { mode: 0o755, ..Metadata::default() })
    }
}

/// The layer's directories (the root always among them), links and whiteouts.
#[derive(Debug)]
pub(crate) struct Index {
    nodes: BTreeMap<Vec<u8>, Node>,
}

impl Index {
    pub(crate) fn new() -> Self {
        Self { nodes: BTreeMap::from([(Vec::new(), Node::Directory(Directory::plain()))]) }
    }

    pub(crate) fn get(&self, path: &[u8]) -> Option<&Node> {
        self.nodes.get(path)
    }

    pub(crate) fn directory_mut(&mut self, path: &[u8]) -> Option<&mut Directory> {
        match self.nodes.get_mut(path) {
            Some(Node::Directory(directory)) => Some(directory),
            _ => None,
        }
    }

    pub(crate) fn insert(&mut self, path: Vec<u8>, node: Node) {
        self.nodes.insert(path, node);
    }

    /// Forgets the object and everything below it.
    pub(crate) fn forget(&mut self, path: &[u8]) -> Option<Node> {
        // '0' follows '/': the range is exactly the paths below.
        let (first, past) = ([path, b"/"].concat(), [path, b"0"].concat());
        let below: Vec<_> = self.nodes.range(first..past).map(|(below, _)| below.clone()).collect();
        for below in below {
            self.nodes.remove(&below);
        }
        self.nodes.remove(path)
    }

    /// Whether a directory of this layer above the path hides what lower layers have there.
    pub(crate) fn hides(&self, path: &[u8]) -> bool {
        let mut path = path;
        while !path.is_empty() {
            path = split(path).0;
            if matches!(self.nodes.get(path), Some(Node::Directory(directory)) if directory.opaque) {
                return true;
            }
        }
        false
    }

    /// Gives back what was borrowed from directories that turned out to be hidden: marks stand in any order.
    pub(crate) fn return_hidden(&mut self) {
        let is_hidden = |(path, node): &(&Vec<u8>, &Node)| match node {
            Node::Directory(directory) => directory.borrowed && self.hides(path),
            Node::Symlink(_) | Node::Whiteout => false,
        };
        let hidden: Vec<_> = self.nodes.iter().filter(is_hidden).map(|(path, _)| path.clone()).collect();
        for path in hidden {
            if let Some(directory) = self.directory_mut(&path) {
                directory.return_borrowed();
            }
        }
    }

    /// All directories, each before the one that it is in.
    pub(crate) fn into_directories(self) -> impl Iterator<Item = (Vec<u8>, Directory)> {
        self.nodes.into_iter().rev().filter_map(|(path, node)| match node {
            Node::Directory(directory) => Some((path, directory)),
            Node::Symlink(_) | Node::Whiteout => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(paths: &[&str]) -> Index {
        let mut index = Index::new();
        for path in paths {
            index.insert(path.as_bytes().to_vec(), Node::Directory(Directory::plain()));
        }
        index
    }

    #[test]
    fn forgetting_takes_what_is_below_and_nothing_beside() {
        let mut index = index(&["a", "a/b", "a/b/c", "a-b", "a.d", "a0", "b"]);
        assert!(index.forget(b"a").is_some());
        let left: Vec<_> =
            index.into_directories().map(|(path, _)| String::from_utf8(path).unwrap()).collect();
        assert_eq!(left, ["b", "a0", "a.d", "a-b", ""]);
    }

    #[test]
    fn an_opaque_directory_hides_what_is_below_it_and_not_itself() {
        let mut index = index(&["a", "a/b"]);
        index.directory_mut(b"a").unwrap().opaque = true;
        assert!(index.hides(b"a/b/c") && index.hides(b"a/x"));
        assert!(!index.hides(b"a") && !index.hides(b"ab/c"));
    }
}
