//! Copies between our streams and the container's until the container closes its outputs.

use corten_api_client::{Channel, Demultiplexer, Hijacked, HijackedReader, HijackedWriter};
use corten_spec::detach_keys::{DetachKeys, Detacher};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::terminal::RawTerminal;
use crate::failure::{Failure, Outcome};

/// Bytes moved at once.
const CHUNK: usize = 64 * 1024;

/// Which of our streams take part.
#[derive(Debug, Clone)]
pub(crate) struct Streams {
    pub(crate) stdin: bool,
    pub(crate) stdout: bool,
    pub(crate) stderr: bool,
    /// The container has a terminal: one output, and raw input with keys that detach.
    pub(crate) tty: bool,
    pub(crate) detach_keys: String,
}

/// Why copying ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The container closed its outputs, or there were none and stdin ended.
    Closed,
    /// The keys that detach were typed.
    Detached,
}

/// Copies. The terminal is raw meanwhile, and restored whichever way this ends (being dropped is one).
pub(crate) async fn copy(hijacked: Hijacked, streams: &Streams) -> Outcome<Ended> {
    // The engine has been told the same text, and refused it if it names no keys.
    let keys: DetachKeys = streams.detach_keys.parse().unwrap_or_default();
    let raw = if streams.tty && streams.stdin { RawTerminal::enter()? } else { None };
    let detacher = streams.tty.then(|| Detacher::new(keys));
    let has_output = streams.stdout || streams.stderr;
    let Hijacked { reader, writer, .. } = hijacked;
    let input = copy_input(streams.stdin, writer, detacher);
    let output = copy_output(reader, streams);
    tokio::pin!(input, output);
    let ended = tokio::select! {
        written = &mut output, if has_output => written.map(|()| Ended::Closed),
        ended = &mut input => match ended {
            Ended::Closed if has_output => output.await.map(|()| Ended::Closed),
            ended => Ok(ended),
        },
    };
    drop(raw);
    ended
}

/// Our stdin to the container's. A broken connection is reported by the other direction.
async fn copy_input(attached: bool, mut writer: HijackedWriter, mut detacher: Option<Detacher>) -> Ended {
    if !attached {
        drop(writer.close().await);
        return Ended::Closed;
    }
    let mut stdin = tokio::io::stdin();
    let mut buffer = vec![0; CHUNK];
    while let Ok(read @ 1..) = read_some(&mut stdin, &mut buffer).await {
        let sent = match &mut detacher {
            None => writer.write_all(&buffer[..read]).await,
            Some(detacher) => {
                let typed = detacher.push(&buffer[..read]);
                let sent = writer.write_all(&typed.bytes).await;
                if typed.detached {
                    return Ended::Detached;
                }
                sent
            }
        };
        if sent.is_err() {
            break;
        }
    }
    drop(writer.close().await);
    Ended::Closed
}

async fn read_some(stdin: &mut (impl AsyncRead + Unpin), buffer: &mut [u8]) -> std::io::Result<usize> {
    stdin.read(buffer).await
}

/// The container's outputs to ours.
async fn copy_output(mut reader: HijackedReader, streams: &Streams) -> Outcome {
    let mut stdout = tokio::io::stdout();
    let mut stderr = tokio::io::stderr();
    let mut frames = Demultiplexer::default();
    let mut buffer = vec![0; CHUNK];
    loop {
        let read = reader.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        if streams.tty {
            write(&mut stdout, &buffer[..read]).await?;
            continue;
        }
        for frame in frames.push(&buffer[..read]) {
            match frame.map_err(Failure::from)? {
                (Channel::Stdout, bytes) => write(&mut stdout, bytes).await?,
                (Channel::Stderr, bytes) => write(&mut stderr, bytes).await?,
            }
        }
    }
}

async fn write(output: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> std::io::Result<()> {
    output.write_all(bytes).await?;
    output.flush().await
}
