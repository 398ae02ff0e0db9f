//! A connection to systemd: by the system's bus, or directly where there is no bus.
//!
//! One user, one purpose: it authenticates as the caller's uid and passes no descriptors.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::SystemdError;
use crate::message::{Call, FIXED, Incoming, length_of_rest};

/// Who listens at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    /// The bus: it wants to be greeted, and passes on only the signals that were asked for.
    Bus,
    /// Systemd itself.
    Systemd,
}

/// A connection that has been authenticated.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: UnixStream,
    peer: Peer,
    serial: u32,
    deadline: Instant,
}

const BUS: &str = "/run/dbus/system_bus_socket";

/// Systemd's own way for machines without a bus, as systemctl(1) uses it.
const PRIVATE: &str = "/run/systemd/private";

/// An authentication answer is one short line.
const LONGEST_ANSWER: usize = 1024;

impl Connection {
    /// Connects; everything afterwards has to happen before `deadline`.
    pub(crate) fn open(deadline: Instant) -> Result<Connection, SystemdError> {
        let connect = |path| {
            let failed = |source| SystemdError::Connect { path: Path::new(path).to_owned(), source };
            UnixStream::connect(path).map_err(failed)
        };
        match connect(BUS) {
            Ok(stream) => Connection::over(stream, Peer::Bus, deadline),
            Err(_) => Connection::over(connect(PRIVATE)?, Peer::Systemd, deadline),
        }
    }

    /// Authenticates on a stream.
    pub(crate) fn over(
        stream: UnixStream,
        peer: Peer,
        deadline: Instant,
    ) -> Result<Connection, SystemdError> {
        let mut connection = Connection { stream, peer, serial: 0, deadline };
        connection.authenticate()?;
        Ok(connection)
    }

    pub(crate) fn peer(&self) -> Peer {
        self.peer
    }

    /// SASL's EXTERNAL: the kernel tells the peer who this is (D-Bus specification, "Authentication Protocol").
    fn authenticate(&mut self) -> Result<(), SystemdError> {
        let user = rustix::process::geteuid().as_raw().to_string();
        let user: String = user.bytes().map(|digit| format!("{digit:02x}")).collect();
        self.write("authenticate to D-Bus", format!("\0AUTH EXTERNAL {user}\r\n").as_bytes())?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n") && answer.len() < LONGEST_ANSWER {
            let mut byte = [0];
            self.read("authenticate to D-Bus", &mut byte)?;
            answer.extend(byte);
        }
        let answer = String::from_utf8_lossy(&answer);
        if !answer.starts_with("OK") {
            return Err(SystemdError::Authentication { answer: answer.trim_end().to_owned() });
        }
        self.write("authenticate to D-Bus", b"BEGIN\r\n")
    }

    /// Sends a call and returns the serial that its answer will name.
    pub(crate) fn send(&mut self, call: &Call<'_>) -> Result<u32, SystemdError> {
        self.serial += 1;
        self.write("send to D-Bus", &call.encode(self.serial))?;
        Ok(self.serial)
    }

    /// The next message, whatever it is.
    pub(crate) fn receive(&mut self) -> Result<Incoming, SystemdError> {
        let mut fixed = [0; FIXED];
        self.read("receive from D-Bus", &mut fixed)?;
        let mut message = fixed.to_vec();
        message.resize(FIXED + length_of_rest(&fixed)?, 0);
        self.read("receive from D-Bus", &mut message[FIXED..])?;
        Incoming::parse(&message)
    }

    fn write(&mut self, operation: &'static str, bytes: &[u8]) -> Result<(), SystemdError> {
        let failed = |source| SystemdError::Transfer { operation, source };
        self.stream.set_write_timeout(Some(self.left(operation)?)).map_err(failed)?;
        self.stream.write_all(bytes).map_err(failed)
    }

    fn read(&mut self, operation: &'static str, into: &mut [u8]) -> Result<(), SystemdError> {
        let failed = |source| SystemdError::Transfer { operation, source };
        self.stream.set_read_timeout(Some(self.left(operation)?)).map_err(failed)?;
        self.stream.read_exact(into).map_err(failed)
    }

    /// A time-out of the socket may not be 0.
    fn left(&self, operation: &'static str) -> Result<Duration, SystemdError> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(SystemdError::Transfer { operation, source: io::ErrorKind::TimedOut.into() });
        }
        Ok(left)
    }
}
