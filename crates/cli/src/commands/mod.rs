//! The commands, one file each, and the tree that they form.

/// A command's function as the tree holds it.
macro_rules! run {
    ($function:path) => {
        $crate::command::Run::Client(|session, parsed| Box::pin($function(session, parsed)))
    };
}

mod batch;
pub(crate) mod completion;
mod confirm;
mod container;
mod context;
mod image;
mod inspect_objects;
mod manifest;
mod moment;
mod network;
mod platform;
mod registry;
mod system;
mod tree;
mod volume;

pub(crate) use tree::commands;
