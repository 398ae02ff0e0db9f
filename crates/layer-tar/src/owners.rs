//! Who owns what in an archive, and who in a tree whose ids are those of a user namespace.
//!
//! It looks nobody up by name.

use std::os::fd::BorrowedFd;

/// A user and a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// User.
    pub uid: u32,
    /// Group.
    pub gid: u32,
}

/// How the owners in a tree and those in archives of it stand for each other.
pub trait Owners {
    /// Who owns an object of the tree, which is open, in an archive.
    fn in_archive(&self, object: BorrowedFd<'_>, owner: Owner) -> Owner;

    /// Who is to own an object in the tree, given the directory that it is in; `None` for one who has no id there.
    fn in_tree(&self, directory: BorrowedFd<'_>, owner: Owner) -> Option<Owner>;
}

/// The same in both.
#[derive(Debug, Clone, Copy)]
pub struct SameOwners;

impl Owners for SameOwners {
    fn in_archive(&self, _object: BorrowedFd<'_>, owner: Owner) -> Owner {
        owner
    }

    fn in_tree(&self, _directory: BorrowedFd<'_>, owner: Owner) -> Option<Owner> {
        Some(owner)
    }
}
