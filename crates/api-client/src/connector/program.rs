//! Engines behind a program that carries bytes, as ssh does: its stdin and stdout are the connection.

use std::ffi::OsString;
use std::io;
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::{Connecting, Connector, Stream};

/// How much of what a program complains about is told.
const COMPLAINT: u64 = 4096;

/// How long a program may take to end that has closed its output.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long what it complained about may take to arrive once it has ended.
const GRACE: Duration = Duration::from_millis(200);

/// An engine behind a program; each connection is one run of it.
pub struct Program {
    program: OsString,
    arguments: Vec<String>,
    address: String,
}

impl Program {
    /// The engine that `program` connects its stdin and stdout with.
    #[must_use]
    pub fn new(program: impl Into<OsString>, arguments: Vec<String>, address: &str) -> Self {
        Self { program: program.into(), arguments, address: address.to_owned() }
    }

    fn start(&self) -> io::Result<Conversation> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // What the terminal sends to us (Ctrl+C) is for us to understand.
        corten_sys::session::of_its_own(command.as_std_mut());
        let mut child = command.spawn().map_err(|error| {
            let program = self.program.to_string_lossy();
            io::Error::other(format!("exec: {program:?}: {error}"))
        })?;
        let (Some(input), Some(output), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let words = format!("{} {}", self.program.to_string_lossy(), self.arguments.join(" "));
        Ok(Conversation { input: Some(input), output, ending: None, run: Some((child, errors, words)) })
    }
}

impl Connector for Program {
    fn connect(&self) -> Connecting<'_> {
        Box::pin(async { Ok(Box::new(self.start()?) as Box<dyn Stream>) })
    }

    fn address(&self) -> &str {
        &self.address
    }

    fn is_costly(&self) -> bool {
        true
    }
}

/// `exit status 255`, `signal: killed`: Go's words.
fn go_status(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exit status {code}"),
        None => status.to_string(),
    }
}

type Ending = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// One run of the program.
struct Conversation {
    /// `None` once it is closed.
    input: Option<ChildStdin>,
    output: ChildStdout,
    run: Option<(Child, ChildStderr, String)>,
    /// The look at how it ended, once there is no more output.
    ending: Option<Ending>,
}

/// How a program ended that has closed its output: what it complained about, if it failed.
async fn ending(mut child: Child, errors: ChildStderr, words: String) -> io::Result<()> {
    let Ok(status) = timeout(PATIENCE, child.wait()).await else {
        return Err(io::Error::other(format!("command [{words}] did not exit after its output had ended")));
    };
    let status = status?;
    if status.success() {
        return Ok(());
    }
    let mut complaint = Vec::new();
    // A process that it leaves behind may keep the stream open; what there is by now is all.
    drop(timeout(GRACE, errors.take(COMPLAINT).read_to_end(&mut complaint)).await);
    Err(io::Error::other(format!(
        "command [{words}] has exited with {}, make sure the URL is valid, and Corten or Docker 18.09 or later is installed on the remote host: stderr={}",
        go_status(status),
        String::from_utf8_lossy(&complaint)
    )))
}

impl AsyncRead for Conversation {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if self.ending.is_none() {
            ready!(Pin::new(&mut self.output).poll_read(context, buffer))?;
            if buffer.filled().len() > before {
                return Poll::Ready(Ok(()));
            }
        }
        if let Some((child, errors, words)) = self.run.take() {
            self.ending = Some(Box::pin(ending(child, errors, words)));
        }
        let Some(look) = self.ending.as_mut() else { return Poll::Ready(Ok(())) };
        let ended = ready!(look.as_mut().poll(context));
        self.ending = None;
        Poll::Ready(ended)
    }
}

impl AsyncWrite for Conversation {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.input {
            Some(input) => match ready!(Pin::new(input).poll_write(context, bytes)) {
                // A program that is gone has said why on its other side, where it is read.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Poll::Ready(Ok(bytes.len())),
                written => Poll::Ready(written),
            },
            None => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.input {
            Some(input) => Pin::new(input).poll_flush(context),
            None => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Its stdin ends; what it still writes comes.
        self.input = None;
        Poll::Ready(Ok(()))
    }
}
