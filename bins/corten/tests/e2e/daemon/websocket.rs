//! Attaching by a websocket, with a client that is one.

use std::os::unix::net::UnixStream;

use corten_testkit::Corten;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{self, Error, Message, WebSocket};

use super::Daemon;
use crate::restarts::until;
use crate::setup;

/// A daemon, and a container that says back what it is told on both of its outputs, told apart by a letter.
fn echo(open_stdin: bool) -> Option<(Corten, Daemon)> {
    let corten = setup::busybox()?;
    let daemon = Daemon::start(&corten, &[]);
    let script = "echo ready
        while read line; do
            [ \"$line\" != end ] || exit 7
            echo \"o:$line\"; echo \"e:$line\" >&2
        done";
    let flags: &[&str] = if open_stdin { &["-di"] } else { &["-d"] };
    let script = if open_stdin { script } else { "echo ready; exec sleep 1000" };
    let words = [&["run", "--name", "box"], flags, &["busybox", "sh", "-c", script]].concat();
    corten.run(&words).success();
    // What is written while somebody attaches with the log can come twice: once of the log, and once more.
    until("its first line", || corten.run(&["logs", "box"]).success().stdout() == "ready\n");
    Some((corten, daemon))
}

/// The websocket at a path of the daemon's.
fn connect(daemon: &Daemon, path: &str) -> WebSocket<UnixStream> {
    let stream = UnixStream::connect(&daemon.socket).expect("connect to the daemon");
    tungstenite::client(format!("ws://corten{path}"), stream).expect("a websocket").0
}

/// Reads messages until they hold so many bytes, which are sorted by lines: the two outputs race.
fn lines(socket: &mut WebSocket<UnixStream>, length: usize) -> Vec<String> {
    let mut bytes = Vec::new();
    while bytes.len() < length {
        match socket.read().expect("a message") {
            Message::Binary(piece) => bytes.extend_from_slice(&piece),
            other => panic!("{other:?}"),
        }
    }
    let mut lines: Vec<String> = String::from_utf8(bytes).expect("text").lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn what_is_said_to_a_websocket_reaches_the_container_and_comes_back_without_frames() {
    let Some((corten, daemon)) = echo(true) else { return };
    let mut socket = connect(&daemon, "/containers/box/attach/ws?logs=1&stream=1&stdin=1&stdout=1&stderr=1");
    assert_eq!(lines(&mut socket, 6), ["ready"]);
    socket.send(Message::binary(&b"one\n"[..])).unwrap();
    assert_eq!(lines(&mut socket, 12), ["e:one", "o:one"]);
    socket.send(Message::text("two\n")).unwrap();
    assert_eq!(lines(&mut socket, 12), ["e:two", "o:two"]);
    // Only what is asked for, and to somebody beside the first.
    let mut other = connect(&daemon, "/v1.42/containers/box/attach/ws?stream=1&stderr=1");
    socket.send(Message::binary(&b"three\n"[..])).unwrap();
    assert_eq!(lines(&mut other, 8), ["e:three"]);
    assert_eq!(lines(&mut socket, 16), ["e:three", "o:three"]);
    corten.run(&["kill", "box"]).success();
    for mut socket in [socket, other] {
        let Message::Close(Some(close)) = socket.read().unwrap() else { panic!("the end is told") };
        assert_eq!(close.code, CloseCode::Normal);
        assert!(matches!(socket.read().unwrap_err(), Error::ConnectionClosed));
    }
}

#[test]
fn input_that_was_sent_before_the_websocket_was_closed_arrives() {
    let Some((corten, daemon)) = echo(true) else { return };
    let mut socket = connect(&daemon, "/containers/box/attach/ws?stream=1&stdin=1");
    socket.send(Message::binary(&b"end\n"[..])).unwrap();
    socket.close(None).unwrap();
    assert_eq!(corten.run(&["wait", "box"]).success().stdout(), "7\n");
    drop(daemon);
}

#[test]
fn an_old_client_gets_text_of_all_streams_and_is_let_go_when_it_leaves() {
    let Some((corten, daemon)) = echo(false) else { return };
    let mut socket = connect(&daemon, "/v1.27/containers/box/attach/ws?logs=1&stream=1");
    assert_eq!(socket.read().unwrap(), Message::text("ready\n"));
    // Nobody reads that, and the end comes behind it.
    socket.send(Message::text("x".repeat(1 << 20))).unwrap();
    socket.close(None).unwrap();
    while socket.can_read() {
        match socket.read() {
            Ok(Message::Close(_)) | Err(Error::ConnectionClosed) => {}
            other => panic!("{other:?}"),
        }
    }
    drop(corten);
}

#[test]
fn what_is_no_websocket_is_refused_after_what_is_no_container() {
    let Some((corten, daemon)) = echo(false) else { return };
    let answer = daemon.ask("GET /containers/nobody/attach/ws", b"");
    assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("No such container: nobody"), "{answer}");
    let answer = daemon.ask("GET /containers/box/attach/ws", b"");
    assert!(
        answer.starts_with("HTTP/1.1 400") && answer.ends_with("\r\n\r\nnot websocket protocol"),
        "{answer}"
    );
    drop(corten);
}
