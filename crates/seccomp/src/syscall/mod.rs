//! System call numbers by name and architecture.
//!
//! Does not know argument types: a filter sees plain words.

mod table;

use crate::arch::{Arch, X32_BIT};

/// A name that has been looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Syscall(usize);

impl Syscall {
    /// Looks a name up; nothing if no architecture has such a call.
    pub(crate) fn find(name: &str) -> Option<Syscall> {
        table::TABLE.binary_search_by_key(&name, |(name, _)| name).ok().map(Syscall)
    }

    /// The number, as the kernel reports it to a filter.
    pub(crate) fn number(self, arch: Arch) -> Option<u32> {
        let (column, mark) = match arch {
            Arch::X86_64 => (0, 0),
            Arch::X32 => (1, X32_BIT),
            Arch::X86 => (2, 0),
            Arch::Aarch64 => (3, 0),
            Arch::Arm => (4, 0),
        };
        let number = table::TABLE[self.0].1[column];
        (number != table::NONE).then(|| number.unsigned_abs() | mark)
    }

    /// How this call can be reached through a multiplexer on this architecture.
    pub(crate) fn multiplexed(self, arch: Arch) -> Option<Multiplexed> {
        if arch == Arch::X86 { multiplexed(table::TABLE[self.0].0) } else { None }
    }
}

/// The number, as the kernel reports it to a filter, of the system call `name`; nothing if there is none of this name.
pub fn number(name: &str, arch: Arch) -> Option<u32> {
    Syscall::find(name)?.number(arch)
}

/// All system calls of an architecture: name and number.
pub fn all(arch: Arch) -> impl Iterator<Item = (&'static str, u32)> {
    let rows = table::TABLE.iter().enumerate();
    rows.filter_map(move |(row, (name, _))| Some((*name, Syscall(row).number(arch)?)))
}

/// A system call that i386 also, or only, offers as a case of a multiplexer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Multiplexed {
    /// The multiplexer: `socketcall` or `ipc`.
    pub(crate) through: &'static str,
    /// The bits of its first argument that select the call. `ipc` keeps a version in the upper 16.
    pub(crate) mask: u64,
    /// What they are for this call (`linux/net.h`, `linux/ipc.h`).
    pub(crate) call: u64,
}

const SOCKETCALL: [&str; 20] = [
    "socket",
    "bind",
    "connect",
    "listen",
    "accept",
    "getsockname",
    "getpeername",
    "socketpair",
    "send",
    "recv",
    "sendto",
    "recvfrom",
    "shutdown",
    "setsockopt",
    "getsockopt",
    "sendmsg",
    "recvmsg",
    "accept4",
    "recvmmsg",
    "sendmmsg",
];

const IPC: [(&str, u64); 12] = [
    ("semop", 1),
    ("semget", 2),
    ("semctl", 3),
    ("semtimedop", 4),
    ("msgsnd", 11),
    ("msgrcv", 12),
    ("msgget", 13),
    ("msgctl", 14),
    ("shmat", 21),
    ("shmdt", 22),
    ("shmget", 23),
    ("shmctl", 24),
];

fn multiplexed(name: &str) -> Option<Multiplexed> {
    if let Some(place) = SOCKETCALL.iter().position(|call| *call == name) {
        let call = u64::try_from(place).ok()? + 1;
        return Some(Multiplexed { through: "socketcall", mask: 0xffff_ffff, call });
    }
    let (_, call) = IPC.iter().find(|(call, _)| *call == name)?;
    Some(Multiplexed { through: "ipc", mask: 0xffff, call: *call })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_sorted_so_that_it_can_be_searched() {
        assert!(table::TABLE.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn no_two_names_share_a_number() {
        for arch in Arch::ALL {
            let mut numbers: Vec<u32> = all(arch).map(|(_, number)| number).collect();
            numbers.sort_unstable();
            assert!(numbers.is_sorted_by(|a, b| a < b), "{arch:?}");
        }
    }

    #[test]
    fn host_numbers_are_those_of_libc() {
        for (name, expected) in [
            ("read", libc::SYS_read),
            ("clone3", libc::SYS_clone3),
            ("openat2", libc::SYS_openat2),
            ("mount_setattr", libc::SYS_mount_setattr),
            ("personality", libc::SYS_personality),
        ] {
            assert_eq!(number(name, Arch::HOST).map(i64::from), Some(expected), "{name}");
        }
    }

    #[test]
    fn x32_has_its_own_numbers_for_what_takes_pointers() {
        assert_eq!(number("read", Arch::X32), Some(X32_BIT));
        assert_eq!(number("ioctl", Arch::X32), Some(X32_BIT | 514));
        assert_eq!(number("ioctl", Arch::X86_64), Some(16));
        assert_eq!(number("uselib", Arch::X32), None);
    }
}
