//! What a filter tells the kernel to do with a call.
//!
//! The values are those of `linux/seccomp.h`: an action in the upper 16 bits, its data in the lower.

use corten_spec::runtime::SeccompAction;

use crate::error::SeccompError;

/// The value that a filter returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Verdict(pub(crate) u32);

const KILL_PROCESS: u32 = 0x8000_0000;
const KILL_THREAD: u32 = 0x0000_0000;
const TRAP: u32 = 0x0003_0000;
const ERRNO: u32 = 0x0005_0000;
const TRACE: u32 = 0x7ff0_0000;
const LOG: u32 = 0x7ffc_0000;
const ALLOW: u32 = 0x7fff_0000;

const EPERM: u32 = 1;
const ENOSYS: u32 = 38;
/// The kernel cuts greater ones down to this (`MAX_ERRNO`).
const GREATEST_ERRNO: u32 = 4095;

impl Verdict {
    /// What libseccomp answers to an architecture that a filter does not name.
    pub(crate) const BAD_ARCHITECTURE: Verdict = Verdict(KILL_THREAD);
    /// "This kernel has no such call": what a program probes for before it falls back.
    pub(crate) const NOT_IMPLEMENTED: Verdict = Verdict(ERRNO | ENOSYS);

    /// The verdict of a document's action and error number; `EPERM` where it names none.
    ///
    /// # Errors
    /// [`SeccompError::ErrnoTooLarge`] for a number that the kernel would cut down; [`SeccompError::Listener`].
    pub(crate) fn new(action: SeccompAction, errno: Option<u32>) -> Result<Verdict, SeccompError> {
        let errno = errno.unwrap_or(EPERM);
        let verdict = match action {
            SeccompAction::Kill | SeccompAction::KillThread => KILL_THREAD,
            SeccompAction::KillProcess => KILL_PROCESS,
            SeccompAction::Trap => TRAP,
            SeccompAction::Allow => ALLOW,
            SeccompAction::Log => LOG,
            SeccompAction::Notify => return Err(SeccompError::Listener { word: "SCMP_ACT_NOTIFY" }),
            SeccompAction::Errno | SeccompAction::Trace if errno > GREATEST_ERRNO => {
                return Err(SeccompError::ErrnoTooLarge { errno });
            }
            SeccompAction::Errno => ERRNO | errno,
            SeccompAction::Trace => TRACE | errno,
        };
        Ok(Verdict(verdict))
    }

    /// Whether a call goes through, as far as the filter alone decides. A tracer copes with calls it does not know.
    pub(crate) fn lets_through(self) -> bool {
        matches!(self.0 & 0xffff_0000, ALLOW | LOG | TRACE)
    }
}
