//! What a container finds in /etc about its network.

use super::{field, server};
use crate::setup;

#[test]
fn hosts_and_resolv_conf_say_what_was_asked_for() {
    let Some(corten) = setup::busybox() else { return };
    let options = [
        "--hostname",
        "web",
        "--domainname",
        "example.org",
        "--add-host",
        "db:10.0.0.9",
        "--add-host",
        "up=host-gateway",
        "--dns",
        "192.0.2.53",
        "--dns-search",
        "example.org",
        "--dns-option",
        "ndots:3",
    ];
    let address = server(&corten, "web", &options, "sleep 1000");
    let gateway = field(&corten, "web", "{{.NetworkSettings.Gateway}}");
    let read = |path: &str| corten.run(&["exec", "web", "cat", path]).success().stdout();
    let hosts = read("/etc/hosts");
    for line in ["10.0.0.9\tdb", &format!("{gateway}\tup"), &format!("{address}\tweb.example.org web")] {
        assert!(hosts.lines().any(|found| found == line), "`{line}` in\n{hosts}");
    }
    let resolv = "nameserver 192.0.2.53\nsearch example.org\noptions ndots:3\n";
    assert_eq!(read("/etc/resolv.conf"), resolv);
}

#[test]
fn a_network_that_nobody_has_is_missed_when_the_container_starts() {
    let Some(corten) = setup::busybox() else { return };
    let made = ["create", "--name", "lonely", "--network", "front", "busybox", "true"];
    corten.run(&made).success();
    let refused = corten.run(&["start", "lonely"]).exited(1).stderr();
    assert!(refused.contains("network front not found"), "{refused}");
}

#[test]
fn flags_that_make_no_sense_are_refused_before_anything_is_made() {
    let Some(corten) = setup::busybox() else { return };
    for (options, text) in [
        (["--dns", "foo"], "IP address is not correctly formatted: foo"),
        (["--add-host", "db"], "bad format for add-host: \"db\""),
        (["--mac-address", "02"], "02 is not a valid mac address"),
        (["--ip", "10.0.0"], "invalid IPv4 address: 10.0.0"),
        (["--publish", "80:x"], "invalid containerPort: x"),
        (["--network", "container:nobody"], "No such container: nobody"),
    ] {
        let refused =
            corten.run(&[&["run"], &options[..], &["busybox", "true"]].concat()).exited(125).stderr();
        assert!(refused.contains(text), "{refused}");
    }
    assert_eq!(corten.run(&["ps", "--all", "--quiet"]).success().stdout(), "");
}
