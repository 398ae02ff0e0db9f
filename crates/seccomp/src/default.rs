//! Docker's default profile: which system calls a container may make.
//!
//! The facts are those of moby's `profiles/seccomp` (2026-11): an allow list for what programs need, minus what reaches
//! around the container. Rules for architectures that this build does not run on are left out.

use corten_spec::runtime::{SeccompAction, SeccompArch, SeccompArg, SeccompOperator};

use crate::kernel_version::KernelVersion;
use crate::profile::{Companions, Facts, Profile, ProfileRule};

/// Allowed to everyone.
const ALWAYS: &str = "\
    _llseek _newselect accept accept4 access adjtimex alarm bind brk cachestat capget capset chdir chmod chown \
    chown32 clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64 \
    clock_nanosleep clock_nanosleep_time64 close close_range connect copy_file_range creat dup dup2 dup3 \
    epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old \
    eventfd eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate \
    fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr \
    flistxattr flock fork fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate \
    ftruncate64 futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake futimesat get_robust_list \
    get_thread_area getcpu getcwd getdents getdents64 getegid getegid32 geteuid geteuid32 getgid getgid32 \
    getgroups getgroups32 getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid \
    getresgid32 getresuid getresuid32 getrlimit getrusage getsid getsockname getsockopt gettid gettimeofday \
    getuid getuid32 getxattr getxattrat inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel \
    io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit ioctl ioprio_get ioprio_set \
    ipc kill landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown lchown32 lgetxattr link \
    linkat listen listmount listxattr listxattrat llistxattr lremovexattr lseek lsetxattr lstat lstat64 madvise \
    map_shadow_stack membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod mknodat mlock mlock2 \
    mlockall mmap mmap2 mprotect mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 \
    mq_timedsend mq_timedsend_time64 mq_unlink mremap mseal msgctl msgget msgrcv msgsnd msync munlock munlockall \
    munmap name_to_handle_at nanosleep newfstatat open openat openat2 pause pidfd_open pidfd_send_signal pipe \
    pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll ppoll_time64 prctl pread64 preadv preadv2 prlimit64 \
    process_mrelease pselect6 pselect6_time64 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv \
    recv recvfrom recvmmsg recvmmsg_time64 recvmsg remap_file_pages removexattr removexattrat rename renameat \
    renameat2 restart_syscall riscv_hwprobe rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo \
    rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sched_get_priority_max \
    sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler \
    sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam \
    sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop semtimedop_time64 send sendfile \
    sendfile64 sendmmsg sendmsg sendto set_robust_list set_thread_area set_tid_address setfsgid setfsgid32 \
    setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setitimer setpgid setpriority setregid setregid32 \
    setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setrlimit setsid setsockopt setuid setuid32 \
    setxattr setxattrat shmat shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4 sigprocmask sigreturn \
    socketcall socketpair splice stat stat64 statfs statfs64 statmount statx symlink symlinkat sync \
    sync_file_range syncfs sysinfo tee tgkill time timer_create timer_delete timer_getoverrun timer_gettime \
    timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 \
    timerfd_settime timerfd_settime64 times tkill truncate truncate64 ugetrlimit umask uname unlink unlinkat \
    uretprobe utime utimensat utimensat_time64 utimes vfork vmsplice wait4 waitid waitpid write writev";

/// Allowed from Linux 4.8 on: before, ptrace could get around a filter.
const FROM_4_8: &str = "process_vm_readv process_vm_writev ptrace";

/// Allowed on the architectures named first.
const BY_ARCH: [(&str, &str); 3] = [
    ("arm arm64", "arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls"),
    ("amd64 x32", "arch_prctl"),
    ("amd64 x32 x86", "modify_ldt"),
];

/// Allowed to whoever has the capability named first.
const BY_CAPABILITY: [(&str, &str); 14] = [
    ("CAP_DAC_READ_SEARCH", "open_by_handle_at"),
    (
        ADMIN,
        "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr \
        lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl \
        quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare",
    ),
    ("CAP_SYS_BOOT", "reboot"),
    ("CAP_SYS_CHROOT", "chroot"),
    ("CAP_SYS_MODULE", "delete_module init_module finit_module"),
    ("CAP_SYS_PACCT", "acct"),
    ("CAP_SYS_PTRACE", "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace"),
    ("CAP_SYS_RAWIO", "iopl ioperm"),
    ("CAP_SYS_TIME", "settimeofday stime clock_settime clock_settime64"),
    ("CAP_SYS_TTY_CONFIG", "vhangup"),
    ("CAP_SYS_NICE", "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"),
    ("CAP_SYSLOG", "syslog"),
    ("CAP_BPF", "bpf"),
    ("CAP_PERFMON", "perf_event_open"),
];

