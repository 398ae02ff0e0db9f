//! A filter as it is meant: verdicts, conditions and system calls of the architectures at hand.
//!
//! Reads the OCI document; settles what the document leaves open the way libseccomp and runc settle it. Lays no
//! instructions.

use corten_spec::runtime::{Seccomp, SeccompArg, SeccompOperator, SeccompSyscall};

use crate::arch::Arch;
use crate::condition::{Condition, Test};
use crate::error::SeccompError;
use crate::syscall::{self, Syscall};
use crate::verdict::Verdict;

/// A verdict for calls that meet all conditions.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Rule {
    pub(crate) conditions: Vec<Condition>,
    pub(crate) verdict: Verdict,
}

/// A whole filter.
#[derive(Debug)]
pub(crate) struct Policy {
    /// The verdict where no rule matches.
    pub(crate) default: Verdict,
    /// The architectures that it speaks of, the native one first.
    pub(crate) architectures: Vec<Arch>,
    rules: Vec<(Syscall, Rule)>,
    /// Every system call that the document names, those included whose rules say what the default says.
    named: Vec<Syscall>,
}

impl Policy {
    /// Reads a document for a kernel of architecture `native`.
    ///
    /// The native architecture is always part of it. Architectures that such a kernel cannot run are passed over: they
    /// never occur.
    ///
    /// # Errors
    /// What [`SeccompError`] says of actions and arguments.
    pub(crate) fn new(document: &Seccomp, native: Arch) -> Result<Policy, SeccompError> {
        let default = Verdict::new(document.default_action, document.default_errno_ret)?;
        let mut architectures = vec![native];
        for arch in document.architectures.iter().filter_map(|word| Arch::from_spec(*word)) {
            if native.family().contains(&arch) && !architectures.contains(&arch) {
                architectures.push(arch);
            }
        }
        let mut rules = Vec::new();
        for entry in &document.syscalls {
            for rule in read(entry)? {
                let known = entry.names.iter().filter_map(|name| Syscall::find(name));
                rules.extend(known.map(|syscall| (syscall, rule.clone())));
            }
        }
        let named: Vec<Syscall> = rules.iter().map(|(syscall, _)| *syscall).collect();
        // libseccomp knows no rule that says what the default says anyway, and runc leaves such rules out.
        rules.retain(|(_, rule)| rule.verdict != default);
        Ok(Policy { default, architectures, rules, named })
    }

    /// The rules for `arch` with the number that each is for: sorted by number, then in the document's order.
    ///
    /// Rules for what i386 multiplexes also hold there, unless they look at arguments, which lie behind a pointer then.
    pub(crate) fn by_number(&self, arch: Arch) -> Vec<(u32, Rule)> {
        let mut numbered = Vec::with_capacity(self.rules.len());
        for (syscall, rule) in &self.rules {
            if let Some(number) = syscall.number(arch) {
                numbered.push((number, rule.clone()));
            }
            if let Some(way) = syscall.multiplexed(arch).filter(|_| rule.conditions.is_empty())
                && let Some(number) = syscall::number(way.through, arch)
            {
                let test = Test::MaskedEqual { mask: way.mask, value: way.call };
                let conditions = vec![Condition { argument: 0, test }];
                numbered.push((number, Rule { conditions, verdict: rule.verdict }));
            }
        }
        numbered.sort_by_key(|(number, _)| *number);
        numbered
    }

    /// The greatest number that the document names among those to which new system calls are appended.
    pub(crate) fn greatest(&self, arch: Arch) -> Option<u32> {
        let growing = arch.growing();
        self.named
            .iter()
            .filter_map(|syscall| syscall.number(arch))
            .filter(|number| growing.contains(number))
            .max()
    }
}

/// The rules of one entry: one, or one for each condition where an argument is asked about twice.
///
/// The latter is what runc and crun do because libseccomp cannot ask twice; profiles in use rely on the alternative.
fn read(entry: &SeccompSyscall) -> Result<Vec<Rule>, SeccompError> {
    let verdict = Verdict::new(entry.action, entry.errno_ret)?;
    let conditions = entry
        .args
        .iter()
        .map(|arg| condition(entry, arg))
        .collect::<Result<Vec<Condition>, SeccompError>>()?;
    let twice = conditions.iter().enumerate().any(|(place, condition)| {
        conditions[..place].iter().any(|earlier| earlier.argument == condition.argument)
    });
    if twice {
        return Ok(conditions
            .into_iter()
            .map(|condition| Rule { conditions: vec![condition], verdict })
            .collect());
    }
    Ok(vec![Rule { conditions, verdict }])
}

fn condition(entry: &SeccompSyscall, arg: &SeccompArg) -> Result<Condition, SeccompError> {
    let argument = u8::try_from(arg.index).ok().filter(|index| *index < 6).ok_or_else(|| {
        let syscall = entry.names.first().cloned().unwrap_or_default();
        SeccompError::ArgumentIndex { syscall, index: arg.index }
    })?;
    let test = match arg.op {
        SeccompOperator::Equal => Test::Equal(arg.value),
        SeccompOperator::NotEqual => Test::NotEqual(arg.value),
        SeccompOperator::LessThan => Test::Less(arg.value),
        SeccompOperator::LessOrEqual => Test::LessOrEqual(arg.value),
        SeccompOperator::GreaterThan => Test::Greater(arg.value),
        SeccompOperator::GreaterOrEqual => Test::GreaterOrEqual(arg.value),
        SeccompOperator::MaskedEqual => Test::MaskedEqual { mask: arg.value, value: arg.value_two },
    };
    Ok(Condition { argument, test })
}

/// The names in a document that no architecture known here has, in order, each once.
///
/// A filter passes over them, as libseccomp does with names younger than itself; whoever wrote the profile may want to
/// know.
pub fn unknown_syscalls(document: &Seccomp) -> Vec<&str> {
    let mut unknown = Vec::new();
    for name in document.syscalls.iter().flat_map(|entry| &entry.names) {
        if Syscall::find(name).is_none() && !unknown.contains(&name.as_str()) {
            unknown.push(name);
        }
    }
    unknown
}
