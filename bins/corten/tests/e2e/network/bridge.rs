//! Addresses, neighbours, and whose network is shared.

use corten_testkit::Corten;

use super::{field, server};
use crate::setup;

#[test]
fn containers_reach_each_other_and_the_host_by_their_addresses() {
    let Some(corten) = setup::busybox() else { return };
    let first = server(&corten, "first", &[], "sleep 1000");
    let second = server(&corten, "second", &[], "sleep 1000");
    assert_ne!(first, second);
    let gateway = field(&corten, "first", "{{.NetworkSettings.Gateway}}");
    for address in [&first, &gateway] {
        corten.run(&["exec", "second", "ping", "-c1", "-W5", address]).success();
    }
    let shown = corten.run(&["exec", "first", "ip", "-o", "addr", "show", "eth0"]).success().stdout();
    assert!(shown.contains(&format!("inet {first}/22 ")), "{shown}");
    let mac = field(&corten, "first", "{{.NetworkSettings.Networks.bridge.MacAddress}}");
    assert_eq!(
        corten.run(&["exec", "first", "cat", "/sys/class/net/eth0/address"]).success().stdout().trim(),
        mac
    );
}

#[test]
fn an_address_is_free_again_once_its_container_has_ended() {
    let Some(corten) = setup::busybox() else { return };
    let address = server(&corten, "first", &[], "sleep 1000");
    let taken = ["run", "--rm", "--ip", address.as_str(), "busybox", "true"];
    let refused = corten.run(&taken).exited(125).stderr();
    assert!(refused.contains("Address already in use"), "{refused}");
    corten.run(&["stop", "--time", "0", "first"]).success();
    assert_eq!(field(&corten, "first", "{{.NetworkSettings.IPAddress}}"), "");
    assert_eq!(server(&corten, "second", &[], "sleep 1000"), address);
    corten.run(&["start", "first"]).success();
    assert_ne!(field(&corten, "first", "{{.NetworkSettings.IPAddress}}"), address);
}

#[test]
fn addresses_that_are_asked_for_are_given() {
    let Some(corten) = setup::busybox() else { return };
    let first = server(&corten, "first", &[], "sleep 1000");
    let (subnet, _) = first.rsplit_once('.').unwrap();
    let wanted = format!("{subnet}.99");
    let mac = "02:00:00:00:be:ef";
    let options = ["--ip", wanted.as_str(), "--mac-address", mac];
    assert_eq!(server(&corten, "second", &options, "sleep 1000"), wanted);
    assert_eq!(
        corten.run(&["exec", "second", "cat", "/sys/class/net/eth0/address"]).success().stdout().trim(),
        mac
    );
    let elsewhere = ["run", "--rm", "--ip", "192.0.2.1", "busybox", "true"];
    let refused = corten.run(&elsewhere).exited(125).stderr();
    assert!(refused.contains("192.0.2.1"), "{refused}");
}

#[test]
fn who_shares_a_network_has_the_same_interfaces_and_names() {
    let Some(corten) = setup::busybox() else { return };
    let address = server(&corten, "owner", &["--hostname", "owner"], "sleep 1000");
    let join = ["run", "--rm", "--network", "container:owner", "busybox", "sh", "-c"];
    let script = "readlink /proc/self/ns/net; ip -o -4 addr show eth0; grep -w owner /etc/hosts";
    let seen = corten.run(&[&join[..], &[script]].concat()).success().stdout();
    let own = corten.run(&["exec", "owner", "readlink", "/proc/self/ns/net"]).success().stdout();
    assert!(seen.starts_with(&own) && seen.matches(&address).count() == 2, "{seen}");
    let refused = ["run", "--rm", "--network", "container:owner", "-p", "80:80", "busybox", "true"];
    let refused = corten.run(&refused).exited(125).stderr();
    let text = "conflicting options: port publishing and the container type network mode";
    assert!(refused.contains(text), "{refused}");
}

#[test]
fn a_container_with_a_user_namespace_rules_its_own_network() {
    let Some(corten) = setup::busybox() else { return };
    let gateway = {
        server(&corten, "first", &[], "sleep 1000");
        field(&corten, "first", "{{.NetworkSettings.Gateway}}")
    };
    let options = ["--userns", "auto", "--cap-add", "NET_ADMIN"];
    server(&corten, "own", &options, "sleep 1000");
    corten.run(&["exec", "own", "ping", "-c1", "-W5", &gateway]).success();
    corten.run(&["exec", "own", "ip", "addr", "add", "192.0.2.7/24", "dev", "eth0"]).success();
}

#[test]
fn what_nobody_needs_any_more_is_taken_away_by_settling() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--rm", "busybox", "true"]).success();
    corten.run(&["system", "settle"]).success();
    assert_eq!(corten_testkit::leftovers(corten.root()), Vec::<String>::new());
    corten.run(&["run", "--rm", "busybox", "ip", "addr", "show", "eth0"]).success();
}

