//! Commands on networks.

pub(super) mod inspect;
mod ls;
pub(super) mod prune;
mod rm;
mod tree;

pub(super) use tree::COMMANDS;
