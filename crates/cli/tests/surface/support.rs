//! An engine that is not one: it answers on a socket, writes down what it was asked, and plays one container.

use std::convert::Infallible;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::sync::watch;

/// Id of the one container.
pub(crate) const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// What the container does, and what the engine refuses.
#[derive(Clone, Default)]
pub(crate) struct Play {
    /// Frames that attaching sends once the container is started: channel and text.
    pub(crate) output: Vec<(u8, &'static str)>,
    /// Sends stdin back when it has ended.
    pub(crate) echo: bool,
    /// Has a terminal: output without frames.
    pub(crate) tty: bool,
    /// Runs until it gets a signal.
    pub(crate) until_killed: bool,
    pub(crate) exit_code: i64,
    /// Answers by beginning of `METHOD path`, before anything else.
    pub(crate) answers: Vec<(&'static str, u16, &'static str)>,
}

/// A body that comes when it is ready.
struct Later(Option<Pin<Box<dyn Future<Output = String> + Send>>>);

impl Later {
    fn new(text: impl Future<Output = String> + Send + 'static) -> Self {
        Self(Some(Box::pin(text)))
    }

    fn now(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self(None) } else { Self::new(async { text }) }
    }
}

impl Body for Later {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(text) = &mut self.0 else { return Poll::Ready(None) };
        let text = ready!(text.as_mut().poll(context));
        self.0 = None;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(text)))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }
}

/// The engine.
pub(crate) struct Engine {
    directory: tempfile::TempDir,
    requests: Arc<Mutex<Vec<String>>>,
    // Ends the engine when it is dropped.
    _runtime: tokio::runtime::Runtime,
}

/// Where the container is in its life.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Created,
    Running,
    Ended,
}

#[derive(Clone)]
struct State {
    play: Arc<Play>,
    requests: Arc<Mutex<Vec<String>>>,
    stage: watch::Sender<Stage>,
}

impl Engine {
    pub(crate) fn start(play: Play) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let state = State {
            play: Arc::new(play),
            requests: requests.clone(),
            stage: watch::channel(Stage::Created).0,
        };
        let listener =
            runtime.block_on(async { UnixListener::bind(directory.path().join("socket")).unwrap() });
        runtime.spawn(serve(listener, state));
        Self { directory, requests, _runtime: runtime }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The client's program, pointed at this engine.
    pub(crate) fn client(&self, arguments: &[&str]) -> Command {
        let host = format!("unix://{}", self.directory.path().join("socket").display());
        let mut command = Command::new(program());
        command.arg("--host").arg(host).args(arguments);
        command
    }

    /// Runs the client with nothing on stdin.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.client(arguments).stdin(std::process::Stdio::null()).output().unwrap()
    }

    /// What was asked so far: `METHOD path?query`, without the version.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// The example beside this test's own program.
pub(crate) fn program() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    tests.parent().unwrap().parent().unwrap().join("examples/cli")
}

async fn serve(listener: UnixListener, state: State) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = state.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let state = state.clone();
                async move { Ok::<_, Infallible>(answer(request, state).await) }
            });
            let builder = hyper::server::conn::http1::Builder::new();
            // The client is gone when this fails.
            drop(builder.serve_connection(TokioIo::new(stream), service).with_upgrades().await);
        });
    }
}

fn json(status: u16, body: impl Into<String>) -> Response<Later> {
    let body = Later::now(body);
    Response::builder().status(status).header("content-type", "application/json").body(body).unwrap()
}

async fn answer(request: Request<Incoming>, state: State) -> Response<Later> {
    let target = request.uri().path_and_query().unwrap().as_str().to_owned();
    let path = target.strip_prefix("/v1.51").unwrap_or(&target);
    let asked = format!("{} {}", request.method(), path.replace(ID, "ID"));
    if path != "/_ping" {
        state.requests.lock().unwrap().push(asked.clone());
    }
    if let Some((_, status, body)) = state.play.answers.iter().find(|(begins, ..)| asked.starts_with(begins))
    {
        drop(request.into_body().collect().await);
        return json(*status, *body);
    }
    let operation = path.split('?').next().unwrap().rsplit('/').next().unwrap();
    match operation {
        "_ping" => Response::builder().header("api-version", "1.51").body(Later::now("")).unwrap(),
        "create" => json(201, format!(r#"{{"Id":"{ID}","Warnings":[]}}"#)),
        "attach" => attach(request, state),
        "start" => {
            state.stage.send_replace(Stage::Running);
            if !state.play.until_killed && !state.play.echo {
                state.stage.send_replace(Stage::Ended);
            }
            json(204, "")
        }
        "kill" => {
            state.stage.send_replace(Stage::Ended);
            json(204, "")
        }
        "wait" => {
            // The head comes at once: it tells that the wait is registered.
            let mut stage = state.stage.subscribe();
            Response::new(Later::new(async move {
                drop(stage.wait_for(|stage| *stage == Stage::Ended).await);
                format!(r#"{{"StatusCode":{}}}"#, state.play.exit_code)
            }))
        }
        _ => json(404, r#"{"message":"page not found"}"#),
    }
}

/// Becomes the container's streams.
fn attach(request: Request<Incoming>, state: State) -> Response<Later> {
    tokio::spawn(async move {
        let Ok(upgraded) = hyper::upgrade::on(request).await else { return };
        let (mut reader, mut writer) = tokio::io::split(TokioIo::new(upgraded));
        let mut stage = state.stage.subscribe();
        drop(stage.wait_for(|stage| *stage >= Stage::Running).await);
        for (channel, text) in &state.play.output {
            drop(writer.write_all(&frame(state.play.tty, *channel, text.as_bytes())).await);
        }
        if state.play.echo {
            let mut stdin = Vec::new();
            drop(reader.read_to_end(&mut stdin).await);
            for part in stdin.chunks(1000) {
                drop(writer.write_all(&frame(state.play.tty, 1, part)).await);
            }
            state.stage.send_replace(Stage::Ended);
        }
        drop(stage.wait_for(|stage| *stage == Stage::Ended).await);
        drop(writer.shutdown().await);
    });
    let response = Response::builder().status(101).header("connection", "Upgrade").header("upgrade", "tcp");
    response.body(Later::now("")).unwrap()
}

fn frame(tty: bool, channel: u8, payload: &[u8]) -> Vec<u8> {
    if tty {
        return payload.to_vec();
    }
    let mut frame = vec![channel, 0, 0, 0];
    frame.extend(u32::try_from(payload.len()).unwrap().to_be_bytes());
    frame.extend(payload);
    frame
}
