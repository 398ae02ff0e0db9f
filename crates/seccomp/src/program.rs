//! A compiled filter, and how it is kept on disk.
//!
//! Loading it is `corten-sys`'s.

use crate::bpf::Instruction;
use crate::error::SeccompError;

/// Flags of `seccomp(SECCOMP_SET_MODE_FILTER)`, in the kernel's bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flags(u32);

impl Flags {
    /// No flag.
    pub const NONE: Flags = Flags(0);
    /// Log what the filter denies.
    pub const LOG: Flags = Flags(1 << 1);
    /// Leave speculative store bypass alone.
    pub const SPEC_ALLOW: Flags = Flags(1 << 2);

    /// The bits as the system call takes them.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// Both.
    #[must_use]
    pub fn with(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

/// A filter that the kernel takes as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// At most 4096.
    pub instructions: Vec<Instruction>,
    /// How to load it.
    pub flags: Flags,
}

/// Bytes of one instruction.
const SIZE: usize = 8;

impl Program {
    /// Flags (4 bytes, native endian), then 8 bytes an instruction as `struct sock_filter` lies in memory.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(4 + SIZE * self.instructions.len());
        bytes.extend(self.flags.0.to_ne_bytes());
        for instruction in &self.instructions {
            bytes.extend(instruction.code.to_ne_bytes());
            bytes.extend([instruction.jt, instruction.jf]);
            bytes.extend(instruction.k.to_ne_bytes());
        }
        bytes
    }

    /// What [`Program::to_bytes`] wrote on the same kind of machine. The kernel checks the instructions themselves.
    ///
    /// # Errors
    /// [`SeccompError::Damaged`] if the size cannot be that of a program.
    pub fn from_bytes(bytes: &[u8]) -> Result<Program, SeccompError> {
        let damaged = || SeccompError::Damaged { bytes: bytes.len() };
        let (flags, rest) = bytes.split_first_chunk::<4>().ok_or_else(damaged)?;
        let (chunks, torn) = rest.as_chunks::<SIZE>();
        if !torn.is_empty() || chunks.is_empty() {
            return Err(damaged());
        }
        let instructions = chunks
            .iter()
            .map(|[c0, c1, jt, jf, k @ ..]| Instruction {
                code: u16::from_ne_bytes([*c0, *c1]),
                jt: *jt,
                jf: *jf,
                k: u32::from_ne_bytes(*k),
            })
            .collect();
        Ok(Program { instructions, flags: Flags(u32::from_ne_bytes(*flags)) })
    }
}
