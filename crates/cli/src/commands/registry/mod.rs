//! Commands on registries.

pub(super) mod login;
pub(super) mod logout;
mod prompt;
