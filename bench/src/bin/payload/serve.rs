//! The far end of a load: takes a stream and tells how much it was, answers messages, or answers once.
//!
//! What a connection is for is its first byte, so that one port serves for all. It ends when it is told to.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};
use std::thread;

/// What a connection is for.
pub(crate) const STREAM: u8 = b's';
pub(crate) const EXCHANGE: u8 = b'e';
pub(crate) const CONNECT: u8 = b'c';

/// Of a message, either way: a small request and its answer.
pub(crate) const MESSAGE: usize = 128;

/// As much as is read or written at a time.
pub(crate) const BLOCK: usize = 128 * 1024;

/// Serves until SIGTERM or SIGINT, on every address.
pub(crate) fn serve(port: u16) -> io::Result<()> {
    // Where there is no IPv6, IPv4 alone.
    let listener = TcpListener::bind((Ipv6Addr::UNSPECIFIED, port))
        .or_else(|_| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)))?;
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            // A client that goes away in the middle has got what it wanted.
            thread::spawn(move || drop(answer(connection)));
        }
    });
    super::sleep()
}

fn answer(mut connection: TcpStream) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut kind = [0];
    connection.read_exact(&mut kind)?;
    match kind[0] {
        STREAM => {
            let received = drain(&mut connection)?;
            connection.write_all(&received.to_be_bytes())
        }
        EXCHANGE => {
            let mut message = [0; MESSAGE];
            loop {
                connection.read_exact(&mut message)?;
                connection.write_all(&message)?;
            }
        }
        _ => connection.write_all(&kind),
    }
}

/// Takes all that comes; how many bytes it was.
fn drain(connection: &mut TcpStream) -> io::Result<u64> {
    let mut block = vec![0; BLOCK];
    let mut received = 0;
    loop {
        match connection.read(&mut block)? {
            0 => return Ok(received),
            length => received += length as u64,
        }
    }
}
