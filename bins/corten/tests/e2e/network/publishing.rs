//! Published ports: reached from here by every address, nobody else's while the container runs, free again afterwards.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::time::Duration;

use corten_netlink::NetworkNamespace;
use corten_testkit::Corten;

use super::firewall::published;
use super::{field, server};
use crate::setup;

/// Answers every connection with the word that the client sent.
const ECHO: &str = "exec nc -ll -p 80 -e sh -c 'read word; echo $word'";

const PATIENCE: Duration = Duration::from_secs(10);

/// What a server says to `word`, once it listens: before, the connection is made and broken, or refused.
fn ask(address: SocketAddr, word: &str) -> String {
    for _ in 0..1000 {
        let answered = TcpStream::connect_timeout(&address, PATIENCE).and_then(|mut stream| {
            stream.set_read_timeout(Some(PATIENCE))?;
            writeln!(stream, "{word}")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        });
        match answered {
            Ok(answer) if !answer.is_empty() => return answer.trim_end().to_owned(),
            _ => std::thread::sleep(Duration::from_millis(10)),
        }
    }
    panic!("nothing answers at {address}");
}

/// The host's port of a container's only published one.
fn host_port(corten: &Corten, name: &str, port: &str) -> u16 {
    let shown = corten.run(&["port", name, port]).success().stdout();
    let port = shown.lines().next().and_then(|line| line.rsplit(':').next());
    port.and_then(|port| port.parse().ok()).expect("a port")
}

#[test]
fn a_published_port_is_reached_by_every_address_of_the_host() {
    let Some(corten) = setup::busybox() else { return };
    server(&corten, "web", &["--publish", "80"], ECHO);
    let port = host_port(&corten, "web", "80");
    let gateway = field(&corten, "web", "{{.NetworkSettings.Gateway}}");
    for address in ["127.0.0.1".to_owned(), "[::1]".to_owned(), gateway.clone()] {
        assert_eq!(ask(format!("{address}:{port}").parse().unwrap(), "word"), "word", "{address}");
    }
    // From another container, and from the container itself.
    let script = format!("echo word | nc -w 5 {gateway} {port}");
    for arguments in [&["run", "--rm", "busybox"][..], &["exec", "web"]] {
        let answer = corten.run(&[arguments, &["sh", "-c", &script]].concat()).success().stdout();
        assert_eq!(answer.trim_end(), "word", "{arguments:?}");
    }
    let ports = corten.run(&["ps", "--format", "{{.Ports}}"]).success().stdout();
    assert_eq!(ports.trim_end(), format!("0.0.0.0:{port}->80/tcp, [::]:{port}->80/tcp"));
}

#[test]
fn what_goes_through_the_relay_comes_back_whole() {
    let Some(corten) = setup::busybox() else { return };
    server(&corten, "echo", &["--publish", "[::1]::80"], "exec nc -ll -p 80 -e cat");
    let address: SocketAddr = format!("[::1]:{}", host_port(&corten, "echo", "80")).parse().unwrap();
    // Once it listens: before, the connection is made and broken.
    let listens = (0..1000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE).unwrap();
        stream.write_all(b"!").and_then(|()| stream.read_exact(&mut [0])).is_ok()
    });
    assert!(listens);
    // More than any buffer on the way holds.
    let sent: Vec<u8> = (0..8_000_000_u32).map(|number| (number % 251) as u8).collect();
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut answer = Vec::new();
    std::thread::scope(|scope| {
        let (mut writer, sent) = (stream.try_clone().unwrap(), &sent);
        scope.spawn(move || {
            writer.write_all(sent).unwrap();
            writer.shutdown(Shutdown::Write).unwrap();
        });
        stream.read_to_end(&mut answer).unwrap();
    });
    assert!(answer == sent, "{} of {} bytes came back", answer.len(), sent.len());
}

#[test]
fn datagrams_find_their_way_in_and_back() {
    let Some(corten) = setup::busybox() else { return };
    server(&corten, "dns", &["--publish", "127.0.0.1::53/udp", "--publish", "[::1]::54/udp"], "sleep 1000");
    let pid = field(&corten, "dns", "{{.State.Pid}}");
    let inside = NetworkNamespace::from(OwnedFd::from(File::open(format!("/proc/{pid}/ns/net")).unwrap()));
    for (port, address) in [(53, "127.0.0.1"), (54, "[::1]")] {
        let server = inside.run(|| UdpSocket::bind(("0.0.0.0", port))).unwrap().unwrap();
        let published = host_port(&corten, "dns", &format!("{port}/udp"));
        let client = UdpSocket::bind(format!("{address}:0")).unwrap();
        client.connect(format!("{address}:{published}")).unwrap();
        let mut buffer = [0; 64];
        client.send(b"word").unwrap();
        let (length, from) = server.recv_from(&mut buffer).unwrap();
        server.send_to(&buffer[..length], from).unwrap();
        let length = client.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..length], b"word", "{address}");
    }
}

