//! Which ports a container can have: many, and none twice.

use std::net::Ipv4Addr;

use corten_testkit::network::{listen, seen};

use super::host::Host;

#[test]
fn more_ports_than_the_usual_limit_of_open_files_has_room_for() {
    let Some(host) = Host::new() else { return };
    let publish = ["run", "--detach", "--name", "web", "--publish", "127.0.0.1:20000-20399:20000-20399"];
    let program = ["busybox", "sh", "-c", "ulimit -n > /limit; exec sleep 1000"];
    host.run_by_shell("ulimit -Sn 64", &[&publish[..], &program].concat()).success();
    let web = host.find("web");
    for port in [20000, 20399] {
        let server = listen(&web.namespace, port);
        seen(&server, &host.namespace, (Ipv4Addr::LOCALHOST, port));
        // They are held here, too, and served where the firewall does not.
        std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        host.inside(|| std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))).unwrap_err();
    }
    // What the container finds is still what the user has.
    assert_eq!(host.run(&["exec", "web", "cat", "/limit"]).success().line(), "64");
    let too_many = ["run", "--rm", "--publish", "127.0.0.1:20000-20399:20000-20399", "busybox", "true"];
    let refused = host.run_by_shell("ulimit -n 64", &too_many).exited(125).stderr();
    assert!(refused.contains("400 ports are more than the limit of open files has room for"), "{refused}");
}

#[test]
fn a_container_that_wants_a_port_twice_is_told_as_if_another_had_it() {
    let Some(host) = Host::new() else { return };
    for (first, second, named) in [
        ("8080:80", "8080:81", "0.0.0.0:8080"),
        ("8080:80", "127.0.0.1:8080:80", "127.0.0.1:8080"),
        ("127.0.0.1:8080:80/udp", "127.0.0.1:8080:81/udp", "127.0.0.1:8080"),
    ] {
        let twice = ["run", "--rm", "--publish", first, "--publish", second, "busybox", "true"];
        let refused = host.run(&twice).exited(125).stderr();
        let text = format!("Bind for {named} failed: port is already allocated");
        assert!(refused.contains(&text), "{refused}");
    }
    // Nothing is left of those attempts.
    host.run(&["run", "--rm", "--publish", "8080:80", "--publish", "8080:80/udp", "busybox", "true"])
        .success();
}

#[test]
fn a_port_that_has_a_place_is_not_published_once_more_with_all_others() {
    let Some(host) = Host::new() else { return };
    let exposed = ["--expose", "80", "--expose", "80-81/tcp", "--publish-all", "--publish", "8080:80"];
    host.container("web", &exposed);
    let shown = host.run(&["port", "web"]).success().stdout();
    let mut ports: Vec<&str> = shown.lines().filter_map(|line| line.split(" -> ").next()).collect();
    ports.dedup();
    assert_eq!(ports, ["80/tcp", "81/tcp"]);
    assert_eq!(shown.lines().filter(|line| line.starts_with("80/tcp")).count(), 2, "{shown}");
}

#[test]
fn a_port_of_sctp_is_refused_by_name() {
    let Some(host) = Host::new() else { return };
    let refused = host.run(&["create", "--publish", "80:80/sctp", "busybox"]).exited(1).stderr();
    assert!(refused.contains("publishing port 80/sctp is not built"), "{refused}");
}
