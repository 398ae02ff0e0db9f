//! A published TCP port: connections are accepted, and joined to connections to the container, byte for byte.

use std::net::SocketAddr;
use std::os::fd::{AsFd as _, OwnedFd};

use rustix::event::{PollFd, PollFlags};
use rustix::io::{Errno, read, write};
use rustix::net::{
    AddressFamily, Shutdown, SocketFlags, SocketType, accept_with, connect, shutdown, socket_with,
};

/// How many connections pass through one port at a time; more wait in the kernel's queue.
const MOST: usize = 1024;

/// How many reads one connection gets before the others have their turn.
const TURN: usize = 16;

/// The port and what passes through it.
#[derive(Debug)]
pub(super) struct Streams {
    listener: OwnedFd,
    target: SocketAddr,
    joints: Vec<Joint>,
}

impl Streams {
    pub(super) fn new(listener: OwnedFd, target: SocketAddr) -> Self {
        Self { listener, target, joints: Vec::new() }
    }

    /// The listener, then two descriptors a connection: always in this order, whatever is waited for.
    pub(super) fn register<'a>(&'a self, set: &mut Vec<PollFd<'a>>) {
        let accepts = if self.joints.len() < MOST { PollFlags::IN } else { PollFlags::empty() };
        set.push(PollFd::from_borrowed_fd(self.listener.as_fd(), accepts));
        for joint in &self.joints {
            let (client, container) = joint.interests();
            set.push(PollFd::from_borrowed_fd(joint.client.as_fd(), client));
            set.push(PollFd::from_borrowed_fd(joint.container.as_fd(), container));
        }
    }

    pub(super) fn serve(&mut self, events: &[PollFlags], buffer: &mut [u8]) {
        let Some((listener, connections)) = events.split_first() else { return };
        let mut places = connections.chunks_exact(2);
        self.joints.retain_mut(|joint| match places.next() {
            Some(ready) if ready.iter().any(|events| !events.is_empty()) => joint.advance(buffer),
            _ => true,
        });
        if !listener.is_empty() {
            self.accept();
        }
    }

    fn accept(&mut self) {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        while self.joints.len() < MOST
            && let Ok(client) = accept_with(&self.listener, flags)
        {
            // One that cannot be reached is closed, as its own machine would refuse it.
            if let Ok(container) = reach(self.target) {
                self.joints.push(Joint::new(client, container));
            }
        }
    }
}

fn reach(target: SocketAddr) -> rustix::io::Result<OwnedFd> {
    let family = if target.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, SocketType::STREAM, flags, None)?;
    match connect(&socket, &target) {
        Err(error) if error != Errno::INPROGRESS => Err(error),
        _ => Ok(socket),
    }
}

/// Two connections that are one.
#[derive(Debug)]
struct Joint {
    client: OwnedFd,
    container: OwnedFd,
    inwards: Way,
    outwards: Way,
}

/// What goes one way.
#[derive(Debug, Default)]
struct Way {
    /// Read, and not yet taken by the other end.
    waiting: Vec<u8>,
    /// Nothing more comes.
    ended: bool,
    /// The other end has been told so.
    told: bool,
}

impl Joint {
    fn new(client: OwnedFd, container: OwnedFd) -> Self {
        Self { client, container, inwards: Way::default(), outwards: Way::default() }
    }

    /// What is waited for at both ends. What is read is written before more is read.
    fn interests(&self) -> (PollFlags, PollFlags) {
        let interest = |from: &Way, to: &Way| {
            let mut flags = PollFlags::empty();
            flags.set(PollFlags::IN, !from.ended && from.waiting.is_empty());
            flags.set(PollFlags::OUT, !to.waiting.is_empty());
            flags
        };
        (interest(&self.inwards, &self.outwards), interest(&self.outwards, &self.inwards))
    }

    /// Moves what can be moved. Returns whether there is anything left to do.
    fn advance(&mut self, buffer: &mut [u8]) -> bool {
        let moved = self
            .inwards
            .advance(&self.client, &self.container, buffer)
            .and_then(|()| self.outwards.advance(&self.container, &self.client, buffer));
        // A connection that broke breaks the other: dropping both sends what each has not read back as a reset.
        moved.is_ok() && !(self.inwards.told && self.outwards.told)
    }
}

impl Way {
    fn advance(&mut self, from: &OwnedFd, to: &OwnedFd, buffer: &mut [u8]) -> rustix::io::Result<()> {
        for _ in 0..TURN {
            while !self.waiting.is_empty() {
                match write(to, &self.waiting) {
                    Ok(written) => drop(self.waiting.drain(..written)),
                    // Not yet connected, or as full as it gets.
                    Err(Errno::AGAIN | Errno::NOTCONN) => return Ok(()),
                    Err(error) => return Err(error),
                }
            }
            if self.ended {
                return self.tell(to);
            }
            match read(from, &mut *buffer) {
                Ok(0) => self.ended = true,
                Ok(length) => self.waiting.extend_from_slice(&buffer[..length]),
                Err(Errno::AGAIN | Errno::NOTCONN) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn tell(&mut self, to: &OwnedFd) -> rustix::io::Result<()> {
        if !self.told {
            self.told = true;
            match shutdown(to, Shutdown::Write) {
                Err(Errno::NOTCONN) => {}
                done => done?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::event::{Timespec, poll};
    use std::io::{Read as _, Write as _};
    use std::net::{Shutdown as Close, TcpListener, TcpStream};
    use std::thread;

    /// A relay to `target` that serves until `work` has ended; `work` gets its address.
    fn relayed<T: Send>(target: SocketAddr, work: impl FnOnce(SocketAddr) -> T + Send) -> T {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let mut streams = Streams::new(listener.into(), target);
        thread::scope(|scope| {
            let worker = scope.spawn(move || work(address));
            let mut buffer = vec![0; 4096];
            while !worker.is_finished() {
                let mut set = Vec::new();
                streams.register(&mut set);
                let _ = poll(&mut set, Some(&Timespec { tv_sec: 0, tv_nsec: 10_000_000 }));
                let events: Vec<PollFlags> = set.iter().map(PollFd::revents).collect();
                drop(set);
                streams.serve(&events, &mut buffer);
            }
            worker.join().unwrap()
        })
    }

    #[test]
    fn what_goes_in_comes_back_whole_after_one_side_has_ended() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = server.local_addr().unwrap();
        let sent: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
        let answered = thread::scope(|scope| {
            scope.spawn(move || {
                let (mut connection, _) = server.accept().unwrap();
                let mut all = Vec::new();
                connection.read_to_end(&mut all).unwrap();
                connection.write_all(&all).unwrap();
            });
            relayed(target, |address| {
                let mut client = TcpStream::connect(address).unwrap();
                client.write_all(&sent).unwrap();
                client.shutdown(Close::Write).unwrap();
                let mut answer = Vec::new();
                client.read_to_end(&mut answer).unwrap();
                answer
            })
        });
        assert!(answered == sent, "{} of {} bytes came back", answered.len(), sent.len());
    }

    #[test]
    fn a_container_that_does_not_listen_closes_the_connection() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let read = relayed(free, |address| {
            let mut client = TcpStream::connect(address).unwrap();
            client.read(&mut [0; 8])
        });
        assert!(matches!(read, Ok(0) | Err(_)));
    }
}
