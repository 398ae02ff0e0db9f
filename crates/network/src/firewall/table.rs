//! The table as a whole. Pure.
//!
//! | chain | does |
//! |---|---|
//! | `published` | sends what is for a published port to its container |
//! | `prerouting`, `output` | show it what is for this host |
//! | `postrouting` | gives what leaves for elsewhere the host's address |
//! | `raw` | keeps out what only a route to 127.0.0.0/8 or to the bridge could bring in (CVE-2020-8558) |
//! | `forward` | where the host forwards only on our account: nothing but what comes from or goes to a bridge |

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use corten_netlink::nft::{
    Chain, ChainKind, Change, Element, Field, FieldType, Hook, IpVersion, Ports, Rule, Selector, Set,
    priority, status,
};
use corten_netlink::{IpPrefix, LinkName};
use corten_spec::subnet::Subnet;

use super::forwarding::Forwarding;
use super::ports::{self, PortTarget};
use crate::bridge::Segment;

/// What the table is made from.
#[derive(Debug, Clone, Default)]
pub struct Ruleset {
    /// Every segment of the root.
    pub segments: Vec<Segment>,
    /// Every published port of the root.
    pub published: Vec<PortTarget>,
    /// What the host forwards on our account only.
    pub guards: Forwarding,
}

/// 127.0.0.0/8
const LOOPBACK: (Ipv4Addr, u8) = (Ipv4Addr::new(127, 0, 0, 0), 8);

/// What both families call the link of a bridge (`IFLA_INFO_KIND`).
const BRIDGE_KIND: &str = "bridge";

impl Ruleset {
    /// The transaction that makes the table, whatever was there before.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        let mut changes = vec![
            Change::AddTable { comment: None },
            Change::DeleteTable,
            Change::AddTable { comment: Some("made by corten, and made again when it is gone".to_owned()) },
        ];
        changes.extend(self.sets());
        for (chain, rules) in self.chains() {
            let name = chain.name.clone();
            changes.push(Change::AddChain(chain));
            changes.extend(rules.into_iter().map(|rule| Change::AddRule { chain: name.clone(), rule }));
        }
        changes
    }

    fn sets(&self) -> Vec<Change> {
        let subnet = |subnet: Subnet| Element::network(IpPrefix::new(subnet.base(), subnet.prefix()));
        let names = self.segments.iter().map(|segment| Element::new(&[Field::LinkName(segment.bridge)]));
        let filled = [
            (bridges(), names.collect()),
            (subnets4(), self.segments.iter().map(|segment| subnet(segment.subnet4)).collect()),
            (subnets6(), self.segments.iter().filter_map(|segment| segment.subnet6).map(subnet).collect()),
        ];
        let maps = [ports::ports4(), ports::any4(), ports::ports6(), ports::any6()];
        let mut changes: Vec<Change> = maps.into_iter().map(Change::AddSet).collect();
        for (set, elements) in filled {
            changes.push(Change::AddSet(set.clone()));
            if !Vec::is_empty(&elements) {
                changes.push(Change::AddElements { set, elements });
            }
        }
        let published = ports::elements(&self.published);
        changes.extend(published.map(|(set, elements)| Change::AddElements { set, elements }));
        changes
    }

    fn chains(&self) -> Vec<(Chain, Vec<Rule>)> {
        let nat = |name, hook, priority| Chain::base(name, ChainKind::Nat, hook, priority);
        let filter = |name, hook, priority| Chain::base(name, ChainKind::Filter, hook, priority);
        let mut chains = vec![
            (Chain::new("published"), published()),
            (nat("prerouting", Hook::Prerouting, priority::DSTNAT), vec![for_this_host()]),
            (nat("output", Hook::Output, priority::DSTNAT), vec![for_this_host()]),
            (nat("postrouting", Hook::Postrouting, priority::SRCNAT), postrouting()),
            (filter("raw", Hook::Prerouting, priority::RAW), raw()),
        ];
        if self.guards != Forwarding::default() {
            chains.push((filter("forward", Hook::Forward, priority::FILTER), forward(self.guards)));
        }
        chains
    }
}

fn bridges() -> Set {
    Set::new("bridges", &[FieldType::LinkName])
}

