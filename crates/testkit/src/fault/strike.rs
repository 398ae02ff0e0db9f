//! What befalls a command, and when.

use super::step::Step;

/// A fault, and the call that it comes at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strike {
    /// Which.
    pub fault: Fault,
    /// From which of the calls on that the fault can befall, the first being 1.
    pub step: u64,
    /// Whose calls they are.
    pub victim: Victim,
}

impl Strike {
    /// As a step: it does not come.
    pub const NEVER: u64 = u64::MAX;
}

/// How many calls there were that each fault can befall.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls([u64; Fault::ALL.len()]);

impl Calls {
    /// For this one.
    #[must_use]
    pub fn of(&self, fault: Fault) -> u64 {
        Fault::ALL.iter().zip(self.0).find(|(one, _)| **one == fault).map_or(0, |(_, calls)| calls)
    }

    /// Those of another command, too.
    pub fn add(&mut self, others: Calls) {
        self.0.iter_mut().zip(others.0).for_each(|(calls, more)| *calls += more);
    }

    pub(super) fn count(&mut self, step: Step) {
        for (fault, calls) in Fault::ALL.iter().zip(&mut self.0) {
            *calls += u64::from(fault.befalls(step));
        }
    }
}

/// Who makes the calls that count, of the command and all that it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Victim {
    /// Each of them; a kill is the command's, whoever made the call.
    Any,
    /// The small program alone: a monitor, and what becomes a container. A kill is that of the process that made the call.
    Monitor,
}

/// What a machine can do to a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// SIGKILL for the victim alone; what it started lives on.
    Kill,
    /// SIGKILL for the command and everything that it started.
    KillAll,
    /// One call fails with `ENOSPC`.
    Full,
    /// Every call that needs room fails with `ENOSPC`, until the command ends.
    FullFromNowOn,
    /// One call fails with `EIO`.
    Broken,
    /// One call that makes a descriptor fails with `EMFILE`.
    NoDescriptors,
    /// One call that needs the kernel's memory fails with `ENOMEM`.
    NoMemory,
}

impl Fault {
    /// All of them.
    pub const ALL: [Fault; 7] = [
        Fault::Kill,
        Fault::KillAll,
        Fault::Full,
        Fault::FullFromNowOn,
        Fault::Broken,
        Fault::NoDescriptors,
        Fault::NoMemory,
    ];

    /// Whether the victim is ended, and does not get to say anything.
    #[must_use]
    pub fn kills(self) -> bool {
        matches!(self, Fault::Kill | Fault::KillAll)
    }

    pub(super) fn lasts(self) -> bool {
        self == Fault::FullFromNowOn
    }

    /// What a call fails with; `None` where it is not the call that fails.
    pub(super) fn errno(self) -> Option<i32> {
        match self {
            Fault::Kill | Fault::KillAll => None,
            Fault::Full | Fault::FullFromNowOn => Some(libc::ENOSPC),
            Fault::Broken => Some(libc::EIO),
            Fault::NoDescriptors => Some(libc::EMFILE),
            Fault::NoMemory => Some(libc::ENOMEM),
        }
    }

    pub(super) fn befalls(self, step: Step) -> bool {
        match self {
            Fault::Kill | Fault::KillAll => step.changes,
            Fault::Broken => step.changes && step.is_of_files(),
            Fault::Full | Fault::FullFromNowOn => step.changes && step.needs_room,
            Fault::NoDescriptors => step.makes_descriptor,
            Fault::NoMemory => step.needs_memory,
        }
    }
}
