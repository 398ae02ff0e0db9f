//! A stream of bytes in the messages of a websocket, both ways.
//!
//! Whoever has the stream sees bytes alone. What ends the websocket, ends the stream: a websocket has no half that can be closed.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, ReadHalf, WriteHalf};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::framing::Unframed;
use crate::hijack::ByteStream;

/// How many bytes are under way in each direction beside those of a message.
const BUFFER: usize = 64 * 1024;

/// How many bytes of output are sent in one message at most.
const CHUNK: usize = 32 * 1024;

/// The longest message of a client, in one frame or several: it is held in memory until it is whole.
const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// How long a client may take to answer that the websocket is closed.
const FAREWELL: Duration = Duration::from_secs(1);

type Sender = SplitSink<WebSocketStream<ByteStream>, Message>;
type Receiver = SplitStream<WebSocketStream<ByteStream>>;

/// How bytes become messages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Messages {
    /// Whether messages to the client are binary; else they are text, whatever their bytes.
    pub(crate) are_binary: bool,
    /// Whether the output comes in Docker's frames, which messages do not have.
    pub(crate) are_framed: bool,
    /// Whether somebody reads what the client sends; else it is dropped, so that the client's closing is seen behind it.
    pub(crate) reach_process: bool,
}

/// Gives `work` a stream whose bytes go to the client of a websocket and come from it, until either is done. What the client has
/// sent before it left is still there to be read, and then the stream ends.
pub(crate) async fn carry<W, F>(client: ByteStream, messages: Messages, work: W)
where
    W: FnOnce(ByteStream) -> F + Send,
    F: Future<Output = ()> + Send + 'static,
{
    let socket = WebSocketStream::from_raw_socket(client, Role::Server, Some(limits())).await;
    let (mut sender, mut receiver) = socket.split();
    let (near, far) = tokio::io::duplex(BUFFER);
    let work = tokio::spawn(work(Box::new(near)));
    let (mut output, mut input) = tokio::io::split(far);
    let why = tokio::select! {
        () = send(&mut output, &mut sender, messages) => Some(CloseCode::Normal),
        why = receive(&mut receiver, &mut input, messages) => why,
    };
    // A client that does not read is not waited for.
    let _ = timeout(FAREWELL, close(&mut sender, &mut receiver, why)).await;
    if let Ok(mut socket) = sender.reunite(receiver) {
        let _ = socket.get_mut().shutdown().await;
    }
    if messages.reach_process {
        let _ = input.shutdown().await;
        // It may take its time to read what has come, and is not to wait meanwhile for whoever reads what it writes.
        let _ = tokio::io::copy(&mut output, &mut tokio::io::sink()).await;
    } else {
        work.abort();
    }
}

fn limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(CHUNK)
        .write_buffer_size(CHUNK)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE))
}

/// Sends output until there is no more, or the client is gone.
async fn send(output: &mut ReadHalf<DuplexStream>, sender: &mut Sender, messages: Messages) {
    let mut unframed = messages.are_framed.then(Unframed::default);
    let mut chunk = vec![0; CHUNK];
    while let Ok(read @ 1..) = output.read(&mut chunk).await {
        let bytes = match &mut unframed {
            Some(unframed) => unframed.push(&chunk[..read]),
            None => chunk[..read].to_vec(),
        };
        if !bytes.is_empty() && sender.send(message(bytes, messages.are_binary)).await.is_err() {
            return;
        }
    }
}

fn message(bytes: Vec<u8>, is_binary: bool) -> Message {
    match is_binary {
        true => Message::Binary(bytes.into()),
        // Docker's text need not be UTF-8.
        false => Message::Frame(Frame::message(bytes, OpCode::Data(Data::Text), true)),
    }
}

/// Passes input on until the client closes the websocket or is gone; else returns what is wrong with what it has sent.
async fn receive(
    receiver: &mut Receiver,
    input: &mut WriteHalf<DuplexStream>,
    messages: Messages,
) -> Option<CloseCode> {
    let mut is_open = messages.reach_process;
    loop {
        let bytes: Bytes = match receiver.next().await? {
            Ok(Message::Binary(bytes)) => bytes,
            Ok(Message::Text(text)) => text.into(),
            Ok(Message::Close(_)) => return None,
            // A ping is answered with the next look at the socket.
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => continue,
            Err(error) => return close_code(&error),
        };
        is_open = is_open && input.write_all(&bytes).await.is_ok();
    }
}

