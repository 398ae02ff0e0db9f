//! Output in the form that its client has asked for. A session's client says at the start, too, whether there is a terminal; where it does
//! not say what the session was created with, Docker gives it what it says.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::framing;

/// How many bytes go into a frame at most.
const CHUNK: usize = 16 * 1024;

/// Whether the process has a terminal, and whether its client reads what one writes: bytes, and no frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terminal {
    pub(crate) process: bool,
    pub(crate) client: bool,
}

impl Terminal {
    /// Process and client agree.
    pub(crate) fn agreed(tty: bool) -> Self {
        Self { process: tty, client: tty }
    }
}

/// Copies a process's output to its end.
pub(super) async fn copy(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    terminal: Terminal,
) -> io::Result<()> {
    match terminal {
        Terminal { process: true, client: false } => into_frames(from, to).await,
        Terminal { process: false, client: true } => standard_output(from, to).await,
        _ => tokio::io::copy(from, to).await.map(drop),
    }
}

async fn into_frames(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    let (mut buffer, mut frame) = (vec![0; CHUNK], Vec::new());
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        frame.clear();
        framing::append(&mut frame, framing::STDOUT, &[&buffer[..read]]);
        to.write_all(&frame).await?;
    }
}

/// A terminal has one output: what was written to standard error is left out.
async fn standard_output(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    let mut header = [0; framing::HEADER];
    loop {
        match from.read_exact(&mut header).await {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            read => read?,
        };
        let (kind, length) = framing::header(header);
        let mut bytes = (&mut *from).take(length.into());
        if kind == framing::STDOUT {
            tokio::io::copy(&mut bytes, to).await?;
        } else {
            tokio::io::copy(&mut bytes, &mut tokio::io::sink()).await?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn copied(mut from: &[u8], terminal: Terminal) -> Vec<u8> {
        let mut to = Vec::new();
        copy(&mut from, &mut to, terminal).await.unwrap();
        to
    }

    #[tokio::test]
    async fn a_terminals_output_gets_frames_for_who_expects_them() {
        let frames = copied(b"ab", Terminal { process: true, client: false }).await;
        assert_eq!(frames, [1, 0, 0, 0, 0, 0, 0, 2, b'a', b'b']);
    }

    #[tokio::test]
    async fn who_expects_a_terminals_output_gets_that_of_standard_output() {
        let mut frames = Vec::new();
        framing::append(&mut frames, framing::STDOUT, &[b"one "]);
        framing::append(&mut frames, framing::STDERR, &[b"lost"]);
        framing::append(&mut frames, framing::STDOUT, &[b"two"]);
        assert_eq!(copied(&frames, Terminal { process: false, client: true }).await, b"one two");
    }

    #[tokio::test]
    async fn where_both_agree_nothing_changes() {
        for tty in [false, true] {
            assert_eq!(copied(b"\x01as it is", Terminal::agreed(tty)).await, b"\x01as it is");
        }
    }
}
