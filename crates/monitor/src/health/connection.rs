//! A probe over the network: this process connects in the container's network, and may ask for a status.
//!
//! Only the socket is made in there. Nothing here waits.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::net::sockopt::socket_error;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, connect, recv, send, socket_with,
};
use rustix::thread::{ThreadNameSpaceType, move_into_thread_name_spaces};

use super::http::{self, Answer, MOST};
use crate::failure::{Failure, doing};

/// What is asked, once there is a connection.
#[derive(Debug)]
struct Question {
    request: Vec<u8>,
    /// How much of it has been sent.
    sent: usize,
    answer: Vec<u8>,
}

/// A connection, or the way to one.
#[derive(Debug)]
pub(super) struct Connection {
    /// What is still to be tried, last first; none begins before the one before has failed.
    sockets: Vec<(SocketAddr, OwnedFd)>,
    /// The one that is used.
    current: Option<(SocketAddr, OwnedFd)>,
    is_connected: bool,
    /// Of a name that means two addresses, the first one's says more.
    refusal: Option<(SocketAddr, Errno)>,
    question: Option<Question>,
}

/// The end of a probe: what a person may want to know of it.
type Verdict = Result<String, String>;

impl Connection {
    /// Begins to connect to one address after the other, in the network namespace of a process, until somebody takes the connection.
    /// With a request, that one is then asked.
    pub(super) fn begin(
        init: &OwnedFd,
        addresses: &[SocketAddr],
        request: Option<Vec<u8>>,
    ) -> Result<Self, Failure> {
        let made = inside(init, || addresses.iter().rev().map(socket).collect::<Result<Vec<_>, _>>())?;
        let sockets = doing("make a socket in the container's network", made)?;
        let sockets = sockets.into_iter().flatten().collect();
        let question = request.map(|request| Question { request, sent: 0, answer: Vec::new() });
        Ok(Self { sockets, current: None, is_connected: false, refusal: None, question })
    }

    /// What there is to wait for.
    pub(super) fn descriptor(&self) -> Option<PollFd<'_>> {
        let (_, socket) = self.current.as_ref()?;
        let is_asked = self.question.as_ref().is_none_or(|question| question.sent == question.request.len());
        let flags = if self.is_connected && is_asked { PollFlags::IN } else { PollFlags::OUT };
        Some(PollFd::new(socket, flags))
    }

    /// Goes on as far as that goes without waiting.
    pub(super) fn advance(&mut self) -> Option<Verdict> {
        if !self.is_connected {
            match self.connect() {
                Some(Ok(())) => self.is_connected = true,
                Some(Err(failure)) => return Some(Err(failure)),
                None => return None,
            }
        }
        let (address, socket) = self.current.as_ref()?;
        match &mut self.question {
            None => Some(Ok(format!("{address} takes connections"))),
            Some(question) => question.ask(socket).map(|verdict| match verdict {
                Ok(words) => Ok(format!("{address} answered {words}")),
                Err(words) => Err(format!("{address} {words}")),
            }),
        }
    }

    /// How far it has come, for one that takes too long.
    pub(super) fn progress(&self) -> String {
        match &self.current {
            Some((address, _)) if self.is_connected => format!("{address} has not answered"),
            Some((address, _)) => format!("{address} has not taken the connection"),
            None => String::new(),
        }
    }

    /// Ends it: what comes next is the end.
    pub(super) fn give_up(&mut self) {
        self.sockets.clear();
        self.current = None;
        self.is_connected = false;
    }

    /// Connects; `None` while nobody has taken the connection or refused it.
    fn connect(&mut self) -> Option<Result<(), String>> {
        if let Some((address, socket)) = &self.current {
            match established(address, socket) {
                Ok(true) => return Some(Ok(())),
                Ok(false) => return None,
                Err(error) => self.refusal = self.refusal.or(Some((*address, error))),
            }
        }
        while let Some((address, socket)) = self.sockets.pop() {
            let begun = connect(&socket, &address);
            self.current = Some((address, socket));
            match begun {
                Ok(()) => return Some(Ok(())),
                Err(Errno::INPROGRESS) => return None,
                Err(error) => self.refusal = self.refusal.or(Some((address, error))),
            }
        }
        Some(Err(match self.refusal {
            Some((address, error)) => {
                format!("cannot connect to {address}: {}", std::io::Error::from(error))
            }
            None => "the container's network has no addresses of this kind".to_owned(),
        }))
    }
}

impl Question {
    /// Asks and listens; the status, once it is there.
    fn ask(&mut self, socket: &OwnedFd) -> Option<Verdict> {
        while self.sent < self.request.len() {
            match send(socket, &self.request[self.sent..], SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Ok(length) => self.sent += length,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return None,
                // It may have answered before it hung up.
                Err(_) => self.sent = self.request.len(),
            }
        }
        loop {
            let mut bytes = [0; MOST];
            let room = MOST - self.answer.len();
            let received = match recv(socket, &mut bytes[..room], RecvFlags::DONTWAIT) {
                Ok((length, _)) => Ok(length),
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => return None,
                Err(error) => Err(error),
            };
            self.answer.extend_from_slice(&bytes[..received.unwrap_or(0)]);
            match http::read(&self.answer) {
                Answer::Status(code, words) => return Some(judge(code, &words)),
                Answer::Nonsense => return Some(Err("did not answer with a status of HTTP/1".to_owned())),
                Answer::Unfinished => {}
            }
            match received {
                Err(error) => return Some(Err(format!("did not answer: {}", std::io::Error::from(error)))),
                Ok(0) => return Some(Err("ended the connection before it had answered".to_owned())),
                Ok(_) if self.answer.len() == MOST => {
                    return Some(Err(format!("told no status within {MOST} bytes")));
                }
                Ok(_) => {}
            }
        }
    }
}