fn subnets4() -> Set {
    Set::new("subnets4", &[FieldType::Ipv4]).of_ranges()
}

fn subnets6() -> Set {
    Set::new("subnets6", &[FieldType::Ipv6]).of_ranges()
}

/// An address of one's own before all of them. What is for ::1 cannot be sent elsewhere: the answer would not come back; a relay listens
/// there.
fn published() -> Vec<Rule> {
    use Selector::{DestinationPort, Ipv4Destination, Ipv6Destination, Protocol};
    let loopback6 = IpPrefix::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 128);
    vec![
        Rule::new().dnat(
            &[Ipv4Destination, Protocol, DestinationPort],
            "ports4",
            IpVersion::Four,
            Ports::One,
        ),
        Rule::new().dnat(&[Protocol, DestinationPort], "any4", IpVersion::Four, Ports::One),
        Rule::new().destination(loopback6).leave(),
        Rule::new().dnat(&[Ipv6Destination, Protocol, DestinationPort], "ports6", IpVersion::Six, Ports::One),
        Rule::new().dnat(&[Protocol, DestinationPort], "any6", IpVersion::Six, Ports::One),
    ]
}

fn for_this_host() -> Rule {
    Rule::new().to_this_host().one_of(Selector::Protocol, &[Field::TCP, Field::UDP]).jump("published")
}

fn postrouting() -> Vec<Rule> {
    let to_bridge = || Rule::new().in_set(&[Selector::OutputName], "bridges");
    let elsewhere = || Rule::new().not_in_set(&[Selector::OutputName], "bridges");
    let from4 = |rule: Rule| rule.in_set(&[Selector::Ipv4Source], "subnets4");
    let from6 = |rule: Rule| rule.in_set(&[Selector::Ipv6Source], "subnets6");
    let loopback = IpPrefix::new(IpAddr::V4(LOOPBACK.0), LOOPBACK.1);
    vec![
        to_bridge().source(loopback).masquerade().comment("127.0.0.1 to a published port"),
        from4(to_bridge().status(status::DNAT)).masquerade().comment("a container to a published port"),
        from6(to_bridge().status(status::DNAT)).masquerade(),
        from4(elsewhere()).masquerade().comment("a container to elsewhere"),
        from6(elsewhere()).masquerade(),
    ]
}

fn raw() -> Vec<Rule> {
    let outside = || Rule::new().not_in_set(&[Selector::InputName], "bridges").not_from_loopback();
    let loopback = IpPrefix::new(IpAddr::V4(LOOPBACK.0), LOOPBACK.1);
    vec![
        Rule::new()
            .not_from_loopback()
            .destination(loopback)
            .drop()
            .comment("127.0.0.0/8 is this host's alone"),
        Rule::new().not_from_loopback().source(loopback).drop(),
        outside()
            .in_set(&[Selector::Ipv4Destination], "subnets4")
            .drop()
            .comment("containers are reached by published ports only"),
        outside().in_set(&[Selector::Ipv6Destination], "subnets6").drop(),
    ]
}

/// Others who forward do so by bridges of their own, and have rules of their own about them.
fn forward(guards: Forwarding) -> Vec<Rule> {
    let Ok(bridge) = LinkName::new(BRIDGE_KIND) else { return Vec::new() };
    let versions = [(guards.ipv4, IpVersion::Four), (guards.ipv6, IpVersion::Six)];
    let guarded = versions.into_iter().filter_map(|(guarded, version)| guarded.then_some(version));
    let neither = |version| {
        let kinds = [Selector::InputKind, Selector::OutputKind];
        kinds
            .into_iter()
            .fold(Rule::new().version(version), |rule, kind| rule.is_not(kind, Field::LinkName(bridge)))
    };
    guarded.map(|version| neither(version).drop().comment("this host forwards for bridges only")).collect()
}

/// What does not come in by `lo`.
trait NotFromLoopback {
    fn not_from_loopback(self) -> Self;
}

impl NotFromLoopback for Rule {
    fn not_from_loopback(self) -> Self {
        match LinkName::new("lo") {
            Ok(lo) => self.is_not(Selector::InputName, Field::LinkName(lo)),
            Err(_) => self,
        }
    }
}
