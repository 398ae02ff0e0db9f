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
