//! What befalls a command, and when.

use super::step::Step;

/// A fault, and the call that it comes at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strike {
    /// Which.
    pub fault: Fault,
    /// From which of the counted calls on, the first being 1; the first one that the fault can befall.
    pub step: u64,
}

/// What a machine can do to a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// SIGKILL for the command alone; what it started lives on.
    Kill,
    /// SIGKILL for the command and everything that it started.
    KillAll,
    /// One call fails with `ENOSPC`.
    Full,
    /// Every call that needs room fails with `ENOSPC`, until the command ends.
    FullFromNowOn,
    /// One call fails with `EIO`.
    Broken,
}

impl Fault {
    /// All of them.
    pub const ALL: [Fault; 5] =
        [Fault::Kill, Fault::KillAll, Fault::Full, Fault::FullFromNowOn, Fault::Broken];

    /// Whether the command is ended, and does not get to say anything.
    #[must_use]
    pub fn kills(self) -> bool {
        matches!(self, Fault::Kill | Fault::KillAll)
    }

    pub(super) fn lasts(self) -> bool {
        self == Fault::FullFromNowOn
    }

    pub(super) fn errno(self) -> i32 {
        if self == Fault::Broken { libc::EIO } else { libc::ENOSPC }
    }

    pub(super) fn befalls(self, step: &Step) -> bool {
        match self {
            Fault::Kill | Fault::KillAll | Fault::Broken => true,
            Fault::Full | Fault::FullFromNowOn => step.needs_room,
        }
    }
}
