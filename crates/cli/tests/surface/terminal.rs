//! `run -it` on a real pseudo-terminal: raw while it runs, and as before afterwards, however it ends.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, Stdio};

use crate::support::{Engine, Play};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

/// A terminal: our end, and the client's.
struct Terminal {
    ours: File,
    theirs: File,
}

impl Terminal {
    fn open() -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let path = ptsname(&ours, Vec::new()).unwrap();
        let theirs = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(rustix::fs::OFlags::NOCTTY.bits().cast_signed())
            .open(path.to_str().unwrap())
            .unwrap();
        tcsetwinsize(&theirs, Winsize { ws_row: 33, ws_col: 101, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        Self { ours: File::from(ours), theirs }
    }

    fn client(&self, engine: &Engine, arguments: &[&str]) -> Child {
        let end = || Stdio::from(self.theirs.as_fd().try_clone_to_owned().unwrap());
        engine.client(arguments).stdin(end()).stdout(end()).stderr(end()).spawn().unwrap()
    }

    fn is_raw(&self) -> bool {
        !tcgetattr(&self.theirs).unwrap().local_modes.contains(LocalModes::ICANON)
    }

    /// Reads until the text has come.
    fn expect(&mut self, text: &str) {
        let (mut seen, mut byte) = (Vec::new(), [0]);
        while !seen.ends_with(text.as_bytes()) {
            self.ours.read_exact(&mut byte).unwrap();
            seen.push(byte[0]);
        }
    }
}

fn waiting_container() -> Play {
    Play { output: vec![(1, "ready")], tty: true, until_killed: true, ..Play::default() }
}

#[test]
fn the_keys_that_detach_end_the_client_alone() {
    let engine = Engine::start(waiting_container());
    let mut terminal = Terminal::open();
    let mut client = terminal.client(&engine, &["run", "-it", "--detach-keys", "ctrl-a,x", "alpine"]);
    terminal.expect("ready");
    assert!(terminal.is_raw());
    terminal.ours.write_all(b"ls\x01x").unwrap();
    assert_eq!(client.wait().unwrap().code(), Some(0));
    assert!(!terminal.is_raw());
    assert!(!engine.requests().iter().any(|request| request.contains("/kill")));
}

#[test]
fn a_signal_restores_the_terminal() {
    let engine = Engine::start(waiting_container());
    let mut terminal = Terminal::open();
    let mut client = terminal.client(&engine, &["run", "-it", "--sig-proxy=false", "alpine"]);
    terminal.expect("ready");
    kill_process(Pid::from_child(&client), Signal::TERM).unwrap();
    assert_eq!(client.wait().unwrap().code(), Some(143));
    assert!(!terminal.is_raw());
}

#[test]
fn the_container_gets_the_size_of_the_terminal() {
    let engine = Engine::start(waiting_container());
    let mut terminal = Terminal::open();
    let mut client = terminal.client(&engine, &["run", "-it", "alpine"]);
    terminal.expect("ready");
    let resized = |size: &str| engine.requests().contains(&format!("POST /containers/ID/resize?{size}"));
    while !resized("h=33&w=101") {
        std::thread::yield_now();
    }
    tcsetwinsize(&terminal.theirs, Winsize { ws_row: 40, ws_col: 90, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    // The client is not the terminal's foreground group here, so that the kernel does not tell it.
    while !resized("h=40&w=90") {
        kill_process(Pid::from_child(&client), Signal::WINCH).unwrap();
        std::thread::yield_now();
    }
    kill_process(Pid::from_child(&client), Signal::INT).unwrap();
    assert_eq!(client.wait().unwrap().code(), Some(0));
    assert!(engine.requests().contains(&"POST /containers/ID/kill?signal=SIGINT".to_owned()));
}
