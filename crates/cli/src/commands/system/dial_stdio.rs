//! `system dial-stdio`: stdin and stdout become a connection to the engine. Programs on other hosts call this, through ssh.

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, stdin, stdout};

use crate::failure::{Failure, Outcome, describe};
use crate::flags::Parsed;
use crate::session::Session;

/// Bytes under way in each direction.
const BUFFER: usize = 64 * 1024;

pub(crate) async fn run(session: Session, _: Parsed) -> Outcome {
    if session.client.address().starts_with("ssh://") {
        return Err(Failure::new(format!(
            "`system dial-stdio` connects to an engine of this host, not to `{}`: by way of ssh it would be called again, without end",
            session.client.address()
        )));
    }
    let connected = session.client.dial().await;
    let stream = connected.map_err(|error| {
        Failure::new(format!("failed to open the raw stream connection: {}", describe(&error)))
    })?;
    let (reader, writer) = tokio::io::split(stream);
    let there = carry(stdin(), writer, "stdin to stream");
    let back = carry(reader, stdout(), "stream to stdout");
    tokio::pin!(there, back);
    tokio::select! {
        sent = &mut there => {
            sent?;
            back.await
        }
        // Whoever is on the other side of stdin may never end it.
        received = &mut back => received,
    }
}

/// Carries bytes until there are no more, and says so. Each lot is on its way before the next is waited for.
async fn carry(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, what: &str) -> Outcome {
    let failed = |error| Failure::new(format!("error while Copy ({what}): {error}"));
    let mut buffer = vec![0; BUFFER];
    loop {
        let length = from.read(&mut buffer).await.map_err(failed)?;
        if length == 0 {
            break;
        }
        to.write_all(&buffer[..length]).await.map_err(failed)?;
        to.flush().await.map_err(failed)?;
    }
    // Who has gone needs no end.
    drop(to.shutdown().await);
    Ok(())
}
