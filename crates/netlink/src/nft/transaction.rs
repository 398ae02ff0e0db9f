//! The bytes of one atomic batch of changes.
//!
//! Pure; it also remembers what each message is about, so that a refusal can be told in the caller's words.

use crate::message::{Messages, flags};

use super::change::{Change, Missing};
use super::constants as c;
use super::constants::message as m;
use super::element::Element;
use super::expression::{AnonymousSet, Expr, SetRef};
use super::family::Table;
use super::rule::Rule;
use super::set::Set;

/// Where a message of elements ends: their list must stay below 64 KiB, and one more element still fits.
const ELEMENTS: usize = 60 * 1024;

/// What is sent for some changes.
#[derive(Debug)]
pub struct Transaction {
    pub(super) messages: Messages,
    pub(super) begin: u32,
    /// The message of the changes that is acknowledged, when all is done: the last.
    pub(super) last: u32,
    origins: Vec<Origin>,
}

/// What a message is about.
#[derive(Debug)]
struct Origin {
    number: u32,
    change: usize,
    /// The first of the change's elements that is in the message, and where in it each begins.
    elements: (usize, Vec<usize>),
}

/// How a batch is encoded.
#[derive(Debug, Clone, Copy)]
pub struct Encoding {
    /// Whether the kernel knows the message that deletes elements where they exist (6.3).
    pub has_destroy: bool,
    /// The generation of all tables without which nothing is done.
    pub generation: Option<u32>,
}

impl Transaction {
    /// Encodes `changes` of `table`, in messages numbered from the first of `messages`.
    pub fn encode(table: &Table, changes: &[Change], encoding: Encoding, mut messages: Messages) -> Self {
        let [high, low] = c::SUBSYSTEM.to_be_bytes();
        let boundary = [0, 0, high, low];
        let begin = messages.message(c::BATCH_BEGIN, flags::REQUEST, &boundary, |message| {
            if let Some(generation) = encoding.generation {
                message.be32(c::BATCH_GENID, generation);
            }
        });
        let mut encoder =
            Encoder { table, encoding, messages, origins: Vec::new(), change: 0, sets: 0, last_start: 0 };
        for (at, change) in changes.iter().enumerate() {
            encoder.change = at;
            encoder.encode(change);
        }
        let Encoder { mut messages, origins, last_start, .. } = encoder;
        let last = origins.last().map_or(begin, |origin| origin.number);
        if !origins.is_empty() {
            messages.add_flags(last_start, flags::ACK);
        }
        messages.message(c::BATCH_END, flags::REQUEST, &boundary, |_| {});
        Self { messages, begin, last, origins }
    }

    /// What a refusal of message `number`, because of its byte `offset`, is about: a change, and one of its elements.
    pub(super) fn origin(&self, number: u32, offset: Option<usize>) -> Option<(usize, Option<usize>)> {
        let origin = self.origins.iter().find(|origin| origin.number == number)?;
        let (first, starts) = &origin.elements;
        let before = offset.map_or(0, |offset| starts.partition_point(|start| *start <= offset));
        Some((origin.change, before.checked_sub(1).map(|at| first + at)))
    }

    /// Whether there is nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        self.origins.is_empty()
    }
}

struct Encoder<'a> {
    table: &'a Table,
    encoding: Encoding,
    messages: Messages,
    origins: Vec<Origin>,
    change: usize,
    sets: u32,
    last_start: usize,
}

