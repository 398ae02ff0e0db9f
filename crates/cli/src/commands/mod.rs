//! The commands, one file each, and the tree that they form.

mod batch;
mod confirm;
mod container;
mod image;
mod inspect_objects;
mod manifest;
mod moment;
mod platform;
mod registry;
mod system;
mod tree;

pub(crate) use tree::COMMANDS;
