//! What nftables takes and gives back.

use corten_netlink::IpPrefix;
use corten_netlink::NetworkNamespace;
use corten_netlink::nft::{
    Base, Chain, ChainKind, Change, Element, Family, Field, FieldType, Hook, Missing, NftSocket, Policy,
    Reject, Rule, Selector, Set, Table, Verdict, priority, state,
};
use rustix::io::Errno;

fn nft() -> (NetworkNamespace, NftSocket) {
    let (namespace, _) = NetworkNamespace::create().unwrap();
    let nft = namespace.nft().unwrap();
    (namespace, nft)
}

fn table() -> Table {
    Table::inet("corten")
}

const ADD: Change = Change::AddTable { comment: None };

fn ports() -> Set {
    Set::map("ports", &[FieldType::Protocol, FieldType::Port], &[FieldType::Ipv4, FieldType::Port])
}

fn port(of: u16) -> Element {
    Element::new(&[Field::TCP, Field::Port(of)])
        .to(&[Field::Ipv4([10, 0, (of >> 8) as u8, of as u8].into()), Field::Port(80)])
}

#[test]
fn ten_thousand_elements_go_in_one_transaction_and_come_back() {
    let (_namespace, mut nft) = nft();
    let elements: Vec<Element> = (1..=10_000).map(port).collect();
    let add = Change::AddElements { set: ports(), elements: elements.clone() };
    nft.commit(&table(), &[ADD, Change::AddSet(ports()), add]).unwrap();
    assert_eq!(nft.elements(&table(), &ports()).unwrap(), elements);

    let half = elements[5_000..].to_vec();
    let delete = Change::DeleteElements { set: ports(), elements: half, missing: Missing::Refused };
    nft.commit(&table(), &[delete]).unwrap();
    assert_eq!(nft.elements(&table(), &ports()).unwrap(), elements[..5_000]);
    nft.commit(&table(), &[Change::FlushSet("ports".to_owned())]).unwrap();
    assert_eq!(nft.elements(&table(), &ports()).unwrap(), []);
}

#[test]
fn a_refused_transaction_changes_nothing_and_names_the_element() {
    let (_namespace, mut nft) = nft();
    nft.commit(&table(), &[ADD, Change::AddSet(ports())]).unwrap();
    let mut elements: Vec<Element> = (1..=6_000).map(port).collect();
    elements[4_321] = Element { data: port(9_999).data, ..port(17) };
    let refused = nft.commit(&table(), &[Change::AddElements { set: ports(), elements }]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "cannot change table `inet corten`: add element `tcp . 17` to set `ports`"
    );
    assert_eq!(refused.errno(), Some(Errno::EXIST));
    assert_eq!(nft.elements(&table(), &ports()).unwrap(), []);

    let rule = Rule::new().jump("nowhere").comment("to nowhere");
    let rules = [Change::AddChain(Chain::new("a")), Change::AddRule { chain: "a".to_owned(), rule }];
    let refused = nft.commit(&table(), &rules).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "cannot change table `inet corten`: add a rule to chain `a` (`to nowhere`)"
    );
    assert_eq!(nft.chains().unwrap(), []);
}

#[test]
fn of_more_refusals_than_a_socket_holds_the_first_is_told() {
    let (_namespace, mut nft) = nft();
    let delete = |number| Change::DeleteChain(format!("chain{number}"));
    let changes: Vec<Change> = [ADD].into_iter().chain((0..5_000).map(delete)).collect();
    let refused = nft.commit(&table(), &changes).unwrap_err();
    assert_eq!(refused.to_string(), "cannot change table `inet corten`: delete chain `chain0`");
    assert!(!nft.has_table(&table()).unwrap());
}

