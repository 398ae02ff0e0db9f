//! Commands on the engine.

pub(super) mod boot;
pub(super) mod check;
mod client_version;
pub(super) mod df;
pub(super) mod dial_stdio;
pub(super) mod events;
pub(super) mod info;
pub(super) mod inspect;
pub(super) mod install;
pub(super) mod mend;
pub(super) mod openapi;
pub(super) mod prune;
pub(super) mod reap;
pub(super) mod settle;
pub(super) mod uninstall;
pub(super) mod upgrade;
pub(super) mod version;