impl Encoder<'_> {
    fn encode(&mut self, change: &Change) {
        let table = self.table.name.as_str();
        match change {
            Change::AddTable { comment } => self.message(m::NEW_TABLE, flags::CREATE, |message| {
                message.string(c::NFTA_TABLE_NAME, table);
                encode_comment(c::NFTA_TABLE_USERDATA, comment.as_deref(), message);
            }),
            Change::AddOwnTable { comment } => {
                self.message(m::NEW_TABLE, flags::CREATE | flags::EXCLUSIVE, |message| {
                    message.string(c::NFTA_TABLE_NAME, table);
                    message.be32(c::NFTA_TABLE_FLAGS, c::TABLE_OWNED);
                    encode_comment(c::NFTA_TABLE_USERDATA, comment.as_deref(), message);
                });
            }
            Change::DeleteTable => {
                self.message(m::DELETE_TABLE, 0, |message| message.string(c::NFTA_TABLE_NAME, table));
            }
            Change::FlushTable => {
                self.message(m::DELETE_RULE, 0, |message| message.string(c::NFTA_RULE_TABLE, table));
            }
            Change::AddChain(chain) => {
                self.message(m::NEW_CHAIN, flags::CREATE, |message| chain.encode(table, message));
            }
            Change::DeleteChain(chain) => {
                self.named(m::DELETE_CHAIN, (c::NFTA_CHAIN_TABLE, table), (c::NFTA_CHAIN_NAME, chain));
            }
            Change::FlushChain(chain) => {
                self.named(m::DELETE_RULE, (c::NFTA_RULE_TABLE, table), (c::NFTA_RULE_CHAIN, chain));
            }
            Change::AddRule { chain, rule } => self.rule(chain, rule),
            Change::DeleteRule { chain, handle } => self.message(m::DELETE_RULE, 0, |message| {
                message.string(c::NFTA_RULE_TABLE, table);
                message.string(c::NFTA_RULE_CHAIN, chain);
                message.be64(c::NFTA_RULE_HANDLE, *handle);
            }),
            Change::AddSet(set) => {
                let id = self.next_set();
                self.message(m::NEW_SET, flags::CREATE, |message| set.encode(table, id, false, message));
            }
            Change::DeleteSet(set) => {
                self.named(m::DELETE_SET, (c::NFTA_SET_TABLE, table), (c::NFTA_SET_NAME, set));
            }
            Change::FlushSet(set) => {
                let set = (c::NFTA_SET_ELEM_LIST_SET, set.as_str());
                self.named(m::DELETE_ELEMENT, (c::NFTA_SET_ELEM_LIST_TABLE, table), set);
            }
            Change::AddElements { set, elements } => {
                self.elements(m::NEW_ELEMENT, flags::CREATE, (set, None), elements);
            }
            Change::DeleteElements { set, elements, missing } => {
                let destroy = *missing == Missing::Tolerated && self.encoding.has_destroy;
                let kind = if destroy { m::DESTROY_ELEMENT } else { m::DELETE_ELEMENT };
                self.elements(kind, 0, (set, None), elements);
            }
        }
    }

    /// Adds a message of the current change.
    fn message(&mut self, kind: u16, flags: u16, fill: impl FnOnce(&mut Messages)) {
        let fixed = [self.table.family.number(), 0, 0, 0];
        self.last_start = self.messages.len();
        let number = self.messages.message(c::SUBSYSTEM << 8 | kind, flags::REQUEST | flags, &fixed, fill);
        self.origins.push(Origin { number, change: self.change, elements: (0, Vec::new()) });
    }

    fn named(&mut self, kind: u16, table: (u16, &str), object: (u16, &str)) {
        self.message(kind, 0, |message| {
            message.string(table.0, table.1);
            message.string(object.0, object.1);
        });
    }

    fn next_set(&mut self) -> u32 {
        self.sets += 1;
        self.sets
    }

    /// A rule, and before it the sets that it alone looks into.
    fn rule(&mut self, chain: &str, rule: &Rule) {
        let table = self.table.name.as_str();
        let mut ids = Vec::new();
        for anonymous in rule.expressions.iter().filter_map(anonymous_set) {
            let (set, id) = (anonymous.set(), self.next_set());
            self.message(m::NEW_SET, flags::CREATE, |message| set.encode(table, id, true, message));
            self.elements(m::NEW_ELEMENT, flags::CREATE, (&set, Some(id)), &anonymous.elements);
            ids.push(id);
        }
        self.message(m::NEW_RULE, flags::CREATE | flags::APPEND, |message| {
            message.string(c::NFTA_RULE_TABLE, table);
            message.string(c::NFTA_RULE_CHAIN, chain);
            let mut ids = ids.into_iter();
            message.nested(c::NFTA_RULE_EXPRESSIONS, |list| {
                for expression in &rule.expressions {
                    expression.encode(&mut ids, list);
                }
            });
            encode_comment(c::NFTA_RULE_USERDATA, rule.comment.as_deref(), message);
        });
    }

    /// Elements, in as many messages as it takes.
    fn elements(&mut self, kind: u16, flags: u16, (set, id): (&Set, Option<u32>), elements: &[Element]) {
        let table = self.table.name.as_str();
        let mut done = 0;
        while done < elements.len() {
            let start = self.messages.len();
            let (first, mut starts) = (done, Vec::new());
            self.message(kind, flags, |message| {
                message.string(c::NFTA_SET_ELEM_LIST_TABLE, table);
                message.string(c::NFTA_SET_ELEM_LIST_SET, &set.name);
                if let Some(id) = id {
                    message.be32(c::NFTA_SET_ELEM_LIST_SET_ID, id);
                }
                message.nested(c::NFTA_SET_ELEM_LIST_ELEMENTS, |list| {
                    while done < elements.len() && list.len() - start < ELEMENTS {
                        starts.push(list.len() - start);
                        elements[done].encode(set, list);
                        done += 1;
                    }
                });
            });
            if let Some(origin) = self.origins.last_mut() {
                origin.elements = (first, starts);
            }
        }
    }
}

