//! `corten daemon`: how it listens, stops and is configured; and a daemon for what other subjects ask of one.

mod api_socket;
mod client_libraries;
mod configuration;
mod contexts;
mod kept_ready;
mod listening;
mod openapi;
mod remote;
mod stock_client;
mod stopping;
mod websocket;

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use corten_testkit::Corten;
use rustix::process::{Pid, Signal, kill_process};

/// A daemon on the root of a test's `corten`; it is stopped when this is dropped.
pub(crate) struct Daemon {
    pub(crate) socket: PathBuf,
    process: Option<Child>,
}

impl Daemon {
    /// Starts one and waits until it answers.
    #[track_caller]
    pub(crate) fn start(corten: &Corten, flags: &[&str]) -> Self {
        let socket = corten.root().run().join("corten.sock");
        let words = [&["daemon"], flags].concat();
        let process = corten.command(&words).stderr(Stdio::piped()).spawn().expect("start the daemon");
        let mut daemon = Self { socket, process: Some(process) };
        daemon.await_answer();
        daemon
    }

    #[track_caller]
    fn await_answer(&mut self) {
        for _ in 0..3000 {
            // A connection alone says nothing of its other sockets: it serves when it has them all.
            if answers(&self.socket).is_ok() {
                return;
            }
            let ended =
                self.process.as_mut().and_then(|process| process.try_wait().expect("look at the daemon"));
            assert!(ended.is_none(), "{}", String::from_utf8_lossy(&self.wait().stderr));
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("nobody answers at {}", self.socket.display());
    }

    /// Its process.
    pub(crate) fn pid(&self) -> Pid {
        let pid = self.process.as_ref().map(Child::id).expect("a daemon that runs");
        Pid::from_raw(pid.cast_signed()).expect("the number of a process")
    }

    /// Reads what it logs until a line has this in it, and returns that.
    #[track_caller]
    pub(crate) fn await_log(&mut self, text: &str) -> String {
        let log = self.process.as_mut().and_then(|process| process.stderr.as_mut()).expect("its log");
        let (mut line, mut byte) = (Vec::new(), [0]);
        // Byte by byte: what comes behind that line is for who reads next.
        while log.read(&mut byte).expect("its log") > 0 {
            match byte {
                [b'\n'] if String::from_utf8_lossy(&line).contains(text) => break,
                [b'\n'] => line.clear(),
                _ => line.extend(byte),
            }
        }
        let line = String::from_utf8(line).expect("text");
        assert!(line.contains(text), "the daemon has ended without a word of `{text}`");
        line
    }

    /// Sends it a signal and waits for its end.
    pub(crate) fn end(&mut self, signal: Signal) -> Output {
        kill_process(self.pid(), signal).expect("end the daemon");
        self.wait()
    }

    fn wait(&mut self) -> Output {
        let process = self.process.take().expect("a daemon that runs");
        process.wait_with_output().expect("wait for the daemon")
    }

    /// Sends a request and reads all of the answer.
    pub(crate) fn ask(&self, request: &str, body: &[u8]) -> String {
        let mut stream = UnixStream::connect(&self.socket).expect("connect to the daemon");
        let length = body.len();
        let head =
            format!("{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(&[head.as_bytes(), body].concat()).expect("ask the daemon");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("hear the daemon");
        String::from_utf8_lossy(&answer).into_owned()
    }
}

fn answers(socket: &Path) -> io::Result<()> {
    let mut stream = UnixStream::connect(socket)?;
    stream.write_all(b"HEAD /_ping HTTP/1.1\r\nHost: x\r\n\r\n")?;
    stream.read_exact(&mut [0])
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if self.process.is_some() {
            self.end(Signal::TERM);
        }
    }
}

/// Docker's own client, speaking to this socket; `None` with a line that says so where there is none.
pub(crate) fn docker(socket: &Path) -> Option<impl Fn(&[&str]) -> Command> {
    let present = Command::new("docker").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !present {
        println!("skipped: no docker client");
        return None;
    }
    let host = format!("unix://{}", socket.display());
    Some(move |arguments: &[&str]| {
        let mut command = Command::new("docker");
        command.args(arguments).env("DOCKER_HOST", &host).stdin(Stdio::null());
        command
    })
}
