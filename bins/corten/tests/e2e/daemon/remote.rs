//! Our own client from afar: TCP, TLS, ssh.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use corten_testkit::Corten;

use crate::setup;

use super::Daemon;

/// Test certificates for `localhost`, which secure nothing.
fn certificate(name: &str) -> String {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/daemon/src/listen/certificates");
    directory.join(name).to_str().expect("a path that is text").to_owned()
}

/// A daemon that listens on the socket and on a port of loopback, which is returned.
fn listen(corten: &Corten, flags: &[&str]) -> io::Result<(Daemon, u16)> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let unix = format!("unix://{}", corten.root().run().join("corten.sock").display());
    let tcp = format!("tcp://127.0.0.1:{port}");
    let daemon = Daemon::start(corten, &[&["--host", unix.as_str(), "--host", tcp.as_str()], flags].concat());
    Ok((daemon, port))
}

/// What comes of a container that is talked to until its stdin ends.
const TALK: [&str; 7] = ["run", "--rm", "--interactive", "busybox", "sh", "-c", "cat; echo end; exit 3"];

#[test]
fn a_daemon_behind_tcp_serves_our_client() {
    let Some(corten) = setup::busybox() else { return };
    let (daemon, port) = listen(&corten, &[]).unwrap();
    let host = format!("tcp://localhost:{port}");
    let talk = corten.run_with_input(&[&["--host", host.as_str()], &TALK[..]].concat(), b"hello\n");
    assert_eq!(talk.exited(3).stdout(), "hello\nend\n");
    drop(daemon);
    assert_eq!(
        corten.run(&["--host", &host, "ps"]).exited(1).stderr(),
        format!("Cannot connect to the Docker daemon at {host}. Is the docker daemon running?\n")
    );
    let nowhere = corten.run(&["--host", "tcp://nobody.invalid:1", "ps"]).exited(1).stderr();
    assert!(nowhere.starts_with("error during connect: ") && nowhere.contains("nobody.invalid"), "{nowhere}");
}

#[test]
fn both_sides_prove_who_they_are_with_tls() {
    let Some(corten) = setup::busybox() else { return };
    let files = ["ours-ca.pem", "ours-cert.pem", "ours-key.pem"].map(certificate);
    let flags = ["--tlsverify", "--tlscacert", &files[0], "--tlscert", &files[1], "--tlskey", &files[2]];
    let (_daemon, port) = listen(&corten, &flags).unwrap();
    let host = format!("tcp://localhost:{port}");
    let through = |flags: &[&str], words: &[&str]| {
        corten.run_with_input(&[&["--host", host.as_str()], flags, words].concat(), b"hello\n")
    };
    // The end of stdin passes through TLS, and what comes after it comes back.
    assert_eq!(through(&flags, &TALK).exited(3).stdout(), "hello\nend\n");
    // A command that asks several things does so over one connection.
    through(&flags, &["run", "--detach", "--name", "box", "busybox", "sleep", "1000"]).success();
    assert_eq!(through(&flags, &["ps", "--format", "{{.Names}}"]).success().stdout(), "box\n");
    through(&flags, &["rm", "--force", "box"]).success();
    // A directory with the usual names says the same.
    let directory = corten.root().scratch().join("certificates");
    fs::create_dir(&directory).unwrap();
    for (from, to) in files.iter().zip(["ca.pem", "cert.pem", "key.pem"]) {
        fs::copy(from, directory.join(to)).unwrap();
    }
    let mut command = corten.command(&["ps", "--quiet"]);
    command.env("DOCKER_HOST", &host).env("DOCKER_TLS_VERIFY", "1").env("DOCKER_CERT_PATH", &directory);
    assert!(command.status().unwrap().success());
    // Who shows nothing, somebody else's certificate or no TLS at all is told so; so is who meets a stranger.
    let known = ["--tlsverify", "--tlscacert", &files[0]];
    let asked = "the server probably has client authentication (--tlsverify) enabled";
    let refused = through(&known, &["ps"]).exited(1).stderr();
    assert!(refused.starts_with(asked), "{refused}");
    let plain = through(&[], &["ps"]).exited(1).stderr();
    assert!(plain.ends_with("* Are you trying to connect to a TLS-enabled daemon without TLS?\n"), "{plain}");
    let strangers = certificate("strangers-ca.pem");
    let refused = through(&["--tlsverify", "--tlscacert", &strangers], &["ps"]).exited(1).stderr();
    assert!(refused.starts_with("error during connect: ") && refused.contains("certificate"), "{refused}");
    let missing = through(&["--tlsverify"], &["ps"]).exited(1).stderr();
    let missing_file = corten.root().scratch().join(".docker/ca.pem");
    let expected = format!("open {}: no such file or directory\n", missing_file.display());
    assert_eq!(missing, format!("Failed to initialize: unable to resolve docker endpoint: {expected}"));
}

