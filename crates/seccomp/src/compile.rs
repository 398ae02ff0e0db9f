//! From a filter as it is meant to BPF: a search tree over the numbers of each architecture, and argument tests behind it.

use std::collections::HashMap;

use corten_spec::runtime::{Seccomp, SeccompFlag};

use crate::arch::Arch;
use crate::assembler::{Assembler, Target};
use crate::bpf::{self, JUMP_EQUAL, JUMP_GREATER_OR_EQUAL};
use crate::condition::Width;
use crate::error::SeccompError;
use crate::policy::{Policy, Rule};
use crate::program::{Flags, Program};
use crate::ranges::Ranges;
use crate::verdict::Verdict;

/// The kernel's bound on a filter's length (`BPF_MAXINSNS`).
const LONGEST: usize = 4096;

/// Compiles a filter for a kernel of architecture `native`: its own calls and those of the companions that the document
/// names.
///
/// An architecture that the document does not name ends the thread, as with libseccomp. Where the default action forbids,
/// numbers beyond the greatest that the document names answer `ENOSYS`, as with runc: a program that probes for a call
/// younger than the profile falls back instead of giving up.
///
/// # Errors
/// [`SeccompError`] if the document asks for what the kernel cannot do, or needs more than 4096 instructions.
pub fn compile(document: &Seccomp, native: Arch) -> Result<Program, SeccompError> {
    let policy = Policy::new(document, native)?;
    let mut assembler = Assembler::default();
    let mut entry = Target::Return(Verdict::BAD_ARCHITECTURE.0);
    let mut trees = Vec::new();
    for arch in &policy.architectures {
        if trees.iter().all(|(audit, _)| *audit != arch.audit()) {
            trees.push((arch.audit(), tree(&policy, arch.audit(), &mut assembler)));
        }
    }
    // The native architecture, the first, is asked for first and therefore laid last.
    for (audit, tree) in trees.into_iter().rev() {
        entry = assembler.branch(JUMP_EQUAL, audit, tree, entry);
    }
    let entry = assembler.load(bpf::ARCHITECTURE, entry);
    let instructions = assembler.finish(entry);
    if instructions.len() > LONGEST {
        return Err(SeccompError::TooLong { instructions: instructions.len() });
    }
    Ok(Program { instructions, flags: flags(document)? })
}

/// The flags of `seccomp(2)`: where the document names none, speculation is left alone, as with runc.
fn flags(document: &Seccomp) -> Result<Flags, SeccompError> {
    if document.flags.is_empty() {
        return Ok(Flags::SPEC_ALLOW);
    }
    document.flags.iter().try_fold(Flags::NONE, |flags, flag| {
        Ok(flags.with(match flag {
            // The process that loads a filter has one thread.
            SeccompFlag::Tsync => Flags::NONE,
            SeccompFlag::Log => Flags::LOG,
            SeccompFlag::SpecAllow => Flags::SPEC_ALLOW,
            SeccompFlag::WaitKillableRecv => {
                return Err(SeccompError::Listener { word: "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" });
            }
        }))
    })
}

/// What a range of numbers leads to: a verdict, or rules that look at arguments.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Outcome {
    Verdict(Verdict),
    Rules(Vec<Rule>, Width),
}

impl Outcome {
    /// The outcome of all rules for one call.
    ///
    /// One without conditions goes before those with conditions, whatever the document's order, as in libseccomp.
    fn of(rules: &[(u32, Rule)], arch: Arch) -> Outcome {
        match rules.iter().find(|(_, rule)| rule.conditions.is_empty()) {
            Some((_, always)) => Outcome::Verdict(always.verdict),
            None => {
                let width = if arch.is_wide() { Width::Wide } else { Width::Narrow };
                Outcome::Rules(rules.iter().map(|(_, rule)| rule.clone()).collect(), width)
            }
        }
    }
}

