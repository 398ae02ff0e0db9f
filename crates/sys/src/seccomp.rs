//! Loading a compiled filter of system calls (seccomp(2)).
//!
//! It compiles and checks nothing: the kernel refuses a program that is not valid.

use std::io;

use crate::call::checked;

/// One instruction of classic BPF, laid out as the kernel's `struct sock_filter`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instruction {
    /// The operation.
    pub code: u16,
    /// How many instructions to skip when the test holds.
    pub jt: u8,
    /// How many to skip when it does not.
    pub jf: u8,
    /// The operand.
    pub k: u32,
}

/// Filters every later system call of this thread and its descendants, for ever.
///
/// `flags` are `SECCOMP_FILTER_FLAG_*` as the kernel numbers them, without `NEW_LISTENER`.
///
/// # Errors
/// `EACCES` without `CAP_SYS_ADMIN` when no_new_privs is off; `EINVAL` for a program that is not valid or longer than 4096
/// instructions, and for flags that return a descriptor; what seccomp(2) says.
pub fn load(program: &[Instruction], flags: u32) -> io::Result<()> {
    let invalid = || io::Error::from_raw_os_error(libc::EINVAL);
    if u64::from(flags) & libc::SECCOMP_FILTER_FLAG_NEW_LISTENER != 0 {
        return Err(invalid());
    }
    let program = libc::sock_fprog {
        len: u16::try_from(program.len()).map_err(|_| invalid())?,
        filter: program.as_ptr().cast_mut().cast(),
    };
    // SAFETY: `Instruction` has the layout of `sock_filter` (asserted below), `len` counts what the pointer points at, and the
    // kernel only reads it during the call.
    let returned =
        unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &raw const program) };
    checked(returned).map(drop)
}

const _: () = assert!(size_of::<Instruction>() == size_of::<libc::sock_filter>());