/// A directory with a program `ssh`, which notes how it was called and runs the command here, and the program under test.
fn stand_in(corten: &Corten) -> PathBuf {
    let directory = corten.root().scratch().join("bin");
    fs::create_dir_all(&directory).expect("lay down a program");
    // The other host knows nothing of this one's environment; with it, it would come back here for ever.
    let script = "#!/bin/sh\nunset DOCKER_HOST\necho \"$@\" >>\"$0.log\"\nwhile [ \"$1\" != -- ]; do shift; done\nshift\n\
                  if [ \"$1\" = closed ]; then echo 'no way' >&2; exit 255; fi\nshift\nexec sh -c \"$*\"\n";
    fs::write(directory.join("ssh"), script).expect("lay down a program");
    fs::set_permissions(directory.join("ssh"), fs::Permissions::from_mode(0o755))
        .expect("lay down a program");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_corten"), directory.join("corten"))
        .expect("lay down a program");
    directory
}

#[test]
fn ssh_carries_the_connection_to_the_engine_of_the_other_host() {
    let Some(corten) = setup::busybox() else { return };
    let daemon = Daemon::start(&corten, &[]);
    let bin = stand_in(&corten);
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let host = format!("ssh://me@there:2222{}", daemon.socket.display());
    let through = |words: &[&str]| {
        let mut command = corten.command(words);
        command.env("PATH", &path).env("DOCKER_HOST", &host);
        command
    };
    let mut talk = corten.spawn(through(&TALK).stdin(std::process::Stdio::piped()));
    io::Write::write_all(&mut talk.stdin.take().unwrap(), b"hello\n").unwrap();
    let talk = talk.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&talk.stdout), "hello\nend\n", "{talk:?}");
    assert_eq!(talk.status.code(), Some(3));
    let calls = fs::read_to_string(bin.join("ssh.log")).unwrap();
    assert!(calls.starts_with("-l me -p 2222 -o ConnectTimeout=30 -T -- there exec sh -c "), "{calls}");
    // Requests that come one after the other share a connection: the stream and the wait have one each beside it.
    assert!(calls.lines().count() <= 3, "{calls}");
    // Without a socket in the address the other host finds its own engine: here, the one in that process.
    let own = through(&["ps", "--quiet"]).env("DOCKER_HOST", "ssh://there").output().unwrap();
    assert!(own.status.success(), "{own:?}");
    let closed = through(&["ps"]).env("DOCKER_HOST", "ssh://closed").output().unwrap();
    let why = String::from_utf8(closed.stderr).unwrap();
    assert!(
        why.starts_with("error during connect: ")
            && why.contains("has exited with exit status 255")
            && why.contains("stderr=no way"),
        "{why}"
    );
}

#[test]
fn the_stock_client_comes_in_through_dial_stdio() {
    let Some(corten) = setup::busybox() else { return };
    let daemon = Daemon::start(&corten, &[]);
    let Some(docker) = super::docker(&daemon.socket) else { return };
    let bin = stand_in(&corten);
    // It asks for `docker`, which is a link to us there.
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_corten"), bin.join("docker-there")).unwrap();
    let script = fs::read_to_string(bin.join("ssh")).unwrap();
    let script = script.replace("exec sh -c \"$*\"", "shift\nexec \"${0%/*}/docker-there\" \"$@\"");
    fs::write(bin.join("ssh"), script).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut run = docker(&["run", "--rm", "busybox", "echo", "hello"]);
    run.env("PATH", path).env("DOCKER_HOST", format!("ssh://there{}", daemon.socket.display()));
    let run = run.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&run.stdout), "hello\n", "{run:?}");
}
