//! One comparison of one argument, and its instructions.
//!
//! BPF has words of 32 bits: a 64-bit comparison looks at the upper word, and at the lower one if the upper leaves it open.

use crate::assembler::{Assembler, Target};
use crate::bpf::{self, AND, JUMP_EQUAL, JUMP_GREATER, JUMP_GREATER_OR_EQUAL};

/// What is asked of an argument; comparisons are unsigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Test {
    /// Equal to the value.
    Equal(u64),
    /// Anything else.
    NotEqual(u64),
    /// Less than the value.
    Less(u64),
    /// Less than the value, or equal.
    LessOrEqual(u64),
    /// Greater than the value.
    Greater(u64),
    /// Greater than the value, or equal.
    GreaterOrEqual(u64),
    /// The bits of `mask` are those of `value`; bits of `value` outside the mask do not count, as in libseccomp.
    MaskedEqual {
        /// The bits looked at.
        mask: u64,
        /// What they have to be.
        value: u64,
    },
}

/// A test of one argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Condition {
    /// Which argument, 0 to 5.
    pub(crate) argument: u8,
    /// What is asked of it.
    pub(crate) test: Test,
}

/// How wide arguments are compared: a value that does not fit into 32 bits is cut, as libseccomp does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Width {
    /// Only the lower word.
    Narrow,
    /// Both words.
    Wide,
}

impl Condition {
    /// Lays the instructions that go on at `yes` or at `no`.
    pub(crate) fn assemble(&self, to: &mut Assembler, width: Width, yes: Target, no: Target) -> Target {
        let words = Words { to, argument: self.argument, width };
        match self.test {
            Test::Equal(value) => words.equal(u64::MAX, value, yes, no),
            Test::NotEqual(value) => words.equal(u64::MAX, value, no, yes),
            Test::MaskedEqual { mask, value } => words.equal(mask, value & mask, yes, no),
            Test::Greater(value) => words.ordered(JUMP_GREATER, value, yes, no),
            Test::LessOrEqual(value) => words.ordered(JUMP_GREATER, value, no, yes),
            Test::GreaterOrEqual(value) => words.ordered(JUMP_GREATER_OR_EQUAL, value, yes, no),
            Test::Less(value) => words.ordered(JUMP_GREATER_OR_EQUAL, value, no, yes),
        }
    }
}

/// The two words of one argument, being compared.
struct Words<'a> {
    to: &'a mut Assembler,
    argument: u8,
    width: Width,
}

impl Words<'_> {
    fn equal(self, mask: u64, value: u64, yes: Target, no: Target) -> Target {
        let low = equal_word(self.to, low_offset(self.argument), (low(mask), low(value)), yes, no);
        match self.width {
            Width::Narrow => low,
            Width::Wide => {
                equal_word(self.to, high_offset(self.argument), (high(mask), high(value)), low, no)
            }
        }
    }

    fn ordered(self, code: u16, value: u64, yes: Target, no: Target) -> Target {
        let compare = self.to.branch(code, low(value), yes, no);
        let low = self.to.load(low_offset(self.argument), compare);
        if self.width == Width::Narrow {
            return low;
        }
        let open = self.to.branch(JUMP_EQUAL, high(value), low, no);
        let compare = self.to.branch(JUMP_GREATER, high(value), yes, open);
        self.to.load(high_offset(self.argument), compare)
    }
}

/// Compares the bits of one word; a mask without bits asks nothing.
fn equal_word(to: &mut Assembler, offset: u32, (mask, value): (u32, u32), yes: Target, no: Target) -> Target {
    if mask == 0 {
        return yes;
    }
    let compare = to.branch(JUMP_EQUAL, value, yes, no);
    let masked = if mask == u32::MAX { compare } else { to.statement(AND, mask, compare) };
    to.load(offset, masked)
}

fn low_offset(argument: u8) -> u32 {
    bpf::argument(argument)
}

fn high_offset(argument: u8) -> u32 {
    bpf::argument(argument) + 4
}

fn low(value: u64) -> u32 {
    (value & u64::from(u32::MAX)) as u32
}

fn high(value: u64) -> u32 {
    (value >> 32) as u32
}
