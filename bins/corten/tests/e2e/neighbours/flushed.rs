//! What becomes of containers when somebody takes all tables of the firewall away at once, as `nft flush ruleset` does and every start
//! of a firewall that begins so.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::thread;
use std::time::Duration;

use corten_netlink::nft::{Change, NftSocket, Table};
use corten_testkit::network::{connection, is_out_of_reach, listen, seen};
use rustix::io::Errno;

use super::host::{HOST, HOST6, Host, NEIGHBOUR, NEIGHBOUR6};
use crate::network::firewall::guards;

/// Takes away every table of the host but those that belong to a process, as `nft flush ruleset` does.
fn flush(host: &Host) {
    let mut nft = host.namespace.nft().unwrap();
    let mut tables: Vec<Table> = nft.chains().unwrap().into_iter().map(|chain| chain.table).collect();
    tables.dedup();
    for table in tables {
        match nft.commit(&table, &[Change::DeleteTable]) {
            Err(error) if error.errno() == Some(Errno::PERM) => {}
            removed => removed.unwrap(),
        }
    }
}

/// Waits, ten seconds at most, until the guard has made the table again.
fn mended(host: &Host) {
    let there = (0..1000).any(|_| {
        thread::sleep(Duration::from_millis(10));
        host.inside(|| NftSocket::open()?.has_table(&host.table())).unwrap()
    });
    assert!(there, "nobody has made the table again");
}

/// Has both ends of a connection hear each other.
fn talk((client, server): &mut (TcpStream, TcpStream)) {
    let mut heard = [0; 4];
    client.write_all(b"ping").unwrap();
    server.read_exact(&mut heard).unwrap();
    server.write_all(b"pong").unwrap();
    client.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"pong");
}

#[test]
fn published_ports_and_ways_out_come_back_and_connections_never_end() {
    let Some(host) = Host::new() else { return };
    let web = host.container("web", &["--publish", "8080:80"]);
    let (inside, outside) = (listen(&web.namespace, 80), listen(&host.neighbour, 90));
    let mut connections = [
        connection(&inside, &host.neighbour, (HOST, 8080)),
        connection(&inside, &host.neighbour, (HOST6, 8080)),
        connection(&inside, &host.namespace, (Ipv4Addr::LOCALHOST, 8080)),
        connection(&outside, &web.namespace, (NEIGHBOUR, 90)),
        connection(&outside, &web.namespace, (NEIGHBOUR6, 90)),
    ];
    for _ in 0..3 {
        // As long as this lock is held, nobody mends anything.
        let lock = host.hold_network_lock();
        flush(&host);
        connections.iter_mut().for_each(talk);
        drop(lock);
        mended(&host);
        connections.iter_mut().for_each(talk);
        assert_eq!(seen(&inside, &host.neighbour, (HOST, 8080)), NEIGHBOUR.to_string());
        assert_eq!(seen(&inside, &host.neighbour, (HOST6, 8080)), NEIGHBOUR6.to_string());
        assert_eq!(seen(&outside, &web.namespace, (NEIGHBOUR, 90)), HOST.to_string());
        for at in [web.ipv4.into(), std::net::IpAddr::from(web.ipv6.unwrap())] {
            assert!(is_out_of_reach(&host.neighbour, (at, 80)), "{at}");
        }
    }
}

/// What the relay is for.
#[test]
fn published_ports_are_served_while_there_is_no_table() {
    let Some(host) = Host::new() else { return };
    let web = host.container("web", &["--publish", "8080:80"]);
    let server = listen(&web.namespace, 80);
    let _lock = host.hold_network_lock();
    flush(&host);
    for (client, at) in [(&host.neighbour, HOST), (&host.namespace, Ipv4Addr::LOCALHOST)] {
        assert_eq!(seen(&server, client, (at, 8080)), web.gateway.to_string());
    }
    assert!(!host.inside(|| NftSocket::open()?.has_table(&host.table())).unwrap());
}

#[test]
fn a_guard_does_not_outlive_what_it_guards_when_another_network_namespace_settles() {
    let Some(host) = Host::new() else { return };
    host.run(&["run", "--rm", "busybox", "true"]).success();
    assert_eq!(guards(host.corten()).len(), 1);
    // As from a shell on the machine, of an engine that ran in a namespace of its own, which its guard keeps.
    host.corten().run(&["system", "settle"]).success();
    assert_eq!(guards(host.corten()), []);
    host.container("next", &[]);
    flush(&host);
    mended(&host);
}
