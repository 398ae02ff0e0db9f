//! What a relay is told: packets of sockets and where each leads, and at last, with the container's init beside it, that it is to serve them.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};

use corten_spec::port::Protocol;
use corten_sys::packet;
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, doing};

/// The largest packet: sixteen addresses and a path take a tenth of it.
const MAX_PACKET: usize = 16 * 1024;

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

/// One packet.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Packet {
    /// Descriptors: a socket for every entry.
    Hold(Vec<Listening>),
    /// The last one. Descriptor: the container's init (pidfd).
    Serve {
        /// The cgroup of monitors, absolute within every hierarchy.
        monitor_cgroup: String,
    },
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

/// Takes the packets.
pub(super) fn receive(channel: impl AsFd) -> Result<Order, Failure> {
    let mut buffer = vec![0; MAX_PACKET];
    let mut held = Vec::new();
    loop {
        let packet = doing("receive published ports", packet::receive(channel.as_fd(), &mut buffer))?;
        let read = serde_json::from_slice(&buffer[..packet.length]).map_err(io::Error::from);
        let mut descriptors = packet.descriptors.into_iter();
        match doing("read published ports", read)? {
            Packet::Hold(sockets) if sockets.len() == descriptors.len() => {
                let pairs = sockets.into_iter().zip(descriptors);
                held.extend(pairs.map(|(listening, socket)| Held { socket, listening }));
            }
            Packet::Hold(_) => return Err(Failure::new("published ports need one socket each")),
            Packet::Serve { monitor_cgroup } => {
                let init = descriptors.next();
                let init = init.ok_or_else(|| Failure::new("published ports need a container"))?;
                return Ok(Order { monitor_cgroup, init, held });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    fn hold(sockets: usize) -> Vec<u8> {
        let listening = Listening { datagrams: false, target: "10.0.0.1:80".parse().unwrap() };
        serde_json::to_vec(&Packet::Hold(vec![listening; sockets])).unwrap()
    }

    fn serve() -> Vec<u8> {
        serde_json::to_vec(&Packet::Serve { monitor_cgroup: "/corten/monitors".to_owned() }).unwrap()
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
    fn sockets_come_in_several_packets_and_the_container_with_the_last() {
        let order = told(&[(hold(16), 16), (hold(1), 1), (serve(), 1)]).unwrap();
        assert_eq!((order.held.len(), order.monitor_cgroup.as_str()), (17, "/corten/monitors"));
    }

    #[test]
    fn an_order_that_is_cut_short_or_makes_no_sense_is_none() {
        for packets in [
            vec![(hold(1), 1)],
            vec![(hold(2), 1), (serve(), 1)],
            vec![(b"{}".to_vec(), 2)],
            vec![(hold(1), 1), (serve(), 0)],
            vec![],
        ] {
            assert!(told(&packets).is_err());
        }
    }
}
