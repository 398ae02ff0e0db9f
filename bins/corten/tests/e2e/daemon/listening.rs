//! Sockets: whose they are, and what keeps a daemon from having them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::{fs, io};

use rustix::process::Signal;

use crate::setup;

use super::Daemon;

#[test]
fn the_socket_belongs_to_root_and_the_group_that_is_named() {
    let Some(corten) = setup::engine() else { return };
    let daemon = Daemon::start(&corten, &["--group", "12"]);
    let found = fs::metadata(&daemon.socket).unwrap();
    assert_eq!((found.permissions().mode() & 0o7777, found.uid(), found.gid()), (0o660, 0, 12));
    let refused = corten.run(&["daemon"]).exited(1).stderr();
    assert!(refused.contains("another daemon answers there"), "{refused}");
    assert_eq!(
        corten.run(&["daemon", "--group", "nobody-has-this"]).exited(1).stderr(),
        "group nobody-has-this not found\n"
    );
}

#[test]
fn a_killed_daemons_socket_is_replaced_and_a_stopped_ones_removed() {
    let Some(corten) = setup::engine() else { return };
    let mut killed = Daemon::start(&corten, &[]);
    killed.end(Signal::KILL);
    assert!(killed.socket.exists());
    let mut next = Daemon::start(&corten, &[]);
    assert!(next.end(Signal::TERM).status.success());
    assert!(!next.socket.exists());
}

#[test]
fn tcp_is_served_on_loopback_and_refused_in_the_open_without_tls() {
    let Some(corten) = setup::engine() else { return };
    let socket = corten.root().run().join("corten.sock");
    let unix = format!("unix://{}", socket.display());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let tcp = format!("tcp://127.0.0.1:{port}");
    let _daemon = Daemon::start(&corten, &["--host", &unix, "--host", &tcp]);
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("OK"), "{answer}");
    let open = corten.run(&["daemon", "--host", "tcp://0.0.0.0:0"]).exited(1).stderr();
    assert!(open.starts_with("listen on tcp://0.0.0.0:0: whoever can reach it would be root"), "{open}");
}

#[test]
fn sockets_of_the_service_manager_are_taken_over_and_it_is_told_how_things_stand() {
    let Some(corten) = setup::engine() else { return };
    let scratch = corten.root().scratch();
    let (socket, notify) = (scratch.join("activated.sock"), scratch.join("notify.sock"));
    let listener = UnixListener::bind(&socket).unwrap();
    let manager = UnixDatagram::bind(&notify).unwrap();
    // The shell puts the descriptor where the manager would, and keeps its process for the daemon.
    let command = corten.command(&["daemon", "--host", "fd://"]);
    let script = "export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$@\" 3<&0 0</dev/null";
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", script, "sh"]).arg(command.get_program()).args(command.get_args());
    shell
        .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .env("NOTIFY_SOCKET", &notify);
    let mut process = shell.stdin(OwnedFd::from(listener)).spawn().unwrap();
    let told = |manager: &UnixDatagram| -> io::Result<String> {
        let mut buffer = [0; 64];
        let length = manager.recv(&mut buffer)?;
        Ok(String::from_utf8_lossy(&buffer[..length]).into_owned())
    };
    assert_eq!(told(&manager).unwrap(), "READY=1");
    let mut stream = UnixStream::connect(&socket).unwrap();
    stream.write_all(b"GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("OK"), "{answer}");
    let pid = rustix::process::Pid::from_child(&process);
    rustix::process::kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(told(&manager).unwrap(), "STOPPING=1");
    assert!(process.wait().unwrap().success());
    // It was the manager's.
    assert!(socket.exists());
}
