//! Firewalls of others: what they drop stays dropped, is named where one can see it, and goes where their own tool lets it through.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use corten_netlink::nft::{
    Base, Chain, ChainKind, Change, Comparison, Expr, Field, Hook, Meta, Policy, Register, Reject, Rule,
    Selector, Table, priority, state, status,
};
use corten_testkit::network::{is_out_of_reach, is_reached, listen, seen};
use corten_testkit::requirement;

use super::host::{Container, HOST, HOST6, Host, NEIGHBOUR, NEIGHBOUR6};

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

/// Whether a neighbour gets to a published port and a container to the neighbour, each by IPv4 and by IPv6.
#[track_caller]
fn is_open(host: &Host, web: &Container, expected: [bool; 4]) {
    let (_inside, _outside) = (listen(&web.namespace, 80), listen(&host.neighbour, 90));
    let ways: [(_, IpAddr, _); 4] = [
        (&host.neighbour, HOST.into(), 8080),
        (&host.neighbour, HOST6.into(), 8080),
        (&web.namespace, NEIGHBOUR.into(), 90),
        (&web.namespace, NEIGHBOUR6.into(), 90),
    ];
    for ((client, at, port), is_open) in ways.into_iter().zip(expected) {
        let is_as_expected =
            if is_open { is_reached(client, (at, port)) } else { is_out_of_reach(client, (at, port)) };
        assert!(is_as_expected, "{at} {port}: {is_open}");
    }
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
    is_open(&host, &web, [false; 4]);
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
    is_open(&host, &web, [true; 4]);
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

const IPTABLES: &str = "/usr/sbin/iptables-nft";
const IP6TABLES: &str = "/usr/sbin/ip6tables-nft";

/// Whether the program that tools of others make their rules by is there.
#[track_caller]
fn has_iptables() -> bool {
    requirement::is_met(Path::new(IPTABLES).exists(), "iptables")
}

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
    for program in [IPTABLES, IP6TABLES] {
        iptables(&host, program, UFW);
    }
    // Neighbours of IPv6 are found by messages that ufw lets through.
    let neighbours = ["-I INPUT -p icmpv6 -j ACCEPT", "-I FORWARD -p icmpv6 -j ACCEPT"];
    iptables(&host, IP6TABLES, &neighbours);
    is_open(&host, &web, [false; 4]);
    host_gets_in(&host, &web);
    let warned = warnings(&host);
    for table in ["ip filter", "ip6 filter"] {
        assert!(warned.contains(&format!("chain `FORWARD` of table `{table}` drops")), "{warned}");
    }
    // `ufw route allow in on BRIDGE`, and `out on`.
    let bridge = host.bridge();
    let allow = ["-i", "-o"].map(|side| format!("-A ufw-user-forward {side} {bridge} -j ACCEPT"));
    for program in [IPTABLES, IP6TABLES] {
        iptables(&host, program, &allow.each_ref().map(String::as_str));
    }
    is_open(&host, &web, [true; 4]);
    assert_eq!(warnings(&host), "");
}

#[test]
fn dockers_rules_stop_containers_until_docker_user_lets_them_through_and_survive_ours() {
    if !has_iptables() {
        return;
    }
    let Some(host) = Host::new() else { return };
    iptables(&host, IPTABLES, DOCKER);
    let before = host.command("/usr/sbin/iptables-nft-save", &[]);
    let web = host.container("web", &["--publish", "8080:80"]);
    // Docker has no rules for IPv6 by default.
    is_open(&host, &web, [false, true, false, true]);
    host_gets_in(&host, &web);
    assert!(warnings(&host).contains("chain `FORWARD` of table `ip filter` drops"));
    let user = ["-I DOCKER-USER -i corten+ -j ACCEPT", "-I DOCKER-USER -o corten+ -j ACCEPT"];
    iptables(&host, IPTABLES, &user);
    is_open(&host, &web, [true; 4]);
    assert_eq!(warnings(&host), "");
    // When it starts again, it makes its own anew and leaves its user's alone.
    let own = ["-F FORWARD", "-t nat -F DOCKER", "-F DOCKER"];
    iptables(&host, IPTABLES, &own);
    let again: Vec<&str> = DOCKER.iter().copied().filter(|rule| rule.contains("-A FORWARD")).collect();
    iptables(&host, IPTABLES, &again);
    is_open(&host, &web, [true; 4]);
    host.run(&["rm", "--force", "web"]).success();
    host.run(&["system", "settle"]).success();
    let left = host.command("/usr/sbin/iptables-nft-save", &[]);
    assert!(left.contains(":FORWARD DROP") && before.contains(":FORWARD DROP"), "{left}");
}

/// It lets through what was sent to a published port, and rejects the rest but for what comes from a zone that it trusts.
#[test]
fn firewalld_rejects_what_containers_send_until_it_trusts_the_bridge() {
    let Some(host) = Host::new() else { return };
    let web = host.container("web", &["--publish", "8080:80"]);
    let base = Base {
        kind: ChainKind::Filter,
        hook: Hook::Forward,
        priority: priority::FILTER + 10,
        policy: Policy::Accept,
    };
    let table = Table::inet("firewalld");
    let rules = |trusted: Option<Rule>| {
        let known = Rule::new().state(state::ESTABLISHED | state::RELATED).accept();
        let published = Rule::new().status(status::DNAT).accept();
        // Neighbours of IPv6 are found by messages that it lets through.
        let rejected =
            Rule::new().one_of(Selector::Protocol, &[Field::TCP, Field::UDP]).reject(Reject::Prohibited);
        let rules = [Some(known), Some(published), trusted, Some(rejected)].into_iter().flatten();
        let chain = Chain { name: "filter_FORWARD".to_owned(), base: Some(base) };
        let add = |rule| Change::AddRule { chain: "filter_FORWARD".to_owned(), rule };
        let table =
            [Change::AddTable { comment: None }, Change::DeleteTable, Change::AddTable { comment: None }];
        table.into_iter().chain([Change::AddChain(chain)]).chain(rules.map(add)).collect::<Vec<_>>()
    };
    host.change(&table, &rules(None));
    is_open(&host, &web, [true, true, false, false]);
    host_gets_in(&host, &web);
    host.change(&table, &rules(Some(begins_with(Meta::InputName, "corten").accept())));
    is_open(&host, &web, [true; 4]);
}
