//! Published ports, as the host has them.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether somebody has taken it.
pub(super) fn is_taken(port: u16) -> bool {
    let bound = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port));
    bound.is_err_and(|error| error.kind() == ErrorKind::AddrInUse)
}

/// Whether a server of HTTP answers there, whatever it says.
pub(super) fn answers(port: u16) -> bool {
    let answer = || {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
        let mut beginning = [0; 5];
        stream.read_exact(&mut beginning)?;
        std::io::Result::Ok(&beginning == b"HTTP/")
    };
    answer().unwrap_or(false)
}