fn judge(code: u16, words: &str) -> Verdict {
    let status = format!("{code} {words}");
    let status = status.trim_end().to_owned();
    if http::is_healthy(code) { Ok(status) } else { Err(format!("answered {status}")) }
}

/// Whether a socket that was connecting is connected by now.
fn established(address: &SocketAddr, socket: &OwnedFd) -> rustix::io::Result<bool> {
    socket_error(socket)??;
    // A second connect(2) tells the one that is under way from the one that has succeeded.
    match connect(socket, address) {
        Ok(()) | Err(Errno::ISCONN) => Ok(true),
        Err(Errno::ALREADY | Errno::INPROGRESS) => Ok(false),
        Err(error) => Err(error),
    }
}

/// A socket for this address; `None` where this network has no addresses of its kind.
fn socket(address: &SocketAddr) -> rustix::io::Result<Option<(SocketAddr, OwnedFd)>> {
    let family = match address.ip() {
        IpAddr::V4(_) => AddressFamily::INET,
        IpAddr::V6(_) => AddressFamily::INET6,
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    match socket_with(family, SocketType::STREAM, flags, None) {
        Ok(socket) => Ok(Some((*address, socket))),
        Err(Errno::AFNOSUPPORT) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Does something in the network namespace of a process. This process must have a single thread; it always comes back.
fn inside<T>(process: &OwnedFd, work: impl FnOnce() -> T) -> Result<T, Failure> {
    let network = ThreadNameSpaceType::NETWORK;
    let ours = openat(CWD, "/proc/self/ns/net", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    let ours = doing("open the own network namespace", ours)?;
    doing("enter the container's network", move_into_thread_name_spaces(process.as_fd(), network))?;
    let done = work();
    doing("leave the container's network", move_into_thread_name_spaces(ours.as_fd(), network))?;
    Ok(done)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use rustix::event::poll;
    use rustix::process::{PidfdFlags, getpid, pidfd_open};

    use super::*;

    /// What a probe of these addresses comes to, in the network that this process has.
    fn probed(addresses: &[SocketAddr], request: Option<&[u8]>) -> Verdict {
        let own = pidfd_open(getpid(), PidfdFlags::empty()).unwrap();
        let mut connection = Connection::begin(&own, addresses, request.map(<[u8]>::to_vec)).unwrap();
        loop {
            if let Some(verdict) = connection.advance() {
                return verdict;
            }
            poll(&mut [connection.descriptor().unwrap()], None).unwrap();
        }
    }

    /// A server that takes one connection, reads what is said to the blank line, and answers.
    fn serve(answer: &'static [u8]) -> (SocketAddr, thread::JoinHandle<Vec<u8>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let (mut asked, mut byte) = (Vec::new(), [0]);
            while !asked.ends_with(b"\r\n\r\n") && client.read(&mut byte).unwrap() == 1 {
                asked.push(byte[0]);
            }
            // Who has heard enough may have gone.
            let _ = client.write_all(answer);
            asked
        });
        (address, server)
    }

    /// An address where nobody listens.
    fn nobody() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
    }

    #[test]
    fn somebody_who_listens_is_enough_for_a_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        assert_eq!(probed(&[address], None), Ok(format!("{address} takes connections")));
        assert_eq!(probed(&[nobody(), address], None), Ok(format!("{address} takes connections")));
        let (first, second) = (nobody(), nobody());
        let refused = probed(&[first, second], None).unwrap_err();
        assert!(refused.starts_with(&format!("cannot connect to {first}: Connection refused")), "{refused}");
    }

    #[test]
    fn a_server_is_asked_and_its_status_judged() {
        for (answer, expected) in [
            (&b"HTTP/1.1 200 OK\r\n\r\n"[..], Ok("answered 200 OK")),
            (b"HTTP/1.0 301 \r\nLocation: http://192.0.2.1/\r\n\r\n", Ok("answered 301")),
            (b"HTTP/1.1 503 No\r\n\r\n", Err("answered 503 No")),
            (b"220 mail\r\n", Err("did not answer with a status of HTTP/1")),
            (b"HTTP/1.1 20", Err("ended the connection before it had answered")),
        ] {
            let (address, server) = serve(answer);
            let of = |words: &str| format!("{address} {words}");
            let verdict = probed(&[address], Some(&http::request("a:1", "/b?c")));
            assert_eq!(verdict, expected.map(of).map_err(of));
            let asked = String::from_utf8(server.join().unwrap()).unwrap();
            assert!(asked.starts_with("GET /b?c HTTP/1.1\r\nHost: a:1\r\n"), "{asked}");
        }
    }

    #[test]
    fn no_more_is_read_than_a_status_may_take() {
        let endless = [b'a'; MOST * 4];
        let (address, server) = serve([&b"HTTP/1.1 200 "[..], &endless].concat().leak());
        let verdict = probed(&[address], Some(&http::request("a", "/")));
        assert_eq!(verdict, Err(format!("{address} told no status within {MOST} bytes")));
        server.join().unwrap();
    }
}
