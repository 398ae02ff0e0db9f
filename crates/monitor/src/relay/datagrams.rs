//! A published UDP port: each client gets a socket to the container of its own, for as long as something passes through it.

use std::net::SocketAddr;
use std::os::fd::{AsFd as _, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, connect, recv, recvfrom, send, sendto,
    socket_with,
};

use super::watch::{Source, Watch};
use crate::moment::Moment;

/// How long a client may be silent: the kernel's own patience with streams of datagrams is 120 s, Docker's proxy has 90.
const SILENCE_MS: u64 = 90_000;

/// How many clients a port has at a time; the one that was silent longest gives way.
const MOST: usize = 1024;

/// The port and its clients.
#[derive(Debug)]
pub(super) struct Datagrams {
    socket: OwnedFd,
    target: SocketAddr,
    clients: Vec<Client>,
}

#[derive(Debug)]
struct Client {
    address: SocketAddr,
    container: OwnedFd,
    expires: Moment,
    is_watched: bool,
}

impl Datagrams {
    pub(super) fn new(socket: OwnedFd, target: SocketAddr) -> Self {
        Self { socket, target, clients: Vec::new() }
    }

    /// Serves whatever is ready. Which of its descriptors that is, is found out here.
    pub(super) fn serve_ready(&mut self, buffer: &mut [u8], now: Moment) {
        let mut set = Vec::with_capacity(self.clients.len() + 1);
        self.register(&mut set);
        // An interrupted poll only means that somebody else asks again.
        let _ = poll(&mut set, Some(&Timespec::default()));
        let events: Vec<PollFlags> = set.iter().map(PollFd::revents).collect();
        drop(set);
        self.serve(&events, buffer, now);
    }

    /// Has what comes for new clients noticed. One that cannot be watched is forgotten.
    pub(super) fn watch_clients(&mut self, watch: &Watch, place: usize) {
        self.clients.retain_mut(|client| {
            client.is_watched =
                client.is_watched || watch.level(&client.container, Source::Datagrams(place)).is_ok();
            client.is_watched
        });
    }

    /// Forgets the clients that have been silent for too long.
    pub(super) fn forget_silent(&mut self, now: Moment) {
        self.clients.retain(|client| client.expires > now);
    }

    /// The port, then one descriptor a client.
    fn register<'a>(&'a self, set: &mut Vec<PollFd<'a>>) {
        set.push(PollFd::from_borrowed_fd(self.socket.as_fd(), PollFlags::IN));
        for client in &self.clients {
            set.push(PollFd::from_borrowed_fd(client.container.as_fd(), PollFlags::IN));
        }
    }

    /// When the next client has been silent for too long.
    pub(super) fn deadline(&self) -> Option<Moment> {
        self.clients.iter().map(|client| client.expires).min()
    }

    fn serve(&mut self, events: &[PollFlags], buffer: &mut [u8], now: Moment) {
        let Some((socket, answers)) = events.split_first() else { return };
        for (client, ready) in self.clients.iter_mut().zip(answers) {
            if !ready.is_empty() {
                client.answer(&self.socket, buffer, now);
            }
        }
        if !socket.is_empty() {
            self.receive(buffer, now);
        }
        self.forget_silent(now);
    }

    /// A datagram that cannot be passed on is lost, as on any way.
    fn receive(&mut self, buffer: &mut [u8], now: Moment) {
        while let Ok((_, length, Some(from))) = recvfrom(&self.socket, &mut *buffer, RecvFlags::DONTWAIT) {
            let Ok(address) = SocketAddr::try_from(from) else { continue };
            let Some(client) = self.client(address, now) else { continue };
            client.expires = now.plus_ms(SILENCE_MS);
            let _ = send(&client.container, &buffer[..length], SendFlags::DONTWAIT);
        }
    }

    fn client(&mut self, address: SocketAddr, now: Moment) -> Option<&mut Client> {
        if let Some(place) = self.clients.iter().position(|client| client.address == address) {
            return self.clients.get_mut(place);
        }
        if self.clients.len() >= MOST {
            let silent = self.clients.iter().enumerate().min_by_key(|(_, client)| client.expires);
            let place = silent.map(|(place, _)| place)?;
            self.clients.swap_remove(place);
        }
        let container = reach(self.target).ok()?;
        self.clients.push(Client { address, container, expires: now.plus_ms(SILENCE_MS), is_watched: false });
        self.clients.last_mut()
    }
}

impl Client {
    fn answer(&mut self, port: &OwnedFd, buffer: &mut [u8], now: Moment) {
        // A refusal (ICMP) shows here as an error: the client learns of it by silence, as there is no way to say it.
        while let Ok((_, length)) = recv(&self.container, &mut *buffer, RecvFlags::DONTWAIT) {
            self.expires = now.plus_ms(SILENCE_MS);
            let _ = sendto(port, &buffer[..length], SendFlags::DONTWAIT, &self.address);
        }
    }
}

fn reach(target: SocketAddr) -> rustix::io::Result<OwnedFd> {
    let family = if target.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, SocketType::DGRAM, flags, None)?;
    connect(&socket, &target)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::event::poll;
    use std::net::UdpSocket;

    fn socket() -> (UdpSocket, SocketAddr) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        (socket, address)
    }

    /// Waits for one of its sockets, and serves.
    fn round(datagrams: &mut Datagrams, now: Moment) {
        let mut set = Vec::new();
        datagrams.register(&mut set);
        poll(&mut set, None).unwrap();
        let events: Vec<PollFlags> = set.iter().map(PollFd::revents).collect();
        drop(set);
        datagrams.serve(&events, &mut [0; 2048], now);
    }

    #[test]
    fn each_client_gets_its_own_answers_until_it_is_silent_for_too_long() {
        let (server, target) = socket();
        let (port, address) = socket();
        let mut datagrams = Datagrams::new(port.into(), target);
        let (one, _) = socket();
        let (two, _) = socket();
        let now = Moment::now();
        for (client, word) in [(&one, b"one"), (&two, b"two")] {
            client.send_to(word, address).unwrap();
            round(&mut datagrams, now);
            let mut received = [0; 8];
            let (length, from) = server.recv_from(&mut received).unwrap();
            server.send_to(&received[..length], from).unwrap();
            round(&mut datagrams, now);
            let (length, from) = client.recv_from(&mut received).unwrap();
            assert_eq!((&received[..length], from), (&word[..], address));
        }
        assert_eq!(datagrams.clients.len(), 2);
        datagrams.serve(&[PollFlags::empty(); 3], &mut [0; 8], now.plus_ms(SILENCE_MS));
        assert_eq!(datagrams.clients.len(), 0);
        assert_eq!(datagrams.deadline(), None);
    }
}
