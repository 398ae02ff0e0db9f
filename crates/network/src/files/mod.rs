//! The files of `/etc` that tell a container about its network, as text. Pure: what the host's say is handed in.

mod hosts;
mod resolv_conf;

pub use hosts::{ExtraHost, HostNames, Hosts, UnknownGateway, with_address};
pub use resolv_conf::{ResolvConf, Wanted, stands_behind_stub};
