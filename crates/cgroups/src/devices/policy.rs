//! Device rules reduced to a default and its exceptions, the way v1's kernel code reads them. Pure.
//!
//! Rules come in order, and later ones change what earlier ones said. Neither v1 nor a program can cut a hole into a wildcard,
//! so a list that asks for one is refused instead of being obeyed in part.

use std::collections::BTreeMap;

use corten_spec::runtime::{DeviceKind, DeviceRule};

use crate::error::CgroupsError;

/// Kinds of devices that exceptions name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Block,
    Char,
}

/// Which devices: no number is every number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Which {
    pub(crate) kind: Kind,
    pub(crate) major: Option<u32>,
    pub(crate) minor: Option<u32>,
}

/// What is done with a device, as bits of `linux/bpf.h` (`BPF_DEVCG_ACC_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Access(pub(crate) u8);

impl Access {
    pub(crate) const ALL: Access = Access(7);
    const LETTERS: [(char, u8); 3] = [('r', 2), ('w', 4), ('m', 1)];

    fn parse(letters: &str) -> Result<Access, CgroupsError> {
        if letters.is_empty() {
            return Ok(Access::ALL);
        }
        letters.chars().try_fold(Access(0), |access, letter| {
            let (_, bit) = Access::LETTERS
                .into_iter()
                .find(|(known, _)| *known == letter)
                .ok_or_else(|| CgroupsError::Value(format!("invalid device access `{letters}`")))?;
            Ok(Access(access.0 | bit))
        })
    }

    /// The letters in the kernel's order.
    pub(crate) fn letters(self) -> String {
        Access::LETTERS.into_iter().filter(|(_, bit)| self.0 & bit != 0).map(|(letter, _)| letter).collect()
    }
}

/// What a list of rules comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Policy {
    /// What happens to devices that no exception names.
    pub(crate) allow: bool,
    /// What is, to the contrary, denied or allowed.
    pub(crate) exceptions: BTreeMap<Which, Access>,
}

impl Policy {
    /// Applies rules in order to a cgroup that allows everything.
    ///
    /// # Errors
    /// [`CgroupsError::Value`] for rules that name no device or cut a hole into a wildcard.
    pub(crate) fn of(rules: &[DeviceRule]) -> Result<Policy, CgroupsError> {
        let mut policy = Policy { allow: true, exceptions: BTreeMap::new() };
        for rule in rules {
            policy.apply(rule)?;
        }
        Ok(policy)
    }

    /// Whether there is nothing to enforce.
    pub(crate) fn allows_all(&self) -> bool {
        self.allow && self.exceptions.is_empty()
    }

    fn apply(&mut self, rule: &DeviceRule) -> Result<(), CgroupsError> {
        let kind = match rule.kind {
            None | Some(DeviceKind::All) => {
                // As in the kernel, a rule for all kinds is a rule for all devices: it starts over.
                if number(rule.major)?.is_some() || number(rule.minor)?.is_some() {
                    return Err(CgroupsError::Value(
                        "a device rule for all kinds cannot name numbers".to_owned(),
                    ));
                }
                *self = Policy { allow: rule.allow, exceptions: BTreeMap::new() };
                return Ok(());
            }
            Some(DeviceKind::Block) => Kind::Block,
            Some(DeviceKind::Char | DeviceKind::Unbuffered) => Kind::Char,
            Some(DeviceKind::Fifo) => {
                return Err(CgroupsError::Value("a device rule cannot name a FIFO".to_owned()));
            }
        };
        let which = Which { kind, major: number(rule.major)?, minor: number(rule.minor)? };
        let access = Access::parse(&rule.access)?;
        if rule.allow == self.allow {
            self.withdraw(which, access)
        } else {
            let present = self.exceptions.entry(which).or_insert(Access(0));
            present.0 |= access.0;
            Ok(())
        }
    }

    /// Takes an exception back, and the narrower ones that it covers.
    fn withdraw(&mut self, which: Which, access: Access) -> Result<(), CgroupsError> {
        for (wider, excepted) in &self.exceptions {
            if *wider != which && wider.covers(which) && excepted.0 & access.0 != 0 {
                return Err(CgroupsError::Value(format!(
                    "device rule `{} {}` would cut a hole into `{} {}`",
                    which.text(),
                    access.letters(),
                    wider.text(),
                    excepted.letters()
                )));
            }
        }
        for (narrower, excepted) in &mut self.exceptions {
            if which.covers(*narrower) {
                excepted.0 &= !access.0;
            }
        }
        self.exceptions.retain(|_, access| access.0 != 0);
        Ok(())
    }
}

impl Which {
    fn covers(self, other: Which) -> bool {
        self.kind == other.kind
            && (self.major.is_none() || self.major == other.major)
            && (self.minor.is_none() || self.minor == other.minor)
    }

    /// As v1's files have it: `c 1:3`, `b 8:*`.
    pub(crate) fn text(self) -> String {
        let kind = match self.kind {
            Kind::Block => 'b',
            Kind::Char => 'c',
        };
        let number = |number: Option<u32>| number.map_or("*".to_owned(), |number| number.to_string());
        format!("{kind} {}:{}", number(self.major), number(self.minor))
    }
}

/// A device number; absent and -1 mean every number.
fn number(number: Option<i64>) -> Result<Option<u32>, CgroupsError> {
    match number {
        None | Some(-1) => Ok(None),
        Some(number) => u32::try_from(number)
            .map(Some)
            .map_err(|_| CgroupsError::Value(format!("invalid device number {number}"))),
    }
}
