//! Commands on images.

pub(super) mod history;
pub(crate) mod images;
pub(super) mod import;
pub(super) mod inspect;
pub(super) mod load;
pub(crate) mod names;
pub(super) mod prune;
pub(super) mod pull;
pub(super) mod push;
pub(super) mod rmi;
pub(super) mod save;
pub(super) mod tag;
mod tree;

pub(super) use tree::COMMANDS;
