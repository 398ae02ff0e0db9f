//! Firewalls of others: what they drop stays dropped, is named where one can see it, and goes where their own tool lets it through.

use std::net::Ipv4Addr;

use corten_netlink::nft::{
    Base, Chain, ChainKind, Change, Comparison, Expr, Hook, Meta, Policy, Register, Rule, Table, priority,
};
use corten_testkit::network::{is_out_of_reach, listen, seen};

use super::host::{Container, HOST, HOST6, Host, NEIGHBOUR, NEIGHBOUR6, has_iptables};

/// A table in which a chain drops what none of its rules accepts.
fn dropping(hook: Hook) -> (Table, [Change; 2]) {
    let base = Base { kind: ChainKind::Filter, hook, priority: priority::FILTER, policy: Policy::Drop };
    let chain = Chain { name: "gate".to_owned(), base: Some(base) };
    (Table::inet("foreign"), [Change::AddTable { comment: None }, Change::AddChain(chain)])
}

/// What a user is warned of when a container is made.
fn warnings(host: &Host) -> String {
    host.run(&["create", "busybox"]).success().stderr()
}

/// Whether a neighbour gets to a published port and a container to the neighbour, by both versions of IP.
fn is_open(host: &Host, web: &Container) -> [bool; 4] {
    let (_inside, _outside) = (listen(&web.namespace, 80), listen(&host.neighbour, 90));
    [
        !is_out_of_reach(&host.neighbour, (HOST, 8080)),
        !is_out_of_reach(&host.neighbour, (HOST6, 8080)),
        !is_out_of_reach(&web.namespace, (NEIGHBOUR, 90)),
        !is_out_of_reach(&web.namespace, (NEIGHBOUR6, 90)),
    ]
}

/// What the host reaches whatever it forwards.
fn host_gets_in(host: &Host, web: &Container) {
    let server = listen(&web.namespace, 80);
    for at in [Ipv4Addr::LOCALHOST, HOST] {
        seen(&server, &host.namespace, (at, 8080));
    }
    seen(&server, &host.namespace, (std::net::Ipv6Addr::LOCALHOST, 8080));
}

/// `iifname "corten*"`, say.
fn begins_with(name: Meta, text: &str) -> Rule {
    let (register, comparison) = (Register(0), Comparison::Equal);
    Rule::new().with(Expr::Meta { key: name, to: register }).with(Expr::Compare {
        from: register,
        comparison,
        value: text.into(),
    })
}

#[test]
fn a_drop_of_what_is_forwarded_wins_and_is_warned_about() {
    let Some(host) = Host::new() else { return };
    let web = host.container("web", &["--publish", "8080:80"]);
    assert_eq!(warnings(&host), "");
    let (table, drop) = dropping(Hook::Forward);
    host.change(&table, &drop);
    assert_eq!(is_open(&host, &web), [false; 4]);
    host_gets_in(&host, &web);
    let warned = warnings(&host);
    assert!(warned.contains("chain `gate` of table `inet foreign` drops what is forwarded"), "{warned}");
    host.change(
        &table,
        &[Meta::InputName, Meta::OutputName].map(|name| Change::AddRule {
            chain: "gate".to_owned(),
            rule: begins_with(name, "corten").accept(),
        }),
    );
    assert_eq!(is_open(&host, &web), [true; 4]);
    assert_eq!(warnings(&host), "");
}

#[test]
fn a_drop_of_what_is_for_the_host_keeps_nobody_from_published_ports() {
    let Some(host) = Host::new() else { return };
    let web = host.container("web", &["--publish", "8080:80"]);
    let (table, drop) = dropping(Hook::Input);
    host.change(&table, &drop);
    assert_eq!(warnings(&host), "");
    let server = listen(&web.namespace, 80);
    assert_eq!(seen(&server, &host.neighbour, (HOST, 8080)), NEIGHBOUR.to_string());
}

/// The way of ufw's rules through its chains, with its defaults: what comes in and what is forwarded is denied.
const UFW: &[&str] = &[
    "-P INPUT DROP",
    "-P FORWARD DROP",
    "-N ufw-before-input",
    "-N ufw-before-forward",
    "-N ufw-user-input",
    "-N ufw-user-forward",
    "-A INPUT -j ufw-before-input",
    "-A FORWARD -j ufw-before-forward",
    "-A ufw-before-input -i lo -j ACCEPT",
    "-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-A ufw-before-input -m conntrack --ctstate INVALID -j DROP",
    "-A ufw-before-input -j ufw-user-input",
    "-A ufw-before-forward -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-A ufw-before-forward -j ufw-user-forward",
];

