//! Lays out a program from its end to its start.
//!
//! Classic BPF jumps only forward, so that going backwards every target is already in place and its distance known. What
//! lies further than a conditional jump can reach (255) gets a stepping stone: verdicts are simply repeated, anything else
//! is reached by an unconditional jump. Knows nothing of system calls.

use std::collections::BTreeMap;

use crate::bpf::{Instruction, JUMP, LOAD, RETURN};

/// The furthest that a target may lie before a stepping stone is laid. One less than the kernel's 255, because laying the
/// stone for one branch moves the target of the other away by one.
const REACH: usize = 254;

/// A place in the program: its index counted from the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Label(usize);

/// Where a branch leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Target {
    /// Ends the program with this verdict.
    Return(u32),
    /// Goes on at an instruction that was laid before.
    Label(Label),
}

/// A program under construction.
#[derive(Debug, Default)]
pub(crate) struct Assembler {
    reversed: Vec<Instruction>,
    /// The latest place at which each verdict is returned.
    returns: BTreeMap<u32, Label>,
}

impl Assembler {
    /// Loads the word at `offset` of the system call's data, then goes on at `next`.
    pub(crate) fn load(&mut self, offset: u32, next: Target) -> Target {
        self.statement(LOAD, offset, next)
    }

    /// Puts any instruction that does not branch in front of `next`.
    pub(crate) fn statement(&mut self, code: u16, k: u32, next: Target) -> Target {
        self.fall_into(next);
        Target::Label(self.push(code, 0, 0, k))
    }

    /// Compares the accumulator with `k`. No instruction is spent where both ways lead to the same place.
    pub(crate) fn branch(&mut self, code: u16, k: u32, yes: Target, no: Target) -> Target {
        if yes == no {
            return yes;
        }
        let yes = self.near(yes);
        let no = self.near(no);
        let (jt, jf) = (self.distance(yes), self.distance(no));
        // `near` keeps both within 255.
        let narrow = |distance: usize| u8::try_from(distance).unwrap_or(u8::MAX);
        Target::Label(self.push(code, narrow(jt), narrow(jf), k))
    }

    /// The finished program, which begins at `entry`.
    pub(crate) fn finish(mut self, entry: Target) -> Vec<Instruction> {
        self.fall_into(entry);
        self.reversed.reverse();
        self.reversed
    }

    /// Makes `next` what an instruction laid now would run into.
    fn fall_into(&mut self, next: Target) {
        let there = match next {
            Target::Return(verdict) => self.returns.get(&verdict).copied(),
            Target::Label(label) => Some(label),
        };
        match (there, next) {
            (Some(label), _) if self.distance(label) == 0 => {}
            (_, Target::Return(verdict)) => {
                self.lay_return(verdict);
            }
            (_, Target::Label(label)) => {
                self.lay_jump(label);
            }
        }
    }

    /// A place within the reach of a conditional jump that leads to `target`.
    fn near(&mut self, target: Target) -> Label {
        match target {
            Target::Return(verdict) => match self.returns.get(&verdict) {
                Some(label) if self.distance(*label) <= REACH => *label,
                _ => self.lay_return(verdict),
            },
            Target::Label(label) if self.distance(label) <= REACH => label,
            Target::Label(label) => self.lay_jump(label),
        }
    }

    fn lay_return(&mut self, verdict: u32) -> Label {
        let label = self.push(RETURN, 0, 0, verdict);
        self.returns.insert(verdict, label);
        label
    }

    fn lay_jump(&mut self, to: Label) -> Label {
        let distance = u32::try_from(self.distance(to)).unwrap_or(u32::MAX);
        self.push(JUMP, 0, 0, distance)
    }

    /// How many instructions an instruction laid now would have to skip to get to `label`.
    fn distance(&self, label: Label) -> usize {
        self.reversed.len() - 1 - label.0
    }

    fn push(&mut self, code: u16, jt: u8, jf: u8, k: u32) -> Label {
        self.reversed.push(Instruction { code, jt, jf, k });
        Label(self.reversed.len() - 1)
    }
}
