//! Commands on containers.

mod api_socket;
pub(super) mod attach;
pub(super) mod commit;
pub(super) mod cp;
pub(super) mod create;
pub(super) mod diff;
pub(super) mod exec;
pub(super) mod export;
pub(super) mod inspect;
pub(super) mod kill;
pub(super) mod logs;
pub(super) mod pause;
pub(super) mod port;
mod ports;
pub(super) mod prune;
pub(super) mod ps;
pub(super) mod rename;
pub(super) mod restart;
pub(super) mod rm;
pub(super) mod run;
pub(super) mod start;
pub(super) mod stats;
pub(super) mod stop;
pub(super) mod top;
pub(super) mod unpause;
pub(super) mod update;
pub(super) mod wait;