#[test]
fn ranges_come_back_as_they_were_given() {
    let (_namespace, mut nft) = nft();
    let networks = |text: [(u8, u8); 4]| {
        text.map(|(third, length)| Element::network(IpPrefix::new([10, 0, third, 0], length))).to_vec()
    };
    let single = Set::new("networks", &[FieldType::Ipv4]).of_ranges();
    // Neighbours, one address, and the very last addresses.
    let mut given = networks([(0, 24), (1, 24), (4, 23), (9, 32)]);
    given[3].last = None;
    given.push(Element::network(IpPrefix::new([255, 255, 255, 0], 24)));
    let several = Set::new("ranges", &[FieldType::Protocol, FieldType::Port, FieldType::Ipv6]).of_ranges();
    let six = |last| Field::Ipv6(std::net::Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, last));
    let range =
        Element::range(&[Field::TCP, Field::Port(1), six(0)], &[Field::TCP, Field::Port(99), six(255)]);
    nft.commit(
        &table(),
        &[
            ADD,
            Change::AddSet(single.clone()),
            Change::AddSet(several.clone()),
            Change::AddElements { set: single.clone(), elements: given.clone() },
            Change::AddElements { set: several.clone(), elements: vec![range.clone()] },
        ],
    )
    .unwrap();
    assert_eq!(nft.elements(&table(), &single).unwrap(), given);
    assert_eq!(nft.elements(&table(), &several).unwrap(), std::slice::from_ref(&range));

    let delete = |set: &Set, elements: &[Element]| Change::DeleteElements {
        set: set.clone(),
        elements: elements.to_vec(),
        missing: Missing::Tolerated,
    };
    nft.commit(&table(), &[delete(&single, &given[1..4]), delete(&several, &[range])]).unwrap();
    assert_eq!(nft.elements(&table(), &single).unwrap(), [given[0].clone(), given[4].clone()]);
    assert_eq!(nft.elements(&table(), &several).unwrap(), []);
}

#[test]
fn the_chains_and_rules_of_others_are_seen() {
    let (_namespace, mut nft) = nft();
    let foreign = Table { family: Family::Ip, name: "filter".to_owned() };
    let base = Base {
        kind: ChainKind::Filter,
        hook: Hook::Forward,
        priority: priority::FILTER,
        policy: Policy::Drop,
    };
    let forward = Chain { name: "FORWARD".to_owned(), base: Some(base) };
    let rule = |rule| Change::AddRule { chain: "FORWARD".to_owned(), rule };
    nft.commit(
        &foreign,
        &[
            ADD,
            Change::AddChain(Chain::new("other")),
            Change::AddChain(forward),
            rule(Rule::new().state(state::ESTABLISHED | state::RELATED).accept()),
            rule(Rule::new().counter().jump("other")),
        ],
    )
    .unwrap();
    let dropping: Vec<_> = nft
        .chains()
        .unwrap()
        .into_iter()
        .filter(|chain| {
            chain.base.as_ref().is_some_and(|it| it.hook == Hook::Forward && it.policy == Policy::Drop)
        })
        .map(|chain| (chain.table, chain.name))
        .collect();
    assert_eq!(dropping, [(foreign.clone(), "FORWARD".to_owned())]);
    let rules = nft.rules(&foreign, "FORWARD").unwrap();
    let outline: Vec<_> =
        rules.iter().map(|rule| (rule.expressions.join(" "), rule.verdict.clone())).collect();
    let jump = Verdict::Jump("other".to_owned());
    assert_eq!(
        outline,
        [
            ("ct bitwise cmp immediate".to_owned(), Some(Verdict::Accept)),
            ("counter immediate".to_owned(), Some(jump))
        ]
    );
    let delete = Change::DeleteRule { chain: "FORWARD".to_owned(), handle: rules[0].handle };
    nft.commit(&foreign, &[delete]).unwrap();
    assert_eq!(nft.rules(&foreign, "FORWARD").unwrap(), rules[1..]);
    assert_eq!(nft.rules(&foreign, "other").unwrap(), []);
}

