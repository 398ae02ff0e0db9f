//! What a relay is told: packets of sockets and where each leads, the first with the container's init beside them.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use corten_spec::port::Protocol;
use corten_sys::packet::{self, MAX_DESCRIPTORS};
use serde::{Deserialize, Serialize};

use super::RELAY;
use crate::client::ClientError;
use crate::client::execute;
use crate::failure::{Failure, doing};

/// The largest packet: sixteen addresses and a path take a tenth of it.
const MAX_PACKET: usize = 16 * 1024;

/// How many sockets go with one packet, the container's init beside them.
const AT_ONCE: usize = MAX_DESCRIPTORS - 1;

/// What a socket is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listening {
    /// Datagrams instead of streams.
    pub datagrams: bool,
    /// The container's address and port.
    pub target: SocketAddr,
}

impl Listening {
    pub(super) fn protocol(self) -> Protocol {
        if self.datagrams { Protocol::Udp } else { Protocol::Tcp }
    }
}

/// One packet. Descriptors: in the first the container's init (pidfd), then in each a socket for every entry.
#[derive(Debug, Serialize, Deserialize)]
struct Batch {
    /// What comes beside it.
    sockets: Vec<Listening>,
    /// Whether another packet follows.
    more: bool,
    /// The cgroup of monitors, absolute within every hierarchy.
    monitor_cgroup: String,
}

/// A socket and what it is for.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) socket: OwnedFd,
    pub(super) listening: Listening,
}

/// All that a relay is told.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) monitor_cgroup: String,
    /// It becomes readable with the end of the container.
    pub(super) init: OwnedFd,
    pub(super) held: Vec<Held>,
}

/// Starts a relay and hands it the sockets, which do not block; it has them when this returns, and keeps them until the container ends.
///
/// # Errors
/// [`ClientError::Channel`], [`ClientError::Send`] and [`ClientError::Spawn`].
pub fn hand_over(
    program: &Path,
    monitor_cgroup: &str,
    init: BorrowedFd<'_>,
    sockets: &[(Listening, BorrowedFd<'_>)],
) -> Result<(), ClientError> {
    let (here, there) = packet::pair().map_err(ClientError::Channel)?;
    let mut child = execute(program, &[RELAY], there)?;
    let batches = sockets.len().div_ceil(AT_ONCE);
    for (number, batch) in sockets.chunks(AT_ONCE).enumerate() {
        let listening = batch.iter().map(|(listening, _)| *listening).collect();
        let more = number + 1 < batches;
        let packet = Batch { sockets: listening, more, monitor_cgroup: monitor_cgroup.to_owned() };
        let first = (number == 0).then_some(init);
        let beside: Vec<_> = first.into_iter().chain(batch.iter().map(|(_, socket)| *socket)).collect();
        let bytes = serde_json::to_vec(&packet).map_err(|error| ClientError::Send(error.into()))?;
        packet::send(&here, &bytes, &beside).map_err(ClientError::Send)?;
    }
    // It has made a copy of itself, and ended, once it has them all.
    child.wait().map(drop).map_err(ClientError::Channel)
}

/// Takes the packets.
pub(super) fn receive(channel: impl AsFd) -> Result<Order, Failure> {
    let mut buffer = vec![0; MAX_PACKET];
    let (mut init, mut held) = (None, Vec::new());
    loop {
        let packet = doing("receive published ports", packet::receive(channel.as_fd(), &mut buffer))?;
        let batch: Batch = doing(
            "read published ports",
            serde_json::from_slice(&buffer[..packet.length]).map_err(io::Error::from),
        )?;
        let mut descriptors = packet.descriptors.into_iter();
        if init.is_none() {
            init = descriptors.next();
        }
        if descriptors.len() != batch.sockets.len() {
            return Err(Failure::new("published ports need one socket each"));
        }
        let pairs = batch.sockets.into_iter().zip(descriptors);
        held.extend(pairs.map(|(listening, socket)| Held { socket, listening }));
        if !batch.more {
            let init = init.ok_or_else(|| Failure::new("published ports need a container"))?;
            return Ok(Order { monitor_cgroup: batch.monitor_cgroup, init, held });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    fn batch(sockets: usize, more: bool) -> Vec<u8> {
        let listening = Listening { datagrams: false, target: "10.0.0.1:80".parse().unwrap() };
        let monitor_cgroup = "/corten/monitors".to_owned();
        serde_json::to_vec(&Batch { sockets: vec![listening; sockets], more, monitor_cgroup }).unwrap()
    }

    fn told(packets: &[(Vec<u8>, usize)]) -> Result<Order, Failure> {
        let (here, there) = packet::pair().unwrap();
        let null = File::open("/dev/null").unwrap();
        for (bytes, descriptors) in packets {
            packet::send(&here, bytes, &vec![null.as_fd(); *descriptors]).unwrap();
        }
        drop(here);
        receive(&there)
    }

    #[test]
    fn sockets_come_in_several_packets_and_the_container_with_the_first() {
        let order = told(&[(batch(15, true), 16), (batch(2, false), 2)]).unwrap();
        assert_eq!((order.held.len(), order.monitor_cgroup.as_str()), (17, "/corten/monitors"));
    }

    #[test]
    fn an_order_that_is_cut_short_or_makes_no_sense_is_none() {
        for packets in [
            vec![(batch(1, true), 2)],
            vec![(batch(2, false), 2)],
            vec![(b"{}".to_vec(), 2)],
            vec![(batch(0, false), 0)],
            vec![],
        ] {
            assert!(told(&packets).is_err());
        }
    }
}
