//! Descriptors of the directories that entries were placed in last.
//!
//! It does not resolve paths; whoever replaces a directory or link has to empty it.

use std::os::fd::OwnedFd;
use std::rc::Rc;

/// How many directories stay open: an archive mostly returns to a directory that it left a few entries ago.
const KEPT: usize = 16;

/// An open directory of the layer.
pub(crate) struct Parent {
    pub(crate) fd: OwnedFd,
    /// Where it really is, links resolved.
    pub(crate) path: Vec<u8>,
}

/// The open directories by the path that an entry used for them, the latest last.
#[derive(Default)]
pub(crate) struct Parents {
    recent: Vec<(Vec<u8>, Rc<Parent>)>,
}

impl Parents {
    pub(crate) fn get(&mut self, requested: &[u8]) -> Option<Rc<Parent>> {
        let at = self.recent.iter().rposition(|(path, _)| path == requested)?;
        let last = self.recent.len() - 1;
        if at != last {
            self.recent[at..].rotate_left(1);
        }
        Some(Rc::clone(&self.recent[last].1))
    }

    pub(crate) fn keep(&mut self, requested: Vec<u8>, parent: Rc<Parent>) {
        if self.recent.len() == KEPT {
            self.recent.remove(0);
        }
        self.recent.push((requested, parent));
    }

    pub(crate) fn clear(&mut self) {
        self.recent.clear();
    }
}