/// Lays the search tree of one audit value. It begins with the load of the number.
fn tree(policy: &Policy, audit: u32, assembler: &mut Assembler) -> Target {
    let mut laid: HashMap<Outcome, Target> = HashMap::new();
    let mut leaves = Vec::new();
    for (start, outcome) in outcomes(policy, audit) {
        let target = match &outcome {
            Outcome::Verdict(verdict) => Target::Return(verdict.0),
            Outcome::Rules(rules, width) => *laid
                .entry(outcome.clone())
                .or_insert_with(|| lay_rules(rules, *width, policy.default, assembler)),
        };
        leaves.push((start, target));
    }
    let root = lay_tree(&leaves, assembler);
    assembler.load(bpf::NUMBER, root)
}

/// The outcome of every number under one audit value.
fn outcomes(policy: &Policy, audit: u32) -> Vec<(u32, Outcome)> {
    let mut ranges = Ranges::new(Outcome::Verdict(policy.default));
    let mut points = Vec::new();
    for arch in Arch::ALL.into_iter().filter(|arch| arch.audit() == audit) {
        if !policy.architectures.contains(&arch) {
            let window = arch.window();
            ranges.paint(*window.start(), *window.end(), Outcome::Verdict(Verdict::BAD_ARCHITECTURE));
            // A tracer that skips a call sets its number to -1: no call, hence no foreign one (seccomp(2)).
            if *window.end() == u32::MAX {
                points.push((u32::MAX, Outcome::Verdict(policy.default)));
            }
            continue;
        }
        let rules = policy.by_number(arch);
        paint_unborn(policy, arch, &mut ranges);
        let calls = rules.chunk_by(|(number, _), (next, _)| number == next);
        points.extend(calls.map(|rules| (rules[0].0, Outcome::of(rules, arch))));
    }
    ranges.coalesced(points)
}

/// Answers `ENOSYS` beyond the greatest number that the document names.
fn paint_unborn(policy: &Policy, arch: Arch, ranges: &mut Ranges<Outcome>) {
    let growing = arch.growing();
    if !policy.default.lets_through()
        && let Some(first) = policy.greatest(arch).and_then(|greatest| greatest.checked_add(1))
        && growing.contains(&first)
    {
        ranges.paint(first, *growing.end(), Outcome::Verdict(Verdict::NOT_IMPLEMENTED));
    }
}

/// Lays rules that are tried one after another; the last resort is the default.
fn lay_rules(rules: &[Rule], width: Width, default: Verdict, assembler: &mut Assembler) -> Target {
    let mut otherwise = Target::Return(default.0);
    for rule in rules.iter().rev() {
        let mut matched = Target::Return(rule.verdict.0);
        for condition in rule.conditions.iter().rev() {
            matched = condition.assemble(assembler, width, matched, otherwise);
        }
        otherwise = matched;
    }
    otherwise
}

/// Lays a balanced tree over ranges, each given by its start; the first needs no start.
fn lay_tree(leaves: &[(u32, Target)], assembler: &mut Assembler) -> Target {
    match leaves {
        [] => Target::Return(Verdict::BAD_ARCHITECTURE.0),
        [(_, target)] => *target,
        // One number between two equal ranges takes one comparison instead of two.
        [(_, around), (number, target), (next, after)] if around == after && *next == number + 1 => {
            assembler.branch(JUMP_EQUAL, *number, *target, *around)
        }
        _ => {
            let (below, above) = leaves.split_at(middle(leaves));
            let pivot = above[0].0;
            let above = lay_tree(above, assembler);
            let below = lay_tree(below, assembler);
            assembler.branch(JUMP_GREATER_OR_EQUAL, pivot, above, below)
        }
    }
}

/// Where to split: near the middle, after a whole number of triples, so that as many as possible take one comparison.
fn middle(leaves: &[(u32, Target)]) -> usize {
    let half = leaves.len() / 2;
    if half < 3 { half } else { half - half % 3 }
}
