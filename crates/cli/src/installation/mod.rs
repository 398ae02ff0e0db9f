//! What `system install` lays down on a machine: units of systemd, the group, completions; and a list of that, so that `system
//! uninstall` removes nothing else.

mod apply;
mod files;
mod group;
mod plan;
mod record;
mod systemd;

pub(crate) use apply::{Place, install, uninstall};
pub(crate) use files::Wanted;