/// What dockerd makes: of the first network that it forwards for, and for nobody else.
const DOCKER: &[&str] = &[
    "-P FORWARD DROP",
    "-N DOCKER",
    "-N DOCKER-USER",
    "-N DOCKER-ISOLATION-STAGE-1",
    "-N DOCKER-ISOLATION-STAGE-2",
    "-A FORWARD -j DOCKER-USER",
    "-A FORWARD -j DOCKER-ISOLATION-STAGE-1",
    "-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-A FORWARD -o docker0 -j DOCKER",
    "-A FORWARD -i docker0 ! -o docker0 -j ACCEPT",
    "-A FORWARD -i docker0 -o docker0 -j ACCEPT",
    "-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2",
    "-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP",
    "-A DOCKER-USER -j RETURN",
    "-t nat -N DOCKER",
    "-t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
    "-t nat -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER",
    "-t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE",
    "-t nat -A DOCKER -i docker0 -j RETURN",
    "-t nat -A DOCKER ! -i docker0 -p tcp --dport 9090 -j DNAT --to-destination 172.17.0.2:80",
];

/// Rules of the firewall that iptables is to nftables.
fn iptables(host: &Host, program: &str, rules: &[&str]) {
    for rule in rules {
        host.command(program, &rule.split(' ').collect::<Vec<_>>());
    }
}

#[test]
fn ufw_denies_what_is_routed_until_it_is_told_to_allow_the_bridge() {
    if !has_iptables() {
        return;
    }
    let Some(host) = Host::new() else { return };
    let web = host.container("web", &["--publish", "8080:80"]);
    for program in ["iptables-nft", "ip6tables-nft"] {
        iptables(&host, program, UFW);
    }
    // Neighbours of IPv6 are found by messages that ufw lets through.
    let neighbours = ["-I INPUT -p icmpv6 -j ACCEPT", "-I FORWARD -p icmpv6 -j ACCEPT"];
    iptables(&host, "ip6tables-nft", &neighbours);
    assert_eq!(is_open(&host, &web), [false; 4]);
    host_gets_in(&host, &web);
    let warned = warnings(&host);
    for table in ["ip filter", "ip6 filter"] {
        assert!(warned.contains(&format!("chain `FORWARD` of table `{table}` drops")), "{warned}");
    }
    // `ufw route allow in on BRIDGE`, and `out on`.
    let bridge = host.bridge();
    let allow = ["-i", "-o"].map(|side| format!("-A ufw-user-forward {side} {bridge} -j ACCEPT"));
    for program in ["iptables-nft", "ip6tables-nft"] {
        iptables(&host, program, &allow.each_ref().map(String::as_str));
    }
    assert_eq!(is_open(&host, &web), [true; 4]);
    assert_eq!(warnings(&host), "");
}

#[test]
fn dockers_rules_stop_containers_until_docker_user_lets_them_through_and_survive_ours() {
    if !has_iptables() {
        return;
    }
    let Some(host) = Host::new() else { return };
    iptables(&host, "iptables-nft", DOCKER);
    let before = host.command("iptables-nft-save", &[]);
    let web = host.container("web", &["--publish", "8080:80"]);
    // Docker has no rules for IPv6 by default.
    assert_eq!(is_open(&host, &web), [false, true, false, true]);
    host_gets_in(&host, &web);
    assert!(warnings(&host).contains("chain `FORWARD` of table `ip filter` drops"));
    let user = ["-I DOCKER-USER -i corten+ -j ACCEPT", "-I DOCKER-USER -o corten+ -j ACCEPT"];
    iptables(&host, "iptables-nft", &user);
    assert_eq!(is_open(&host, &web), [true; 4]);
    assert_eq!(warnings(&host), "");
    // When it starts again, it makes its own anew and leaves its user's alone.
    let own = ["-F FORWARD", "-t nat -F DOCKER", "-F DOCKER"];
    iptables(&host, "iptables-nft", &own);
    let again: Vec<&str> = DOCKER.iter().copied().filter(|rule| rule.contains("-A FORWARD")).collect();
    iptables(&host, "iptables-nft", &again);
    assert_eq!(is_open(&host, &web), [true; 4]);
    host.run(&["rm", "--force", "web"]).success();
    host.run(&["system", "settle"]).success();
    let left = host.command("iptables-nft-save", &[]);
    assert!(left.contains(":FORWARD DROP") && before.contains(":FORWARD DROP"), "{left}");
}