#[test]
fn a_published_port_is_nobody_elses_until_its_container_ends() {
    let Some(corten) = setup::busybox() else { return };
    server(&corten, "web", &["--publish", "127.0.0.1::80"], "sleep 1000");
    let port = host_port(&corten, "web", "80");
    TcpListener::bind(("127.0.0.1", port)).unwrap_err();
    let publish = format!("127.0.0.1:{port}:80");
    let refused = corten.run(&["run", "--rm", "--publish", &publish, "busybox", "true"]).exited(125).stderr();
    let text = format!("Bind for 127.0.0.1:{port} failed: port is already allocated");
    assert!(refused.contains(&text), "{refused}");
    corten.run(&["rm", "--force", "web"]).success();
    corten.run(&["run", "--rm", "--publish", &publish, "busybox", "true"]).success();

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let publish = format!("{}:80", taken.local_addr().unwrap());
    let refused = corten.run(&["run", "--rm", "--publish", &publish, "busybox", "true"]).exited(125).stderr();
    assert!(refused.contains("address already in use"), "{refused}");
    assert_eq!(refused.matches("failed to set up container networking").count(), 1, "{refused}");
    assert_eq!(corten.run(&["ps", "--all", "--quiet"]).success().stdout().lines().count(), 0);
}

#[test]
fn a_container_that_ends_by_itself_gives_its_ports_back() {
    let Some(corten) = setup::busybox() else { return };
    server(&corten, "web", &["--publish", "127.0.0.1::80"], "read line < /dev/zero");
    let port = host_port(&corten, "web", "80");
    corten.run(&["exec", "web", "kill", "-KILL", "1"]);
    corten.run(&["kill", "web"]);
    // Nobody but the monitor's own helper knows that it has ended.
    let free = (0..1000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        TcpListener::bind(("127.0.0.1", port)).is_ok()
    });
    assert!(free, "port {port} is still taken");
    corten.run(&["start", "web"]).success();
}

#[test]
fn a_port_can_be_had_on_another_address() {
    let Some(corten) = setup::busybox() else { return };
    server(
        &corten,
        "one",
        &["--publish", "127.0.0.1::80"],
        "exec nc -ll -p 80 -e sh -c 'read word; echo $word one'",
    );
    let port = host_port(&corten, "one", "80");
    let publish = format!("127.0.0.2:{port}:80");
    server(
        &corten,
        "two",
        &["--publish", &publish],
        "exec nc -ll -p 80 -e sh -c 'read word; echo $word two'",
    );
    for (address, answer) in [("127.0.0.1", "word one"), ("127.0.0.2", "word two")] {
        assert_eq!(ask(format!("{address}:{port}").parse().unwrap(), "word"), answer);
    }
}

#[test]
fn a_container_whose_monitor_is_killed_gives_its_ports_back() {
    let Some(corten) = setup::busybox() else { return };
    server(&corten, "web", &["--publish", "127.0.0.1::80"], "sleep 1000");
    let port = host_port(&corten, "web", "80");
    let init = field(&corten, "web", "{{.State.Pid}}");
    let status = std::fs::read_to_string(format!("/proc/{init}/status")).unwrap();
    let monitor = status.lines().find_map(|line| line.strip_prefix("PPid:\t")).unwrap().parse().unwrap();
    let monitor = rustix::process::Pid::from_raw(monitor).unwrap();
    rustix::process::kill_process(monitor, rustix::process::Signal::KILL).unwrap();
    // Without a command, the firewall's table is the reaper's to clear.
    let free = (0..1000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        published(&corten) == 0 && TcpListener::bind(("127.0.0.1", port)).is_ok()
    });
    assert!(free, "port {port} still leads somewhere");
}

#[test]
fn all_exposed_ports_are_published_on_request() {
    let Some(corten) = setup::busybox() else { return };
    server(&corten, "web", &["--publish-all", "--expose", "80-81", "--expose", "53/udp"], "sleep 1000");
    let shown = corten.run(&["port", "web"]).success().stdout();
    let ports: Vec<&str> = shown.lines().filter_map(|line| line.split(" -> ").next()).collect();
    assert_eq!(ports, ["53/udp", "53/udp", "80/tcp", "80/tcp", "81/tcp", "81/tcp"]);
    let refused = corten.run(&["port", "web", "99"]).exited(1).stderr();
    assert!(refused.contains("no public port '99' published for web"), "{refused}");
}
