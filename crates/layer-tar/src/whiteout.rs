//! Names by which a layer takes things of lower layers away, in the form that overlay file systems read.
//!
//! See the OCI image specification, "Image Layer Filesystem Changeset", and the kernel's overlayfs.rst.

use rustix::fs::{self, FileType, Mode};
use rustix::io::Errno;

use crate::clean_path::push;
use crate::destination::Destination;
use crate::error::{LayerTarError, shown};
use crate::index::Node;
use crate::parents::Parent;

/// What the name of an entry begins with that takes another name away.
pub(crate) const PREFIX: &[u8] = b".wh.";

/// The name of an entry that takes everything away that lower layers have in its directory.
pub(crate) const OPAQUE: &[u8] = b".wh..wh..opq";

/// What the name of an entry says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Whiteout<'a> {
    /// The name is taken away.
    Of(&'a [u8]),
    /// Everything that lower layers have in the entry's directory is taken away.
    Opaque,
    /// Bookkeeping of AUFS, where these names come from; nobody else needs it.
    Foreign,
}

/// Reads an entry's last path component; `None` for an ordinary name.
pub(crate) fn recognise(name: &[u8]) -> Option<Whiteout<'_>> {
    let hidden = name.strip_prefix(PREFIX)?;
    Some(match hidden.strip_prefix(PREFIX) {
        Some(b".opq") => Whiteout::Opaque,
        Some(_) => Whiteout::Foreign,
        None => Whiteout::Of(hidden),
    })
}

impl Destination<'_> {
    /// Takes `name` away from what lower layers show in the directory `parent`.
    ///
    /// What this layer itself has there stays, whichever came first: a whiteout is about lower layers alone.
    pub(crate) fn hide(&mut self, parent: &Parent, name: &[u8]) -> Result<(), LayerTarError> {
        let mut path = parent.path.clone();
        push(&mut path, name);
        if matches!(name, b"" | b"." | b"..") {
            return Err(LayerTarError::Path {
                path: shown(&path),
                problem: "a whiteout of it means nothing",
            });
        }
        if let Some(directory) = self.index.directory_mut(&path) {
            directory.opaque = true;
            directory.return_borrowed();
            return Ok(());
        }
        match fs::mknodat(&parent.fd, name, FileType::CharacterDevice, Mode::empty(), 0) {
            Ok(()) => {
                self.index.insert(path, Node::Whiteout);
                if let Some(directory) = self.index.directory_mut(&parent.path) {
                    directory.whiteouts = true;
                }
                Ok(())
            }
            Err(Errno::EXIST) => Ok(()),
            Err(source) => {
                Err(LayerTarError::Object { verb: "make a whiteout of", path: shown(&path), source })
            }
        }
    }

    /// Takes away everything that lower layers show in the directory `parent`.
    pub(crate) fn hide_all(&mut self, parent: &Parent) -> Result<(), LayerTarError> {
        if parent.path.is_empty() {
            // Only with the lower layers can it be said what their roots hold.
            self.self_contained &= self.lowers.root_names()?.is_empty();
        }
        if let Some(directory) = self.index.directory_mut(&parent.path) {
            directory.opaque = true;
        }
        Ok(())
    }

    /// Overlay file systems do not heed the mark on the root of a layer: takes away each name instead, when it is
    /// known what this layer has itself.
    pub(crate) fn hide_roots(&mut self) -> Result<(), LayerTarError> {
        match self.index.directory_mut(b"") {
            Some(root) if root.opaque => root.opaque = false,
            _ => return Ok(()),
        }
        let root = self.parent(b"")?;
        for name in self.lowers.root_names()? {
            self.hide(&root, &name)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        assert_eq!(recognise(b".wh.a"), Some(Whiteout::Of(b"a")));
        assert_eq!(recognise(b".wh..a"), Some(Whiteout::Of(b".a")));
        assert_eq!(recognise(b".wh..wh..opq"), Some(Whiteout::Opaque));
        assert_eq!(recognise(b".wh..wh.plnk"), Some(Whiteout::Foreign));
        assert_eq!(recognise(b".whale"), None);
    }
}
