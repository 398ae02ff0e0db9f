//! Commands on registries.

mod login;
mod logout;
mod prompt;
mod search;
mod tree;

pub(super) use tree::COMMANDS;
