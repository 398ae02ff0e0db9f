//! The system calls of a confined monitor: an allow list of what moving bytes, writing records and clearing a cgroup take.
//!
//! It loads nothing: that is [`crate::confinement`]'s.

use std::io;

use corten_seccomp::{Arch, Program};
use corten_spec::runtime::{Seccomp, SeccompAction, SeccompArg, SeccompOperator, SeccompSyscall};
use corten_sys::seccomp::Instruction;

/// Allowed whatever their arguments. No call here makes a process, a namespace, a mount, a device or a link, changes an owner or an
/// identity, opens a socket, or reads another process.
const ALWAYS: &[&str] = &[
    // Streams, clients, engines.
    "accept4 close dup dup2 dup3 fcntl getsockopt poll ppoll read readv recvfrom recvmsg sendmsg sendto shutdown write writev",
    // The log, the journal, the event file, the control socket's name, the cgroup's files and directories.
    "faccessat faccessat2 fallocate fdatasync fstat fstatfs fsync ftruncate getdents64 lseek newfstatat open openat pread64 pwrite64",
    "readlink readlinkat rename renameat renameat2 rmdir stat statfs statx unlink unlinkat",
    // The container's process, keepers' processes, signals.
    "pidfd_send_signal rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack signalfd4 wait4 waitid",
    // Memory and time.
    "brk clock_gettime clock_nanosleep futex getrandom madvise mremap munmap nanosleep restart_syscall",
    // Itself, its end, and (in the C library's beginning) that of the program that takes over from it.
    "arch_prctl exit exit_group geteuid getpid gettid getuid memfd_create prlimit64 rseq set_robust_list set_tid_address socketpair",
];

/// Allowed where one argument is as said: its place, the comparison, and the values.
const WITH_ARGUMENT: &[(&str, u32, SeccompOperator, u64, u64)] = &[
    // A program only by its descriptor, which is how an engine hands over a newer monitor.
    ("execveat", 4, SeccompOperator::Equal, AT_EMPTY_PATH, 0),
    // A v1 cgroup is cleared by signals to numbers; every other signal goes through a pidfd.
    ("kill", 1, SeccompOperator::Equal, 9, 0),
    // No memory becomes code.
    ("mmap", 2, SeccompOperator::MaskedEqual, PROT_EXEC, 0),
    ("mprotect", 2, SeccompOperator::MaskedEqual, PROT_EXEC, 0),
    // Of a terminal only the size: typing into it (TIOCSTI) is its clients'.
    ("ioctl", 1, SeccompOperator::Equal, TIOCSWINSZ, 0),
    ("prctl", 0, SeccompOperator::Equal, PR_SET_DUMPABLE, 0),
    ("prctl", 0, SeccompOperator::Equal, PR_SET_NAME, 0),
    ("prctl", 0, SeccompOperator::Equal, PR_GET_NO_NEW_PRIVS, 0),
];

/// What goes beyond that.
pub(crate) type Further = &'static [(&'static str, u32, SeccompOperator, u64, u64)];

/// Connections to others, by IP only, and passing on what comes through them.
pub(crate) const CONNECTING: Further = &[
    ("socket", 0, SeccompOperator::Equal, AF_INET, 0),
    ("socket", 0, SeccompOperator::Equal, AF_INET6, 0),
    // Every descriptor that it could be done to is one of those.
    ("connect", 0, SeccompOperator::LessOrEqual, i32::MAX as u64, 0),
    // TCP_NODELAY; of other levels, what has the same number is as harmless.
    ("setsockopt", 2, SeccompOperator::Equal, TCP_NODELAY, 0),
    // What passes through, uncopied, and who has something to pass.
    ("splice", 0, SeccompOperator::LessOrEqual, i32::MAX as u64, 0),
    ("pipe2", 1, SeccompOperator::LessOrEqual, i32::MAX as u64, 0),
    ("epoll_ctl", 0, SeccompOperator::LessOrEqual, i32::MAX as u64, 0),
    ("epoll_pwait", 0, SeccompOperator::LessOrEqual, i32::MAX as u64, 0),
    ("epoll_pwait2", 0, SeccompOperator::LessOrEqual, i32::MAX as u64, 0),
];

/// linux/socket.h.
const AF_INET: u64 = 2;
const AF_INET6: u64 = 10;
/// linux/tcp.h.
const TCP_NODELAY: u64 = 1;
/// linux/fcntl.h.
const AT_EMPTY_PATH: u64 = 0x1000;
/// asm-generic/mman-common.h.
const PROT_EXEC: u64 = 0x4;
/// asm-generic/ioctls.h.
const TIOCSWINSZ: u64 = 0x5414;
/// linux/prctl.h, as the following.
const PR_SET_DUMPABLE: u64 = 4;
const PR_SET_NAME: u64 = 15;
const PR_GET_NO_NEW_PRIVS: u64 = 39;

/// A program as [`corten_sys::seccomp::load`] takes it.
#[derive(Debug)]
pub(crate) struct Filter {
    pub(crate) instructions: Vec<Instruction>,
    pub(crate) flags: u32,
}

/// The filter for this machine. A call that it does not allow answers `EPERM`: one that was forgotten costs what it was for, and not the
/// container.
///
/// # Errors
/// None for a list that compiles at all; a test sees to that.
pub(crate) fn compile(further: Further) -> io::Result<Filter> {
    let Program { instructions, flags } =
        corten_seccomp::compile(&document(further), Arch::HOST).map_err(io::Error::other)?;
    let laid_out = instructions.iter().map(|i| Instruction { code: i.code, jt: i.jt, jf: i.jf, k: i.k });
    Ok(Filter { instructions: laid_out.collect(), flags: flags.bits() })
}

fn document(further: Further) -> Seccomp {
    let allow = |names: Vec<String>, args| SeccompSyscall {
        names,
        action: SeccompAction::Allow,
        errno_ret: None,
        args,
    };
    let always = ALWAYS.iter().flat_map(|group| group.split(' ')).map(str::to_owned).collect();
    let with_argument = WITH_ARGUMENT.iter().chain(further).map(|(name, index, op, value, value_two)| {
        let argument = SeccompArg { index: *index, value: *value, value_two: *value_two, op: *op };
        allow(vec![(*name).to_owned()], vec![argument])
    });
    Seccomp {
        default_action: SeccompAction::Errno,
        default_errno_ret: None,
        architectures: Vec::new(),
        flags: Vec::new(),
        listener_path: String::new(),
        listener_metadata: String::new(),
        syscalls: [allow(always, Vec::new())].into_iter().chain(with_argument).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_in_the_list_is_one() {
        assert_eq!(corten_seccomp::unknown_syscalls(&document(CONNECTING)), Vec::<&str>::new());
    }

    #[test]
    fn the_filter_fits_a_page_or_two() {
        // Each monitor has one, in the kernel's memory.
        let length = compile(&[]).unwrap().instructions.len();
        assert!((50..512).contains(&length), "{length} instructions");
    }
}