#[test]
fn a_shared_network_lives_on_with_whoever_is_left() {
    let Some(corten) = setup::busybox() else { return };
    let address = server(&corten, "owner", &["--publish", "127.0.0.1::80"], "sleep 1000");
    let guest =
        ["run", "--detach", "--name", "guest", "--network", "container:owner", "busybox", "sleep", "1000"];
    corten.run(&guest).success();
    let namespace =
        |name: &str| corten.run(&["exec", name, "readlink", "/proc/self/ns/net"]).success().stdout();
    let shared = namespace("guest");
    corten.run(&["stop", "--time", "0", "owner"]).success();
    // The address is still in use in there.
    assert_ne!(server(&corten, "other", &[], "sleep 1000"), address);
    corten.run(&["start", "owner"]).success();
    assert_eq!(namespace("owner"), shared);
    assert_eq!(field(&corten, "owner", "{{.NetworkSettings.IPAddress}}"), address);
    corten.run(&["rm", "--force", "owner"]).success();
    assert_ne!(server(&corten, "another", &[], "sleep 1000"), address);
    corten.run(&["rm", "--force", "guest"]).success();
    assert_eq!(server(&corten, "last", &[], "sleep 1000"), address);
}

/// A container `guest` in the network of `owner`, which serves its name on port 81 there.
fn join_owner(corten: &Corten) {
    let join = ["run", "--detach", "--name", "guest", "--network", "container:owner", "busybox"];
    let serve = "exec nc -ll -p 81 -e echo guest";
    corten.run(&[&join[..], &["sh", "-c", serve]].concat()).success();
}

fn network_namespace(corten: &Corten, name: &str) -> String {
    corten.run(&["exec", name, "readlink", "/proc/self/ns/net"]).success().stdout()
}

#[test]
fn whoever_is_made_again_under_a_name_finds_the_network_that_others_have_kept() {
    let Some(corten) = setup::busybox() else { return };
    let address = server(&corten, "owner", &["--publish", "127.0.0.1::80"], "sleep 1000");
    join_owner(&corten);
    let kept = network_namespace(&corten, "guest");
    corten.run(&["rm", "--force", "owner"]).success();
    // One of another name has no part in it.
    assert_ne!(server(&corten, "other", &[], "sleep 1000"), address);
    assert_eq!(server(&corten, "owner", &["--publish", "127.0.0.1::81"], "sleep 1000"), address);
    assert_eq!(network_namespace(&corten, "owner"), kept);
    // Its ports are its own, and what is in there answers them.
    let published = corten.run(&["port", "owner"]).success().line();
    let (inside, host) = published.split_once(" -> ").expect("a port");
    assert_eq!(inside, "81/tcp");
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut std::net::TcpStream::connect(host).expect("guest"), &mut answer)
        .expect("its name");
    assert_eq!(answer, "guest\n");
    // It goes on to be its own: a restart, and the end of the guest, change nothing.
    corten.run(&["restart", "--time", "0", "owner"]).success();
    assert_eq!(network_namespace(&corten, "owner"), kept);
    corten.run(&["rm", "--force", "guest"]).success();
    assert_eq!(field(&corten, "owner", "{{.NetworkSettings.IPAddress}}"), address);
}

#[test]
fn who_shared_a_network_comes_back_into_that_of_the_next_container_of_the_name() {
    let Some(corten) = setup::busybox() else { return };
    server(&corten, "owner", &[], "sleep 1000");
    join_owner(&corten);
    corten.run(&["rm", "--force", "owner"]).success();
    let gone = corten.run(&["restart", "--time", "0", "guest"]).exited(1);
    assert!(gone.stderr().contains("No such container"), "{}", gone.stderr());
    server(&corten, "owner", &[], "sleep 1000");
    corten.run(&["start", "guest"]).success();
    assert_eq!(network_namespace(&corten, "owner"), network_namespace(&corten, "guest"));
}

#[test]
fn who_asks_for_another_address_gets_a_network_of_its_own() {
    let Some(corten) = setup::busybox() else { return };
    let address = server(&corten, "owner", &[], "sleep 1000");
    join_owner(&corten);
    let kept = network_namespace(&corten, "guest");
    corten.run(&["rm", "--force", "owner"]).success();
    let other = other_address(&address);
    assert_eq!(server(&corten, "owner", &["--ip", &other], "sleep 1000"), other);
    assert_ne!(network_namespace(&corten, "owner"), kept);
    assert_eq!(network_namespace(&corten, "guest"), kept);
    corten.run(&["restart", "--time", "0", "guest"]).success();
    assert_eq!(network_namespace(&corten, "owner"), network_namespace(&corten, "guest"));
}

/// The one ten further on.
fn other_address(address: &str) -> String {
    let address: std::net::Ipv4Addr = address.parse().expect("an address");
    std::net::Ipv4Addr::from(u32::from(address) + 10).to_string()
}
