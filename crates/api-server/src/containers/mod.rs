//! `/containers`: one file per group of operations; the translations between Docker's shapes and the engine's apart from them.

mod archive;
mod attach;
mod changes;
mod client_version;
mod commit;
mod create;
mod export;
mod inspect;
mod lifecycle;
mod list;
mod logs;
mod mount_points;
mod networking;
mod refuse;
mod request_config;
mod resources;
mod response_config;
mod stats;
mod update;
mod visit;
mod wait;

pub(crate) use archive::{archive, extract, stat_path};
pub(crate) use attach::{attach, attach_websocket};
pub(crate) use changes::changes;
pub(crate) use commit::{commit, name};
pub(crate) use create::create;
pub(crate) use export::export;
pub(crate) use inspect::{health, inspect, top};
pub(crate) use lifecycle::{
    kill, pause, remove, rename, resize, restart, size_parameters, start, stop, unpause,
};
pub(crate) use list::{list, prune, summary, with_link_names};
pub(crate) use logs::logs;
pub(crate) use request_config::terminal_size;
pub(crate) use stats::stats;
pub(crate) use update::update;
pub(crate) use wait::wait;