#[test]
fn every_kind_of_rule_is_taken() {
    let (_namespace, mut nft) = nft();
    let verdicts = Set {
        data: Some(corten_netlink::nft::DataType::Verdict),
        ..Set::new("verdicts", &[FieldType::Mark])
    };
    let prefix = |length| IpPrefix::new(std::net::Ipv6Addr::new(0xfd00, 1, 2, 3, 0, 0, 0, 0), length);
    let tcp = || Rule::new().is(Selector::Protocol, Field::TCP);
    let rules = [
        Rule::new().source(prefix(64)).destination(prefix(61)).drop(),
        Rule::new().source(IpPrefix::new([10, 0, 0, 0], 12)).source(IpPrefix::new([0; 4], 0)).accept(),
        Rule::new().verdict_of(&[Selector::Mark], "verdicts"),
        tcp().counter().reject(Reject::Reset),
        Rule::new().reject(Reject::PortUnreachable),
        Rule::new().reject(Reject::Prohibited),
        Rule::new().none_of(Selector::SourcePort, &[Field::Port(1), Field::Port(2)]).leave(),
        Rule::new().not_in_set(&[Selector::Mark], "marks").drop().comment(&"long ".repeat(60)),
    ];
    let marks = Set::new("marks", &[FieldType::Mark]);
    let elements = vec![
        Element::new(&[Field::Mark(1)]).to_verdict(Verdict::Jump("other".to_owned())),
        Element::new(&[Field::Mark(2)]).to_verdict(Verdict::Drop),
    ];
    let mut changes = vec![
        ADD,
        Change::AddSet(verdicts.clone()),
        Change::AddSet(marks),
        Change::AddChain(Chain::new("other")),
        Change::AddChain(Chain::base("input", ChainKind::Filter, Hook::Input, priority::FILTER)),
        Change::AddElements { set: verdicts.clone(), elements: elements.clone() },
    ];
    changes.extend(rules.clone().map(|rule| Change::AddRule { chain: "input".to_owned(), rule }));
    nft.commit(&table(), &changes).unwrap();
    assert_eq!(nft.rules(&table(), "input").unwrap().len(), rules.len());
    let mut listed = nft.elements(&table(), &verdicts).unwrap();
    listed.sort_by_key(|element| element.to_string());
    assert_eq!(listed, elements);

    let end = ["output", "prerouting"].map(str::to_owned);
    use corten_netlink::nft::NatKind::{Destination, Source};
    let to_server = tcp()
        .is(Selector::DestinationPort, Field::Port(53))
        .set_port(Field::TCP, Destination, 10_053)
        .notrack();
    let back = tcp().is(Selector::SourcePort, Field::Port(10_053)).set_port(Field::TCP, Source, 53).notrack();
    nft.commit(
        &table(),
        &[
            Change::AddChain(Chain::base(&end[0], ChainKind::Filter, Hook::Output, priority::RAW)),
            Change::AddChain(Chain::base(&end[1], ChainKind::Filter, Hook::Prerouting, priority::RAW)),
            Change::AddRule { chain: end[0].clone(), rule: to_server },
            Change::AddRule { chain: end[1].clone(), rule: back },
        ],
    )
    .unwrap();
}

#[test]
fn a_table_is_there_until_it_is_deleted() {
    let (_namespace, mut nft) = nft();
    assert!(!nft.has_table(&table()).unwrap());
    nft.commit(&table(), &[ADD]).unwrap();
    assert!(nft.has_table(&table()).unwrap());
    assert!(!nft.has_table(&Table { family: Family::Ip, ..table() }).unwrap());
    nft.commit(&table(), &[Change::DeleteTable]).unwrap();
    assert!(!nft.has_table(&table()).unwrap());
    let refused = nft.commit(&table(), &[Change::DeleteTable]).unwrap_err();
    assert_eq!(refused.errno(), Some(Errno::NOENT));
}
