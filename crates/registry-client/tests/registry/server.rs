//! A registry on loopback that does what a test tells it, well-behaved or not.
//! It speaks HTTP/1.1 by hand: no library would send what some of these tests need.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The first byte of a TLS handshake.
const TLS: u8 = 0x16;

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    /// The first byte that a `Range` asks for.
    pub(crate) fn offset(&self) -> Option<usize> {
        self.header("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }
}

/// What to answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Body,
}

#[derive(Debug, Clone)]
pub(crate) enum Body {
    /// With its length.
    Full(Vec<u8>),
    /// With that length, of which only so much comes before the connection ends.
    Cut(usize, Vec<u8>),
    /// In chunks, without a length.
    Chunked(Vec<u8>),
    /// In chunks, without an end.
    Endless,
    /// With that length; these bytes, and then nothing while the connection stays.
    Silence(usize, Vec<u8>),
    /// With that length; a byte at a time, for ever.
    Drip(usize, Duration),
    /// Headers without an end.
    EndlessHeaders,
    /// No answer: the connection ends.
    Nothing,
}

impl Default for Body {
    fn default() -> Self {
        Self::Full(Vec::new())
    }
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: Body::Full(body.into()) }
    }

    pub(crate) fn with(status: u16, body: Body) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

type Handler = dyn Fn(&Request, usize) -> Reply + Send + Sync;

/// A server that runs until it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts one. `handler` gets each request, and how many with the same method and target came before it. The client's first look at `/v2/` is answered 200.
    pub(crate) async fn start(handler: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let handler: Arc<Handler> = Arc::new(handler);
        let seen = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&handler), Arc::clone(&seen)));
            }
        });
        Self { address, requests, task }
    }

    /// What came, without the client's first look at `/v2/`.
    pub(crate) fn requests(&self) -> Vec<Request> {
        let requests = self.requests.lock().unwrap();
        requests.iter().filter(|request| request.target != "/v2/").cloned().collect()
    }

    /// Methods and targets of what came.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.requests().iter().map(|request| format!("{} {}", request.method, request.target)).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, handler: Arc<Handler>, seen: Arc<Mutex<Vec<Request>>>) {
    let mut buffer = Vec::new();
    while let Some(request) = read(&mut stream, &mut buffer).await {
        let reply = {
            let mut seen = seen.lock().unwrap();
            let same = |other: &&Request| other.method == request.method && other.target == request.target;
            let earlier = seen.iter().filter(same).count();
            seen.push(request.clone());
            if request.target == "/v2/" && earlier == 0 {
                Reply::new(200, "{}")
            } else {
                handler(&request, earlier)
            }
        };
        let is_head = request.method == "HEAD";
        if write(&mut stream, reply, is_head).await.is_none() {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Request> {
    let end = loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(buffer).await.ok()? == 0 || buffer[0] == TLS {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    buffer.drain(..end + 4);
    let mut lines = head.lines();
    let mut words = lines.next()?.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    let mut request = Request { method, target, headers, body: Vec::new() };
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    while buffer.len() < length {
        if stream.read_buf(buffer).await.ok()? == 0 {
            break;
        }
    }
    request.body = buffer.drain(..length.min(buffer.len())).collect();
    Some(request)
}

/// Nothing when the connection is to end.
async fn write(stream: &mut TcpStream, reply: Reply, is_head: bool) -> Option<()> {
    let mut head = format!("HTTP/1.1 {} Whatever\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let (length, body) = match &reply.body {
        Body::Full(body) => (Some(body.len()), body.clone()),
        Body::Cut(length, body) | Body::Silence(length, body) => (Some(*length), body.clone()),
        Body::Drip(length, _) => (Some(*length), Vec::new()),
        Body::Chunked(body) => {
            (None, [format!("{:x}\r\n", body.len()).as_bytes(), body, b"\r\n0\r\n\r\n"].concat())
        }
        Body::Endless => (None, Vec::new()),
        Body::EndlessHeaders => return endless(stream, &head, b"X-More: and more\r\n").await,
        Body::Nothing => return None,
    };
    match length {
        Some(length) => head.push_str(&format!("Content-Length: {length}\r\n\r\n")),
        None => head.push_str("Transfer-Encoding: chunked\r\n\r\n"),
    }
    // In one piece, or the kernel would wait with the second.
    let body = if is_head { Vec::new() } else { body };
    stream.write_all(&[head.as_bytes(), &body].concat()).await.ok()?;
    if is_head {
        return Some(());
    }
    match reply.body {
        Body::Full(_) | Body::Chunked(_) => Some(()),
        Body::Endless => endless(stream, "", &[b"4000\r\n", &[0; 0x4000][..], b"\r\n"].concat()).await,
        Body::Drip(_, every) => loop {
            stream.write_all(b"x").await.ok()?;
            tokio::time::sleep(every).await;
        },
        // Until the client goes away.
        Body::Silence(..) => stream.read(&mut [0]).await.ok().filter(|read| *read > 0).map(|_| ()),
        _ => None,
    }
}

async fn endless(stream: &mut TcpStream, first: &str, again: &[u8]) -> Option<()> {
    stream.write_all(first.as_bytes()).await.ok()?;
    loop {
        stream.write_all(again).await.ok()?;
    }
}
