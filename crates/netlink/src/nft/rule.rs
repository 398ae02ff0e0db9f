//! Rules, and what packets they are for.

use std::net::IpAddr;

use crate::ip_prefix::IpPrefix;

use super::connection::Conntrack;
use super::element::Element;
use super::expression::{AnonymousSet, Comparison, Expr, IpVersion, Meta, Register, SetRef};
use super::field::Field;
use super::selector::Selector;

pub(super) const FIRST: Register = Register(0);
/// `RTN_LOCAL`
const LOCAL: u32 = 2;

/// A rule: expressions that are evaluated in their order, until one does not hold.
///
/// What looks at addresses first asks for the version of IP, once per rule: the tables are for both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Rule {
    /// What it does.
    pub expressions: Vec<Expr>,
    /// What nft(8) shows behind it: up to 128 bytes; what is longer is cut.
    pub comment: Option<String>,
}

impl Rule {
    /// One that does nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a comment.
    #[must_use]
    pub fn comment(self, comment: &str) -> Self {
        Self { comment: Some(comment.to_owned()), ..self }
    }

    /// With an expression at its end.
    #[must_use]
    pub fn with(mut self, expression: Expr) -> Self {
        self.expressions.push(expression);
        self
    }

    /// For packets of one version of IP.
    #[must_use]
    pub fn version(self, version: IpVersion) -> Self {
        let compare =
            Expr::Compare { from: FIRST, comparison: Comparison::Equal, value: vec![version.number()] };
        if self.expressions.contains(&compare) {
            return self;
        }
        self.with(Expr::Meta { key: Meta::Family, to: FIRST }).with(compare)
    }

    /// Where something has a value.
    #[must_use]
    pub fn is(self, selector: Selector, value: Field) -> Self {
        self.compared(selector, Comparison::Equal, value)
    }

    /// Where something has another value.
    #[must_use]
    pub fn is_not(self, selector: Selector, value: Field) -> Self {
        self.compared(selector, Comparison::NotEqual, value)
    }

    fn compared(self, selector: Selector, comparison: Comparison, value: Field) -> Self {
        self.load(&[selector]).with(Expr::Compare { from: FIRST, comparison, value: value.bytes() })
    }

    /// Where the source is of a network.
    #[must_use]
    pub fn source(self, network: IpPrefix) -> Self {
        let four = network.address.is_ipv4();
        self.of_network(if four { Selector::Ipv4Source } else { Selector::Ipv6Source }, network)
    }

    /// Where the destination is of a network.
    #[must_use]
    pub fn destination(self, network: IpPrefix) -> Self {
        let four = network.address.is_ipv4();
        self.of_network(if four { Selector::Ipv4Destination } else { Selector::Ipv6Destination }, network)
    }

    fn of_network(self, selector: Selector, network: IpPrefix) -> Self {
        let (first, last) = network.range();
        let bits = usize::from(network.length);
        let bytes = bits.div_ceil(8);
        let mut rule = self.for_version_of(selector);
        if bytes == 0 {
            return rule;
        }
        rule = rule.with(selector.load(Some(bytes), FIRST));
        let (mut value, last) = (octets(first), octets(last));
        value.truncate(bytes);
        if !bits.is_multiple_of(8) {
            let mask = value.iter().zip(last).map(|(first, last)| !(first ^ last)).collect();
            rule = rule.with(Expr::Mask { register: FIRST, mask });
        }
        rule.with(Expr::Compare { from: FIRST, comparison: Comparison::Equal, value })
    }

    /// Where a key is in a set of the table.
    #[must_use]
    pub fn in_set(self, key: &[Selector], set: &str) -> Self {
        let set = SetRef::Named(set.to_owned());
        self.load(key).with(Expr::Lookup { from: FIRST, set, negated: false })
    }

    /// Where a key is not in a set of the table.
    #[must_use]
    pub fn not_in_set(self, key: &[Selector], set: &str) -> Self {
        let set = SetRef::Named(set.to_owned());
        self.load(key).with(Expr::Lookup { from: FIRST, set, negated: true })
    }

    /// Where something has one of some values.
    #[must_use]
    pub fn one_of(self, selector: Selector, values: &[Field]) -> Self {
        self.load(&[selector]).with(Expr::Lookup {
            from: FIRST,
            set: anonymous(selector, values),
            negated: false,
        })
    }

    /// Where something has none of some values.
    #[must_use]
    pub fn none_of(self, selector: Selector, values: &[Field]) -> Self {
        self.load(&[selector]).with(Expr::Lookup {
            from: FIRST,
            set: anonymous(selector, values),
            negated: true,
        })
    }

    /// Where the destination is an address of this host.
    #[must_use]
    pub fn to_this_host(self) -> Self {
        let value = LOCAL.to_ne_bytes().to_vec();
        let compare = Expr::Compare { from: FIRST, comparison: Comparison::Equal, value };
        self.with(Expr::FibKindOfDestination { to: FIRST }).with(compare)
    }

    /// Where the packet has one of some states: bits of [`super::state`].
    #[must_use]
    pub fn state(self, states: u32) -> Self {
        self.any_bit(Conntrack::State, states)
    }

    /// Where something has happened to the connection: bits of [`super::status`].
    #[must_use]
    pub fn status(self, status: u32) -> Self {
        self.any_bit(Conntrack::Status, status)
    }

    fn any_bit(self, key: Conntrack, bits: u32) -> Self {
        let compare = Expr::Compare { from: FIRST, comparison: Comparison::NotEqual, value: vec![0; 4] };
        let mask = Expr::Mask { register: FIRST, mask: bits.to_ne_bytes().to_vec() };
        self.with(Expr::Conntrack { key, to: FIRST }).with(mask).with(compare)
    }

    /// Loads a key into the registers from the first on.
    pub(super) fn load(self, key: &[Selector]) -> Self {
        let mut rule = key.iter().fold(self, |rule, selector| rule.for_version_of(*selector));
        let mut register = 0;
        for selector in key {
            rule = rule.with(selector.load(None, Register(register)));
            register += selector.registers();
        }
        rule
    }

    fn for_version_of(self, selector: Selector) -> Self {
        match selector.version() {
            Some(version) => self.version(version),
            None => self,
        }
    }
}

fn anonymous(selector: Selector, values: &[Field]) -> SetRef {
    let elements = values.iter().map(|value| Element::new(&[*value])).collect();
    SetRef::Anonymous(AnonymousSet { key: vec![selector.kind()], elements })
}

fn octets(address: IpAddr) -> Vec<u8> {
    Field::from(address).bytes()
}
