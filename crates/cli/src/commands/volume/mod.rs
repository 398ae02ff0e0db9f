//! Commands on volumes.

mod create;
pub(super) mod inspect;
pub(super) mod ls;
pub(super) mod prune;
mod rm;
mod tree;

pub(super) use tree::COMMANDS;
