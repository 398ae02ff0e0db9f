//! Commands on contexts: names for engines. None of them talks to one.

mod create;
mod export;
mod import;
mod inspect;
mod known;
mod ls;
mod options;
mod rm;
mod show;
mod tree;
mod update;
mod use_context;

pub(super) use tree::COMMANDS;
