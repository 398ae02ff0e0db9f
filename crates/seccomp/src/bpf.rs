//! Instructions of classic BPF as seccomp uses them.
//!
//! Only the opcodes that the compiler emits (`linux/bpf_common.h`).

/// One instruction, laid out as `struct sock_filter` of `linux/filter.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Instruction {
    /// Opcode.
    pub code: u16,
    /// Instructions to skip if the comparison holds.
    pub jt: u8,
    /// Instructions to skip if it does not.
    pub jf: u8,
    /// Operand.
    pub k: u32,
}

/// `BPF_LD | BPF_W | BPF_ABS`: the word at offset `k` of `struct seccomp_data` into the accumulator.
pub(crate) const LOAD: u16 = 0x20;
/// `BPF_ALU | BPF_AND | BPF_K`: mask the accumulator.
pub(crate) const AND: u16 = 0x54;
/// `BPF_JMP | BPF_JA`: skip `k` instructions.
pub(crate) const JUMP: u16 = 0x05;
/// `BPF_JMP | BPF_JEQ | BPF_K`.
pub(crate) const JUMP_EQUAL: u16 = 0x15;
/// `BPF_JMP | BPF_JGT | BPF_K`, unsigned.
pub(crate) const JUMP_GREATER: u16 = 0x25;
/// `BPF_JMP | BPF_JGE | BPF_K`, unsigned.
pub(crate) const JUMP_GREATER_OR_EQUAL: u16 = 0x35;
/// `BPF_RET | BPF_K`: end with the verdict `k`.
pub(crate) const RETURN: u16 = 0x06;

/// Offset of the system call's number in `struct seccomp_data`.
pub(crate) const NUMBER: u32 = 0;
/// Offset of the audit architecture.
pub(crate) const ARCHITECTURE: u32 = 4;

/// Offset of the lower half of argument `index`; the upper half follows it.
pub(crate) fn argument(index: u8) -> u32 {
    16 + 8 * u32::from(index)
}
