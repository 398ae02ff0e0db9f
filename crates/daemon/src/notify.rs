//! Telling the service manager how things stand (sd_notify(3)).

use std::env;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Clients are served.
pub(crate) const READY: &str = "READY=1";

/// No new clients are served.
pub(crate) const STOPPING: &str = "STOPPING=1";

/// Tells the manager, if there is one that listens; nobody depends on its hearing.
pub(crate) fn tell(state: &str) {
    let Some(name) = env::var_os("NOTIFY_SOCKET").map(|name| name.into_vec()) else { return };
    let address = match name.split_first() {
        Some((b'@', name)) => SocketAddr::from_abstract_name(name),
        _ => SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(&name)),
    };
    let Ok(address) = address else { return };
    let _ = UnixDatagram::unbound().and_then(|socket| socket.send_to_addr(state.as_bytes(), &address));
}
