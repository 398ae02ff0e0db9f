//! The client against an engine that is a function, over streams in memory.
#![allow(clippy::unwrap_used)] // The helpers of a test may fail as its tests do.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use corten_api_client::{
    AttachQuery, Client, Connecting, Connector, Demultiplexer, Error, EventsQuery, Stream,
};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// An engine in memory: every connection is served by one function.
struct InMemory(fn(Request<Bytes>) -> Response<Full<Bytes>>);

impl Connector for InMemory {
    fn connect(&self) -> Connecting<'_> {
        let serve = self.0;
        Box::pin(async move {
            let (ours, theirs) = tokio::io::duplex(16);
            let service = service_fn(move |request: Request<Incoming>| async move {
                let (parts, body) = request.into_parts();
                let body = body.collect().await.unwrap().to_bytes();
                Ok::<_, Infallible>(serve(Request::from_parts(parts, body)))
            });
            tokio::spawn(async move {
                http1::Builder::new().serve_connection(TokioIo::new(theirs), service).with_upgrades().await
            });
            Ok(Box::new(ours) as Box<dyn Stream>)
        })
    }

    fn address(&self) -> &str {
        "memory"
    }
}

fn client(serve: fn(Request<Bytes>) -> Response<Full<Bytes>>) -> Client {
    Client::new(Arc::new(InMemory(serve)))
}

fn answer(status: u16, body: &'static str) -> Response<Full<Bytes>> {
    Response::builder().status(status).body(Full::new(Bytes::from(body))).unwrap()
}

#[tokio::test]
async fn a_refusal_carries_status_and_message() {
    let client = client(|request| {
        assert_eq!(request.uri(), "/v1.51/containers/web/start");
        answer(404, r#"{"message":"No such container: web"}"#)
    });
    let error = client.container_start("web").await.unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(error.to_string(), "Error response from daemon: No such container: web");
}

#[tokio::test]
async fn an_older_engine_is_spoken_to_in_its_version() {
    let mut client = client(|request| match request.uri().path() {
        "/_ping" => Response::builder().header("api-version", "1.41").body(Full::default()).unwrap(),
        path => answer(if path == "/v1.41/containers/x/pause" { 204 } else { 500 }, ""),
    });
    client.negotiate().await.unwrap();
    client.container_pause("x").await.unwrap();
}

#[tokio::test]
async fn events_come_one_by_one_whatever_the_chunks() {
    let client = client(|_| {
        answer(
            200,
            "{\"Type\":\"container\",\"Action\":\"start\"}\n{\"Type\":\"image\",\"Action\":\"tag\"}\r\n",
        )
    });
    let mut events = client.events(&EventsQuery::default()).await.unwrap();
    assert_eq!(events.next().await.unwrap().unwrap().action, "start");
    assert_eq!(events.next().await.unwrap().unwrap().kind, "image");
    assert!(events.next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_stream_that_ends_inside_a_value_is_an_error() {
    let client = client(|_| answer(200, "{\"Type\":"));
    let mut events = client.events(&EventsQuery::default()).await.unwrap();
    assert!(matches!(events.next().await, Err(Error::EndedEarly { .. })));
}

/// Takes the connection over and answers stdin, once it has ended, as one frame on stdout.
fn echo_after_end(request: Request<Bytes>) -> Response<Full<Bytes>> {
    assert_eq!(request.headers()["upgrade"], "tcp");
    tokio::spawn(async move {
        let mut streams = TokioIo::new(hyper::upgrade::on(request).await.unwrap());
        let mut stdin = Vec::new();
        streams.read_to_end(&mut stdin).await.unwrap();
        let header = [1, 0, 0, 0, 0, 0, 0, u8::try_from(stdin.len()).unwrap()];
        streams.write_all(&[&header[..], &stdin].concat()).await.unwrap();
    });
    Response::builder()
        .status(101)
        .header("content-type", "application/vnd.docker.multiplexed-stream")
        .header("connection", "Upgrade")
        .header("upgrade", "tcp")
        .body(Full::default())
        .unwrap()
}

#[tokio::test]
async fn closing_stdin_leaves_the_output_open() {
    let client = client(echo_after_end);
    let query = AttachQuery { stdin: true, stdout: true, ..AttachQuery::default() };
    let mut streams = client.container_attach("x", &query).await.unwrap();
    assert!(streams.multiplexed);
    streams.writer.write_all(b"to the end").await.unwrap();
    streams.writer.close().await.unwrap();
    let (mut frames, mut output, mut buffer) = (Demultiplexer::default(), Vec::<u8>::new(), [0; 64]);
    loop {
        let read = streams.reader.read(&mut buffer).await.unwrap();
        if read == 0 {
            break;
        }
        for frame in frames.push(&buffer[..read]) {
            output.extend(frame.unwrap().1);
        }
    }
    assert_eq!(output, b"to the end");
}

#[tokio::test]
async fn without_an_upgrade_there_is_no_attach() {
    let client = client(|_| answer(200, ""));
    let Err(error) = client.container_attach("x", &AttachQuery::default()).await else {
        panic!("attached without an upgrade");
    };
    assert_eq!(error.to_string(), "unable to upgrade to tcp, received 200 OK");
}

#[tokio::test]
async fn an_upload_arrives_whole() {
    let client = client(|request| {
        assert_eq!(request.headers()["content-type"], "application/x-tar");
        assert!(request.body().len() == 200_000 && request.body().iter().all(|byte| *byte == 7));
        answer(200, r#"{"stream":"Loaded image: a:b\n"}"#)
    });
    let tar = Box::pin(std::io::Cursor::new(vec![7; 200_000]));
    let mut progress = client.image_load(tar, true, &[]).await.unwrap();
    assert_eq!(progress.next().await.unwrap().unwrap().stream, "Loaded image: a:b\n");
}