/// What to tell a client whose messages make no sense; `None`: there is nobody left to tell.
fn close_code(error: &Error) -> Option<CloseCode> {
    match error {
        Error::Capacity(_) => Some(CloseCode::Size),
        Error::Utf8(_) => Some(CloseCode::Invalid),
        Error::Protocol(_) => Some(CloseCode::Protocol),
        _ => None,
    }
}

/// Closes the websocket for this reason, or as the client has asked, and waits until the client has closed it, too.
async fn close(sender: &mut Sender, receiver: &mut Receiver, why: Option<CloseCode>) {
    let sent = match why {
        Some(code) => {
            let reason = "".into();
            sender.send(Message::Close(Some(CloseFrame { code, reason }))).await
        }
        None => sender.flush().await,
    };
    if sent.is_ok() {
        while let Some(Ok(_)) = receiver.next().await {}
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncRead, AsyncWrite, duplex, split};
    use tokio::task::{JoinHandle, yield_now};

    use super::*;
    use crate::framing;

    const RAW: Messages = Messages { are_binary: true, are_framed: false, reach_process: true };

    const CONTINUATION: u8 = 0;
    const TEXT: u8 = 1;
    const BINARY: u8 = 2;
    const CLOSE: u8 = 8;
    const PING: u8 = 9;
    const PONG: u8 = 10;
    const LAST: u8 = 0x80;

    /// A client's frame: these bits first, then the bytes behind a mask.
    fn frame(bits: u8, bytes: &[u8]) -> Vec<u8> {
        let mask = [1, 2, 3, 4];
        let masked = bytes.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask);
        let length = u8::try_from(bytes.len()).unwrap();
        assert!(length < 126, "a longer one has another head");
        [bits, 0x80 | length].into_iter().chain(mask).chain(masked).collect()
    }

    /// Reads a server's frame: its first bits and its bytes.
    async fn read_frame(client: &mut (impl AsyncRead + Unpin)) -> (u8, Vec<u8>) {
        let mut head = [0; 2];
        client.read_exact(&mut head).await.unwrap();
        assert!(head[1] < 126, "a longer one than a test asks for");
        let mut bytes = vec![0; head[1].into()];
        client.read_exact(&mut bytes).await.unwrap();
        (head[0], bytes)
    }

    fn closed(code: u16) -> (u8, Vec<u8>) {
        (LAST | CLOSE, code.to_be_bytes().to_vec())
    }

    /// A websocket's client, and what carries its stream to a process that says `output` and then reads to the end of its
    /// input, which it returns.
    fn connect(messages: Messages, output: &'static [u8]) -> (DuplexStream, JoinHandle<Vec<u8>>) {
        let (client, server) = duplex(1024);
        let carried = tokio::spawn(async move {
            let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
            let process = |mut stream: ByteStream| async move {
                stream.write_all(output).await.unwrap();
                let mut byte = [0];
                while let Ok(1) = stream.read(&mut byte).await {
                    told.send(byte[0]).unwrap();
                }
            };
            carry(Box::new(server), messages, process).await;
            let mut input = Vec::new();
            while let Ok(byte) = heard.try_recv() {
                input.push(byte);
            }
            input
        });
        (client, carried)
    }

    #[tokio::test]
    async fn output_comes_in_messages_without_frames_of_dockers() {
        let mut output = Vec::new();
        framing::append(&mut output, framing::STDOUT, &[b"out "]);
        framing::append(&mut output, framing::STDERR, &[b"\xff"]);
        for (are_binary, bits) in [(true, LAST | BINARY), (false, LAST | TEXT)] {
            let (mut client, server) = duplex(1024);
            let output = output.clone();
            let messages = Messages { are_binary, are_framed: true, reach_process: true };
            let process = |mut stream: ByteStream| async move { stream.write_all(&output).await.unwrap() };
            let carried = tokio::spawn(carry(Box::new(server), messages, process));
            assert_eq!(read_frame(&mut client).await, (bits, b"out \xff".to_vec()));
            assert_eq!(read_frame(&mut client).await, closed(1000));
            client.write_all(&frame(LAST | CLOSE, &1000_u16.to_be_bytes())).await.unwrap();
            assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
            carried.await.unwrap();
        }
    }

    #[tokio::test]
    async fn messages_are_input_however_they_are_cut_and_pings_are_answered_between() {
        let (mut client, carried) = connect(RAW, b"");
        let frames = [
            frame(BINARY, b"one "),
            frame(LAST | PING, b"there?"),
            frame(LAST | CONTINUATION, b"two "),
            frame(LAST | TEXT, b"three"),
            frame(LAST | CLOSE, b""),
        ];
        client.write_all(&frames.concat()).await.unwrap();
        assert_eq!(read_frame(&mut client).await, (LAST | PONG, b"there?".to_vec()));
        assert_eq!(read_frame(&mut client).await, (LAST | CLOSE, Vec::new()));
        assert_eq!(carried.await.unwrap(), b"one two three");
    }

    #[tokio::test]
    async fn what_makes_no_sense_ends_the_websocket_with_its_reason() {
        let huge = [&[LAST | BINARY, 0x80 | 127][..], &(1_u64 << 40).to_be_bytes(), &[1, 2, 3, 4]].concat();
        for (bytes, code) in [
            (huge, 1009),
            (frame(PING, b"in pieces"), 1002),
            (frame(LAST | CONTINUATION, b"of nothing"), 1002),
            (frame(LAST | 0x40 | BINARY, b"compressed"), 1002),
            (frame(LAST | 11, b"unknown"), 1002),
            (vec![LAST | BINARY, 1, b'x'], 1002),
            (frame(LAST | TEXT, b"\xff"), 1007),
        ] {
            let (mut client, carried) = connect(RAW, b"");
            client.write_all(&bytes).await.unwrap();
            assert_eq!(read_frame(&mut client).await, closed(code), "{bytes:?}");
            drop(client);
            assert_eq!(carried.await.unwrap(), b"", "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn a_client_that_nobody_listens_to_is_heard_when_it_leaves() {
        let (client, carried) = connect(Messages { reach_process: false, ..RAW }, b"hello");
        let (mut from_server, mut to_server) = split(client);
        assert_eq!(read_frame(&mut from_server).await, (LAST | BINARY, b"hello".to_vec()));
        let sent = vec![frame(LAST | BINARY, &[b'x'; 125]); 2 * BUFFER / 125].concat();
        to_server.write_all(&sent).await.unwrap();
        to_server.write_all(&frame(LAST | CLOSE, b"")).await.unwrap();
        assert_eq!(read_frame(&mut from_server).await, (LAST | CLOSE, Vec::new()));
        assert_eq!(carried.await.unwrap(), b"");
    }

    #[tokio::test]
    async fn a_client_that_never_reads_holds_back_the_writer_and_nothing_else() {
        let (client, server) = duplex(1024);
        let (written, sent) = (Arc::new(AtomicUsize::new(0)), 1024);
        let count = written.clone();
        let process = move |stream: ByteStream| async move {
            let (mut input, output) = split(stream);
            let mut byte = [0];
            tokio::select! {
                () = write_for_ever(output, count, sent) => {}
                _ = input.read(&mut byte) => {}
            }
        };
        let carried = tokio::spawn(carry(Box::new(server), RAW, process));
        // One thread: whoever can go on has done so after this many turns.
        for _ in 0..1000 {
            yield_now().await;
        }
        let waiting = written.load(Ordering::Relaxed);
        assert!((BUFFER..BUFFER + 4 * CHUNK).contains(&waiting), "{waiting}");
        drop(client);
        carried.await.unwrap();
    }

    async fn write_for_ever(mut stream: impl AsyncWrite + Unpin, count: Arc<AtomicUsize>, size: usize) {
        while stream.write_all(&vec![b'x'; size]).await.is_ok() {
            count.fetch_add(size, Ordering::Relaxed);
        }
    }
}
