//! Copies a directory tree with all that makes it what it is: owners, modes, times, extended attributes, hard links, holes, special files.
//!
//! Both trees are walked by descriptor, and no link is followed. Nobody may change either meanwhile.

mod attributes;
mod content;
mod walk;

pub(crate) use attributes::copy_attributes;
pub(crate) use walk::copy_tree;
