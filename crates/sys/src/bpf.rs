//! Programs that decide which devices a cgroup v2 may use (bpf(2)).
//!
//! It writes no program: the kernel's verifier checks those that it is given.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use crate::call::{checked, owned};

/// One instruction, laid out as the kernel's `struct bpf_insn`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instruction {
    /// The operation.
    pub code: u8,
    /// Destination register in the low half, source register in the high half: the order of bit fields on little-endian
    /// machines.
    pub registers: u8,
    /// Offset of a jump or of memory.
    pub offset: i16,
    /// The operand.
    pub immediate: i32,
}

const _: () = assert!(size_of::<Instruction>() == 8 && cfg!(target_endian = "little"));

/// The beginning of `union bpf_attr` for `BPF_PROG_LOAD`.
#[repr(C)]
#[derive(Default)]
struct Load {
    program_type: u32,
    instruction_count: u32,
    instructions: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log: u64,
    kernel_version: u32,
    flags: u32,
}

/// The beginning of `union bpf_attr` for `BPF_PROG_ATTACH`.
#[repr(C)]
struct Attach {
    target: u32,
    program: u32,
    attach_type: u32,
    flags: u32,
}

const BPF_PROG_LOAD: libc::c_long = 5;
const BPF_PROG_ATTACH: libc::c_long = 8;
const BPF_PROG_TYPE_CGROUP_DEVICE: u32 = 15;
const BPF_CGROUP_DEVICE: u32 = 6;
/// Programs of parents, systemd's for one, stay in force beside this one.
const BPF_F_ALLOW_MULTI: u32 = 2;

/// Gives the kernel a program of type `BPF_PROG_TYPE_CGROUP_DEVICE`. It lives as long as the descriptor or a cgroup that it is
/// attached to.
///
/// # Errors
/// `EINVAL` or `EACCES` when the verifier refuses it, `EPERM` without `CAP_BPF`; what bpf(2) says.
pub fn load_device_program(program: &[Instruction]) -> io::Result<OwnedFd> {
    let attributes = Load {
        program_type: BPF_PROG_TYPE_CGROUP_DEVICE,
        instruction_count: u32::try_from(program.len())
            .map_err(|_| io::Error::from_raw_os_error(libc::E2BIG))?,
        instructions: program.as_ptr() as u64,
        // Only programs that call GPL-only functions of the kernel need another one.
        license: c"Apache-2.0".as_ptr() as u64,
        ..Load::default()
    };
    // SAFETY: the kernel reads `size_of::<Load>()` bytes of attributes, `instruction_count` instructions of the layout asserted
    // above, and the license up to its NUL; all of them live across the call and none is written to.
    let returned =
        unsafe { libc::syscall(libc::SYS_bpf, BPF_PROG_LOAD, &raw const attributes, size_of::<Load>()) };
    checked(returned).map(owned)
}

/// Puts a device program in force for a directory of a cgroup v2 hierarchy and all below it.
///
/// # Errors
/// What bpf(2) says.
pub fn attach_device_program(cgroup: BorrowedFd<'_>, program: BorrowedFd<'_>) -> io::Result<()> {
    let attributes = Attach {
        target: cgroup.as_raw_fd().cast_unsigned(),
        program: program.as_raw_fd().cast_unsigned(),
        attach_type: BPF_CGROUP_DEVICE,
        flags: BPF_F_ALLOW_MULTI,
    };
    // SAFETY: the kernel reads `size_of::<Attach>()` bytes of attributes, which live across the call, and writes to none.
    let returned =
        unsafe { libc::syscall(libc::SYS_bpf, BPF_PROG_ATTACH, &raw const attributes, size_of::<Attach>()) };
    checked(returned).map(drop)
}
