//! The architectures that a filter can speak of, and how the kernel tells them apart.
//!
//! Only what this build can meet: x86-64 with its two 32-bit companions, aarch64 with arm. All are little-endian, which
//! the argument offsets in [`crate::condition`] rely on.

use std::ops::RangeInclusive;

use corten_spec::runtime::SeccompArch;

/// An architecture whose system calls a filter decides on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Arch {
    /// 64-bit x86.
    X86_64,
    /// The 64-bit instruction set with 32-bit pointers; shares x86-64's audit value and marks its numbers with a bit.
    X32,
    /// 32-bit x86.
    X86,
    /// 64-bit arm.
    Aarch64,
    /// 32-bit arm, EABI.
    Arm,
}

/// The bit that marks a system call number as x32 (`__X32_SYSCALL_BIT` of `asm/unistd.h`).
pub(crate) const X32_BIT: u32 = 0x4000_0000;

/// Where arm's private numbers begin (`__ARM_NR_BASE`): calls such as `set_tls`, no part of the growing table.
const ARM_PRIVATE: u32 = 0x000f_0000;

impl Arch {
    /// Every architecture known here.
    pub const ALL: [Arch; 5] = [Arch::X86_64, Arch::X32, Arch::X86, Arch::Aarch64, Arch::Arm];

    /// The architecture that this program was built for.
    pub const HOST: Arch = if cfg!(target_arch = "aarch64") { Arch::Aarch64 } else { Arch::X86_64 };

    /// The architecture of a document's word, or nothing if filters of this build can never meet it.
    pub fn from_spec(word: SeccompArch) -> Option<Arch> {
        Arch::ALL.into_iter().find(|arch| arch.spec() == word)
    }

    /// The word of OCI and Docker documents.
    pub fn spec(self) -> SeccompArch {
        match self {
            Arch::X86_64 => SeccompArch::X86_64,
            Arch::X32 => SeccompArch::X32,
            Arch::X86 => SeccompArch::X86,
            Arch::Aarch64 => SeccompArch::Aarch64,
            Arch::Arm => SeccompArch::Arm,
        }
    }

    /// The word that the `includes` and `excludes` of Docker's profiles use.
    pub fn docker(self) -> &'static str {
        match self {
            Arch::X86_64 => "amd64",
            Arch::X32 => "x32",
            Arch::X86 => "x86",
            Arch::Aarch64 => "arm64",
            Arch::Arm => "arm",
        }
    }

    /// The `AUDIT_ARCH_*` value that the kernel puts into `seccomp_data.arch` (`linux/audit.h`).
    pub(crate) fn audit(self) -> u32 {
        match self {
            Arch::X86_64 | Arch::X32 => 0xc000_003e,
            Arch::X86 => 0x4000_0003,
            Arch::Aarch64 => 0xc000_00b7,
            Arch::Arm => 0x4000_0028,
        }
    }

    /// The architectures that a kernel for `self` can run processes of.
    pub(crate) fn family(self) -> &'static [Arch] {
        match self {
            Arch::X86_64 | Arch::X32 | Arch::X86 => &[Arch::X86_64, Arch::X32, Arch::X86],
            Arch::Aarch64 | Arch::Arm => &[Arch::Aarch64, Arch::Arm],
        }
    }

    /// Whether arguments are compared as 64 bits. As libseccomp, x32 counts as 32-bit.
    ///
    /// The upper halves must be left alone on i386: a 64-bit program that enters by `int 0x80` leaves bits of its own
    /// there, which the kernel's entry ignores but a comparison would trip over.
    pub(crate) fn is_wide(self) -> bool {
        matches!(self, Arch::X86_64 | Arch::Aarch64)
    }

    /// The numbers, as the kernel reports them, that belong to this architecture among those of its audit value.
    pub(crate) fn window(self) -> RangeInclusive<u32> {
        match self {
            Arch::X86_64 => 0..=X32_BIT - 1,
            Arch::X32 => X32_BIT..=u32::MAX,
            Arch::X86 | Arch::Aarch64 | Arch::Arm => 0..=u32::MAX,
        }
    }

    /// The part of the window in which new system calls appear at the end of the table.
    pub(crate) fn growing(self) -> RangeInclusive<u32> {
        match self {
            Arch::Arm => 0..=ARM_PRIVATE - 1,
            other => other.window(),
        }
    }
}
