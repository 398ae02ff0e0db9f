//! Commands on networks.

pub(super) mod inspect;
mod ls;
mod rm;
mod tree;

pub(super) use tree::COMMANDS;
