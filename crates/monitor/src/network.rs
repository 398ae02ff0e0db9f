//! A container whose network namespace belongs to its user namespace: it can only be connected once its process has made it, by the
//! engine that waits for the start.

use std::os::fd::OwnedFd;

use corten_runtime::Starting;
use corten_sys::packet;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::control::parse;
use crate::failure::{Failure, doing};
use crate::protocol::{MAX_PACKET, Reply, Request};

/// How long the engine may take: it may have to wait for another that makes bridges.
const PATIENCE: Timespec = Timespec { tv_sec: 60, tv_nsec: 0 };

/// Has the engine connect the process's network, and lets the process go on.
pub(crate) fn await_engine(process: &mut Starting, engine: &OwnedFd) -> Result<(), Failure> {
    process.await_network()?;
    let due = serde_json::to_vec(&Reply::NetworkDue { pid: process.pid() }).map_err(std::io::Error::from);
    doing("ask for the network", due.and_then(|bytes| packet::send(engine, &bytes, &[])))?;
    let mut heard = [PollFd::new(engine, PollFlags::IN)];
    // Whatever ends this is seen by what there is to receive.
    let _ = poll(&mut heard, Some(&PATIENCE));
    let mut buffer = vec![0; MAX_PACKET];
    let packet = doing("wait for the network", packet::receive_now(engine, &mut buffer))?;
    match parse(&buffer[..packet.length])? {
        Request::NetworkReady => Ok(process.network_is_there()?),
        _ => Err(Failure::new("the network was asked for, and nothing else")),
    }
}