fn anonymous_set(expression: &Expr) -> Option<&AnonymousSet> {
    match expression {
        Expr::Lookup { set: SetRef::Anonymous(anonymous), .. } => Some(anonymous),
        _ => None,
    }
}

/// Adds a comment where nft(8) looks for it: a type, a length and a string with its zero byte.
fn encode_comment(kind: u16, comment: Option<&str>, message: &mut Messages) {
    let Some(comment) = comment else { return };
    let length = comment.floor_char_boundary(MAX_COMMENT);
    let length_byte = (length + 1) as u8;
    let value = [&[c::COMMENT, length_byte], &comment.as_bytes()[..length], &[0]].concat();
    message.attribute(kind, &value);
}

/// nft(8)'s own bound.
const MAX_COMMENT: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::show;
    use crate::nft::{Chain, ChainKind, Field, FieldType, Hook, IpVersion, Ports, Selector, priority};
    use expect_test::{Expect, expect};

    const NOW: Encoding = Encoding { has_destroy: true, generation: None };

    fn encode(changes: &[Change], encoding: Encoding) -> Transaction {
        Transaction::encode(&Table::inet("t"), changes, encoding, Messages::new(1))
    }

    fn check(changes: &[Change], expected: &Expect) {
        expected.assert_eq(&show(&encode(changes, NOW).messages.finish().unwrap(), 4));
    }

    fn rule(rule: Rule) -> [Change; 1] {
        [Change::AddRule { chain: "c".to_owned(), rule }]
    }

    fn range() -> Set {
        Set::map("m", &[FieldType::Protocol, FieldType::Port], &[FieldType::Ipv4]).of_ranges()
    }

    #[test]
    fn a_table_with_a_chain_is_one_batch_whose_last_change_is_acknowledged() {
        let chain = Chain::base("raw", ChainKind::Filter, Hook::Prerouting, priority::RAW);
        let add = Change::AddTable { comment: Some("mine".to_owned()) };
        check(
            &[add, Change::DeleteTable, Change::AddChain(chain)],
            &expect![[r#"
            0x0010 flags 0x1 0000000a
            0x0a00 flags 0x401 01000000
              1 7400
              6 00056d696e6500
            0x0a02 flags 0x1 01000000
              1 7400
            0x0a03 flags 0x405 01000000
              1 7400
              3 "raw"
              4
                1 00000000
                2 fffffed4
              5 00000001
              7 "filter"
            0x0011 flags 0x1 0000000a
        "#]],
        );
    }

    #[test]
    fn a_rule_of_nat_loads_the_key_side_by_side_and_what_it_leads_to_over_it() {
        let key = [Selector::Ipv4Destination, Selector::Protocol, Selector::DestinationPort];
        check(
            &rule(Rule::new().dnat(&key, "pub4", IpVersion::Four, Ports::One)),
            &expect![[r#"
            0x0010 flags 0x1 0000000a
            0x0a06 flags 0xc05 01000000
              1 7400
              2 6300
              4
                1
                  1 "meta"
                  2
                    1 00000008
                    2 0000000f
                1
                  1 "cmp"
                  2
                    1 00000008
                    2 00000000
                    3
                      1 02
                1
                  1 "payload"
                  2
                    1 00000008
                    2 00000001
                    3 00000010
                    4 00000004
                1
                  1 "meta"
                  2
                    1 00000009
                    2 00000010
                1
                  1 "payload"
                  2
                    1 0000000a
                    2 00000002
                    3 00000002
                    4 00000002
                1
                  1 "lookup"
                  2
                    1 "pub4"
                    2 00000008
                    3 00000008
                1
                  1 "nat"
                  2
                    1 00000001
                    2 00000002
                    3 00000008
                    5 00000009
            0x0011 flags 0x1 0000000a
        "#]],
        );
    }

    #[test]
    fn an_anonymous_set_stands_before_its_rule_and_is_found_by_its_number() {
        check(
            &rule(Rule::new().one_of(Selector::Protocol, &[Field::TCP, Field::UDP]).drop()),
            &expect![[r#"
            0x0010 flags 0x1 0000000a
            0x0a09 flags 0x401 01000000
              1 7400
              2 "__set%d"
              10 00000001
              3 00000003
              4 0000000c
              5 00000001
            0x0a0c flags 0x401 01000000
              1 7400
              2 "__set%d"
              4 00000001
              3
                1
                  1
                    1 06
                1
                  1
                    1 11
            0x0a06 flags 0xc05 01000000
              1 7400
              2 6300
              4
                1
                  1 "meta"
                  2
                    1 00000008
                    2 00000010
                1
                  1 "lookup"
                  2
                    1 "__set%d"
                    4 00000001
                    2 00000008
                1
                  1 "immediate"
                  2
                    1 00000000
                    2
                      2
                        1 00000000
            0x0011 flags 0x1 0000000a
        "#]],
        );
    }

    #[test]
    fn a_network_is_compared_in_whole_bytes_and_otherwise_under_a_mask() {
        let network = |length| crate::IpPrefix::new([10, 211, 64, 9], length);
        check(
            &rule(Rule::new().source(network(16)).destination(network(20))),
            &expect![[r#"
            0x0010 flags 0x1 0000000a
            0x0a06 flags 0xc05 01000000
              1 7400
              2 6300
              4
                1
                  1 "meta"
                  2
                    1 00000008
                    2 0000000f
                1
                  1 "cmp"
                  2
                    1 00000008
                    2 00000000
                    3
                      1 02
                1
                  1 "payload"
                  2
                    1 00000008
                    2 00000001
                    3 0000000c
                    4 00000002
                1
                  1 "cmp"
                  2
                    1 00000008
                    2 00000000
                    3
                      1 0ad3
                1
                  1 "payload"
                  2
                    1 00000008
                    2 00000001
                    3 00000010
                    4 00000003
                1
                  1 "bitwise"
                  2
                    1 00000008
                    2 00000008
                    3 00000003
                    4
                      1 fffff0
                    5
                      1 000000
                1
                  1 "cmp"
                  2
                    1 00000008
                    2 00000000
                    3
                      1 0ad340
            0x0011 flags 0x1 0000000a
        "#]],
        );
    }

    #[test]
    fn ranges_of_one_value_are_two_elements_and_those_of_several_one() {
        let key = [Field::TCP, Field::Port(5)];
        let element =
            Element::range(&key, &[Field::TCP, Field::Port(9)]).to(&[Field::Ipv4([10, 0, 0, 2].into())]);
        let one = Set::new("n", &[FieldType::Ipv4]).of_ranges();
        let network = Element::network(crate::IpPrefix::new([10, 0, 0, 0], 24));
        check(
            &[
                Change::AddSet(range()),
                Change::AddElements { set: range(), elements: vec![element.clone()] },
                Change::AddElements { set: one, elements: vec![network] },
                Change::DeleteElements { set: range(), elements: vec![element], missing: Missing::Tolerated },
            ],
            &expect![[r#"
                0x0010 flags 0x1 0000000a
                0x0a09 flags 0x401 01000000
                  1 7400
                  2 6d00
                  10 00000001
                  3 0000008c
                  4 0000030d
                  5 00000008
                  6 00000007
                  7 00000004
                  9
                    2
                      1
                        1 00000001
                      1
                        1 00000002
                0x0a0c flags 0x401 01000000
                  1 7400
                  2 6d00
                  3
                    1
                      1
                        1 0600000000050000
                      10
                        1 0600000000090000
                      2
                        1 0a000002
                0x0a0c flags 0x401 01000000
                  1 7400
                  2 6e00
                  3
                    1
                      1
                        1 0a000000
                    1
                      3 00000001
                      1
                        1 0a000100
                0x0a1e flags 0x5 01000000
                  1 7400
                  2 6d00
                  3
                    1
                      1
                        1 0600000000050000
                      10
                        1 0600000000090000
                      2
                        1 0a000002
                0x0011 flags 0x1 0000000a
            "#]],
        );
    }

    #[test]
    fn many_elements_are_split_below_what_a_length_can_say_and_each_is_found_again() {
        let set = Set::new("s", &[FieldType::Port]);
        let elements: Vec<_> = (0..10_000).map(|port| Element::new(&[Field::Port(port)])).collect();
        let add = Change::AddElements { set, elements };
        let transaction = encode(&[Change::AddTable { comment: None }, add.clone()], NOW);
        assert!(transaction.origins.len() > 3);
        let second = &transaction.origins[2];
        let (first, starts) = &second.elements;
        let within = transaction.origin(second.number, Some(starts[7] + 4));
        assert_eq!(within, Some((1, Some(first + 7))));
        assert_eq!(add.describe(within.unwrap().1), format!("add element `{}` to set `s`", first + 7));
        assert_eq!(transaction.origin(second.number, None), Some((1, None)));
        assert_eq!(transaction.origin(second.number, Some(0)), Some((1, None)));
        let count: usize = transaction.origins.iter().map(|origin| origin.elements.1.len()).sum();
        assert_eq!(count, 10_000);
        assert!(transaction.messages.finish().is_some());
    }

    #[test]
    fn an_old_kernel_and_a_generation_are_spoken_to_in_their_words() {
        let delete = Change::DeleteElements {
            set: range(),
            elements: vec![Element::new(&[Field::TCP, Field::Port(5)])],
            missing: Missing::Tolerated,
        };
        let old = encode(&[delete], Encoding { has_destroy: false, generation: Some(7) });
        let text = show(&old.messages.finish().unwrap(), 4);
        let heads: Vec<_> = text.lines().filter(|line| !line.starts_with("    ")).collect();
        expect![[r#"
            0x0010 flags 0x1 0000000a
              1 00000007
            0x0a0e flags 0x5 01000000
              1 7400
              2 6d00
              3
            0x0011 flags 0x1 0000000a"#]]
        .assert_eq(&heads.join("\n"));
    }

    #[test]
    fn nothing_to_do_is_nothing_to_send() {
        let set = Set::new("s", &[FieldType::Port]);
        assert!(encode(&[Change::AddElements { set, elements: Vec::new() }], NOW).is_empty());
    }
}
