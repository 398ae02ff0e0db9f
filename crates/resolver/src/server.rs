//! One question to one name server: over UDP, and over TCP when the answer does not fit.
//! Whom to ask next is not decided here.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use crate::message::{Answer, Question};

/// The longest answer over UDP: what a server may send to who does not say that it takes more.
const LONGEST: usize = 512;

/// Asks, and waits until the answer is there or the caller loses patience. Packets that answer something else are passed over.
pub(crate) async fn ask(server: SocketAddr, question: &Question) -> io::Result<Answer> {
    let bytes = question.encode().ok_or(io::ErrorKind::InvalidInput)?;
    // A socket of its own for each question: its port is as hard to guess as the kernel can make it.
    let any: SocketAddr =
        if server.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(server).await?;
    socket.send(&bytes).await?;
    let mut buffer = [0; LONGEST];
    loop {
        let length = socket.recv(&mut buffer).await?;
        match question.answer(&buffer[..length]) {
            Some(Answer::Cut) => return over_tcp(server, question, &bytes).await,
            Some(answer) => return Ok(answer),
            None => {}
        }
    }
}

async fn over_tcp(server: SocketAddr, question: &Question, bytes: &[u8]) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    stream.write_all(&[&length.to_be_bytes(), bytes].concat()).await?;
    let length = stream.read_u16().await?;
    let mut answer = vec![0; length.into()];
    stream.read_exact(&mut answer).await?;
    match question.answer(&answer) {
        None | Some(Answer::Cut) => Err(io::ErrorKind::InvalidData.into()),
        Some(answer) => Ok(answer),
    }
}
