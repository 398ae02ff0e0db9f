//! Chains of rules.

use crate::message::Messages;

use super::constants::{
    NFTA_CHAIN_HOOK, NFTA_CHAIN_NAME, NFTA_CHAIN_POLICY, NFTA_CHAIN_TABLE, NFTA_CHAIN_TYPE,
    NFTA_HOOK_HOOKNUM, NFTA_HOOK_PRIORITY,
};

/// A chain to make.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Chain {
    /// Its name, unique in its table.
    pub name: String,
    /// Where packets come from; none for a chain that others jump to.
    pub base: Option<Base>,
}

/// What makes a chain see packets by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Base {
    /// What its rules may do.
    pub kind: ChainKind,
    /// Where in a packet's way.
    pub hook: Hook,
    /// The order of chains at one hook: the least is first.
    pub priority: i32,
    /// What becomes of packets that no rule decides about.
    pub policy: Policy,
}

/// What the rules of a base chain may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChainKind {
    /// Accept and drop.
    Filter,
    /// Change addresses: they see the first packet of each connection.
    Nat,
    /// Have a changed packet routed again.
    Route,
}

/// Where in a packet's way (`NF_INET_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hook {
    /// All that arrives.
    Prerouting,
    /// What is for this host.
    Input,
    /// What is sent on.
    Forward,
    /// What this host sends.
    Output,
    /// All that leaves.
    Postrouting,
    /// Another one, by its number.
    Other(u32),
}

/// What becomes of packets that no rule decides about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Policy {
    /// They pass.
    Accept,
    /// They end here.
    Drop,
}

/// Usual priorities, by nft(8)'s names.
pub mod priority {
    /// Before connections are tracked.
    pub const RAW: i32 = -300;
    /// Before destinations are changed.
    pub const MANGLE: i32 = -150;
    /// Where destinations are changed.
    pub const DSTNAT: i32 = -100;
    /// The usual place to accept and drop.
    pub const FILTER: i32 = 0;
    /// Where sources are changed.
    pub const SRCNAT: i32 = 100;
}

impl Chain {
    /// A chain that others jump to.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), base: None }
    }

    /// A chain that sees packets by itself and accepts those that no rule decides about.
    pub fn base(name: &str, kind: ChainKind, hook: Hook, priority: i32) -> Self {
        let base = Base { kind, hook, priority, policy: Policy::Accept };
        Self { name: name.to_owned(), base: Some(base) }
    }

    pub(super) fn encode(&self, table: &str, message: &mut Messages) {
        message.string(NFTA_CHAIN_TABLE, table);
        message.string(NFTA_CHAIN_NAME, &self.name);
        let Some(base) = &self.base else { return };
        message.nested(NFTA_CHAIN_HOOK, |hook| {
            hook.be32(NFTA_HOOK_HOOKNUM, base.hook.number());
            hook.attribute(NFTA_HOOK_PRIORITY, &base.priority.to_be_bytes());
        });
        message.be32(NFTA_CHAIN_POLICY, base.policy.number());
        message.string(NFTA_CHAIN_TYPE, base.kind.as_str());
    }
}

impl ChainKind {
    /// nftables' name of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Nat => "nat",
            Self::Route => "route",
        }
    }
}

impl Hook {
    pub(super) fn number(self) -> u32 {
        match self {
            Self::Prerouting => 0,
            Self::Input => 1,
            Self::Forward => 2,
            Self::Output => 3,
            Self::Postrouting => 4,
            Self::Other(number) => number,
        }
    }

    pub(super) fn from_number(number: u32) -> Self {
        let known = [Self::Prerouting, Self::Input, Self::Forward, Self::Output, Self::Postrouting];
        known.into_iter().find(|hook| hook.number() == number).unwrap_or(Self::Other(number))
    }
}

impl Policy {
    fn number(self) -> u32 {
        match self {
            Self::Drop => 0,
            Self::Accept => 1,
        }
    }

    pub(super) fn from_number(number: u32) -> Self {
        if number == Self::Drop.number() { Self::Drop } else { Self::Accept }
    }
}