const ADMIN: &str = "CAP_SYS_ADMIN";

/// Personalities that do not weaken the process: Linux, short inode numbers, `uname` as 2.6, and asking for the present one.
const PERSONALITIES: [u64; 5] = [0x0, 0x8, 0x2_0000, 0x2_0008, 0xffff_ffff];

/// All address families but two that no namespace holds: AF_ALG (38), the kernel's cryptography, and AF_VSOCK (40), the way to
/// the hypervisor.
const SOCKET_FAMILIES: [(SeccompOperator, u64); 3] =
    [(SeccompOperator::LessThan, 38), (SeccompOperator::Equal, 39), (SeccompOperator::GreaterThan, 40)];

/// All `CLONE_NEW*` flags that `clone` takes.
const NEW_NAMESPACES: u64 = 0x7e02_0000;

const EPERM: u32 = 1;
const ENOSYS: u32 = 38;

impl Profile {
    /// Docker's default profile.
    pub fn docker_default() -> Profile {
        let mut syscalls = vec![allow(ALWAYS), ProfileRule { includes: from_4_8(), ..allow(FROM_4_8) }];
        syscalls.extend(SOCKET_FAMILIES.map(|(op, value)| when(allow("socket"), op, value)));
        syscalls.extend(PERSONALITIES.map(|value| when(allow("personality"), SeccompOperator::Equal, value)));
        syscalls.extend(BY_ARCH.map(|(arches, names)| {
            let includes = Facts { arches: words(arches), ..Facts::default() };
            ProfileRule { includes, ..allow(names) }
        }));
        syscalls.extend(
            BY_CAPABILITY.map(|(name, names)| ProfileRule { includes: capability(name), ..allow(names) }),
        );
        syscalls.extend(without_new_namespaces());
        Profile {
            default_action: Some(SeccompAction::Errno),
            default_errno_ret: Some(EPERM),
            architectures: Vec::new(),
            arch_map: companions(),
            flags: Vec::new(),
            listener_path: String::new(),
            listener_metadata: String::new(),
            syscalls,
        }
    }
}

/// Without CAP_SYS_ADMIN: `clone` that makes no namespace. The flags of `clone3` lie behind a pointer, where a filter cannot
/// look; `ENOSYS` makes libraries fall back to `clone`.
fn without_new_namespaces() -> [ProfileRule; 2] {
    let clone = when(allow("clone"), SeccompOperator::MaskedEqual, NEW_NAMESPACES);
    let clone3 = ProfileRule { action: SeccompAction::Errno, errno_ret: Some(ENOSYS), ..allow("clone3") };
    [clone, clone3].map(|rule| ProfileRule { excludes: capability(ADMIN), ..rule })
}

fn companions() -> Vec<Companions> {
    vec![
        Companions {
            architecture: SeccompArch::X86_64,
            sub_architectures: vec![SeccompArch::X86, SeccompArch::X32],
        },
        Companions { architecture: SeccompArch::Aarch64, sub_architectures: vec![SeccompArch::Arm] },
    ]
}

fn allow(names: &str) -> ProfileRule {
    ProfileRule {
        name: String::new(),
        names: words(names),
        action: SeccompAction::Allow,
        errno_ret: None,
        args: Vec::new(),
        includes: Facts::default(),
        excludes: Facts::default(),
    }
}

/// The rule, if the first argument compares so.
fn when(rule: ProfileRule, op: SeccompOperator, value: u64) -> ProfileRule {
    ProfileRule { args: vec![SeccompArg { index: 0, value, value_two: 0, op }], ..rule }
}

fn capability(name: &str) -> Facts {
    Facts { caps: vec![name.to_owned()], ..Facts::default() }
}

fn from_4_8() -> Facts {
    Facts { min_kernel: Some(KernelVersion { major: 4, minor: 8 }), ..Facts::default() }
}

fn words(text: &str) -> Vec<String> {
    text.split_ascii_whitespace().map(str::to_owned).collect()
}
