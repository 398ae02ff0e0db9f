//! Standing between a process with all that descends from it and the kernel: each system call of theirs is shown before it happens,
//! and may be let through, refused in the kernel's name, or never come about.
//!
//! For tools that test what crashes and failing disks do; nothing that ships uses it. A seccomp filter with a supervisor would stop only
//! at the calls of interest, but cannot be taken off a process again, and ours outlive the command that started them.

use std::collections::BTreeMap;
use std::io;
use std::marker::PhantomData;
use std::mem::{MaybeUninit, size_of};
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::ptr;

use crate::call::checked;

/// Calls are told from signals, and whoever is made by somebody watched is watched.
const OPTIONS: libc::c_int = libc::PTRACE_O_TRACESYSGOOD
    | libc::PTRACE_O_TRACEEXEC
    | libc::PTRACE_O_TRACECLONE
    | libc::PTRACE_O_TRACEFORK
    | libc::PTRACE_O_TRACEVFORK;

/// Who is watched, by the thread that began it: only that may wait for them, and with its end they are free again.
#[derive(Debug)]
pub struct Tracer {
    /// What threads are to find in their registers after calls that were refused.
    refused: BTreeMap<u32, Registers>,
    _of_this_thread: PhantomData<*const ()>,
}

/// What one of those watched did.
#[derive(Debug)]
pub enum Event {
    /// It is about to make a system call, and waits for [`Tracer::resume`] or [`Tracer::refuse`].
    Call(Call),
    /// A thread or a process has ended, and is reaped if it was a child.
    Ended(u32, ExitStatus),
}

/// A system call that has not happened yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// The thread that makes it.
    pub thread: u32,
    /// Which one: a `SYS_` constant.
    pub number: i64,
    /// As the thread passes them.
    pub arguments: [u64; 6],
}

impl Tracer {
    /// Begins to watch a child, wherever it is, and every thread and process that it makes from now on.
    ///
    /// Its system calls are shown from its next execve(2) on: until then nothing stops it.
    ///
    /// # Errors
    /// `EPERM` when somebody watches it already; `ESRCH`; what ptrace(2) says.
    pub fn seize(pid: u32) -> io::Result<Self> {
        request(libc::PTRACE_SEIZE, pid, 0, OPTIONS as usize)?;
        Ok(Self::of_nobody())
    }

    /// Watches nobody yet.
    #[must_use]
    pub fn of_nobody() -> Self {
        Self { refused: BTreeMap::new(), _of_this_thread: PhantomData }
    }

    /// Begins to watch a process of one thread that may be anybody's, and all that it makes from now on. Its system calls are shown from now on; one
    /// that it waits in is begun anew, or fails with `EINTR`, as after a stop (signal(7)).
    ///
    /// # Errors
    /// As [`Self::seize`].
    pub fn join(&mut self, pid: u32) -> io::Result<()> {
        request(libc::PTRACE_SEIZE, pid, 0, OPTIONS as usize)?;
        // It stops, and goes on to its next call as everybody does who stops.
        request(libc::PTRACE_INTERRUPT, pid, 0, 0).map(drop)
    }

    /// Waits until something happens; `None` when nobody is left.
    ///
    /// # Errors
    /// What waitpid(2) and ptrace(2) say.
    pub fn wait(&mut self) -> io::Result<Option<Event>> {
        loop {
            let Some((pid, status)) = next_change()? else { return Ok(None) };
            if !libc::WIFSTOPPED(status) {
                self.refused.remove(&pid);
                return Ok(Some(Event::Ended(pid, ExitStatus::from_raw(status))));
            }
            let signal = libc::WSTOPSIG(status);
            match status >> 16 {
                0 if signal == libc::SIGTRAP | 0x80 => {
                    if let Some(call) = entered(pid)? {
                        return Ok(Some(Event::Call(call)));
                    }
                    if let Some(registers) = self.refused.remove(&pid) {
                        unless_killed(write_registers(pid, registers))?;
                    }
                    go_on(libc::PTRACE_SYSCALL, pid, 0)?;
                }
                0 => go_on(libc::PTRACE_SYSCALL, pid, signal)?,
                // A stop of the whole process, which is to last until it is continued.
                libc::PTRACE_EVENT_STOP if signal != libc::SIGTRAP => go_on(libc::PTRACE_LISTEN, pid, 0)?,
                _ => go_on(libc::PTRACE_SYSCALL, pid, 0)?,
            }
        }
    }

    /// Lets the call happen.
    ///
    /// # Errors
    /// What ptrace(2) says; that the thread has been killed meanwhile is none.
    pub fn resume(&mut self, call: Call) -> io::Result<()> {
        go_on(libc::PTRACE_SYSCALL, call.thread, 0)
    }

    /// Has the call fail with `errno` instead of happening.
    ///
    /// It is made without an argument that means anything, and its result is put right afterwards. A call that does not exist, which
    /// the kernel would skip, would be a filter's to judge (seccomp(2)): those look at what we made of it.
    ///
    /// # Errors
    /// As [`Self::resume`].
    pub fn refuse(&mut self, call: Call, errno: i32) -> io::Result<()> {
        if let Some(registers) = unless_killed(registers(call.thread))? {
            let mut spoiled = registers;
            spoil_arguments(&mut spoiled);
            unless_killed(write_registers(call.thread, spoiled))?;
            self.refused.insert(call.thread, with_error(registers, errno));
        }
        go_on(libc::PTRACE_SYSCALL, call.thread, 0)
    }
}

/// The next change of a child or of somebody watched by this thread; whoever other threads have started is theirs.
fn next_change() -> io::Result<Option<(u32, i32)>> {
    let mut status = 0;
    loop {
        // SAFETY: the status is a live integer of the size that waitpid(2) writes.
        let returned = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL | libc::__WNOTHREAD) };
        match checked(returned.into()) {
            Ok(pid) => return Ok(Some((pid as u32, status))),
            Err(error) if error.raw_os_error() == Some(libc::EINTR) => {}
            Err(error) if error.raw_os_error() == Some(libc::ECHILD) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
}

/// The call that a thread is about to make; `None` when it has just come back from one, or was killed.
fn entered(thread: u32) -> io::Result<Option<Call>> {
    let mut info = MaybeUninit::<libc::ptrace_syscall_info>::zeroed();
    let size = size_of::<libc::ptrace_syscall_info>();
    let got = request(libc::PTRACE_GET_SYSCALL_INFO, thread, size, info.as_mut_ptr() as usize);
    if unless_killed(got)?.is_none() {
        return Ok(None);
    }
    // SAFETY: all of its fields are integers, for which the zeros that it began with are values, and so is whatever the kernel wrote.
    let info = unsafe { info.assume_init() };
    if info.op != libc::PTRACE_SYSCALL_INFO_ENTRY {
        return Ok(None);
    }
    // SAFETY: `op` says that this is the variant; it has integers only.
    let entry = unsafe { info.u.entry };
    Ok(Some(Call { thread, number: entry.nr as i64, arguments: entry.args }))
}

fn go_on(how: libc::c_uint, pid: u32, signal: i32) -> io::Result<()> {
    unless_killed(request(how, pid, 0, signal as usize)).map(drop)
}

/// SIGKILL ends a thread also while it waits for us, and then it is gone.
fn unless_killed<T>(returned: io::Result<T>) -> io::Result<Option<T>> {
    match returned {
        Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(None),
        other => other.map(Some),
    }
}

/// `data` is an integer, or the address of something alive that the request may read and write.
fn request(request: libc::c_uint, pid: u32, address: usize, data: usize) -> io::Result<()> {
    let (address, data) = (ptr::without_provenance_mut::<libc::c_void>(address), data as *mut libc::c_void);
    // SAFETY: the requests of this module take integers in place of pointers, but for three: PTRACE_GET_SYSCALL_INFO writes at most
    // `address` bytes to `data`, which is a buffer of that size; PTRACE_GETREGSET and PTRACE_SETREGSET take an iovec there, which
    // says how long the buffer is that it points to. All are locals of the caller's that outlive the call.
    checked(unsafe { libc::ptrace(request, pid as libc::pid_t, address, data) }).map(drop)
}

/// The general registers of a thread.
type Registers = libc::user_regs_struct;

/// `NT_PRSTATUS`, elf.h: the set of those.
const GENERAL: usize = 1;

/// What no pointer and no descriptor is.
const NOTHING: u64 = u64::MAX;

fn registers(thread: u32) -> io::Result<Registers> {
    let mut registers = MaybeUninit::<Registers>::zeroed();
    let mut place = libc::iovec { iov_base: registers.as_mut_ptr().cast(), iov_len: size_of::<Registers>() };
    request(libc::PTRACE_GETREGSET, thread, GENERAL, &raw mut place as usize)?;
    // SAFETY: registers are integers, so the zeros at the beginning were values, and so is what the kernel wrote.
    Ok(unsafe { registers.assume_init() })
}

fn write_registers(thread: u32, mut registers: Registers) -> io::Result<()> {
    let base = (&raw mut registers).cast();
    let mut place = libc::iovec { iov_base: base, iov_len: size_of::<Registers>() };
    request(libc::PTRACE_SETREGSET, thread, GENERAL, &raw mut place as usize)
}

#[cfg(target_arch = "x86_64")]
fn spoil_arguments(registers: &mut Registers) {
    let Registers { rdi, rsi, rdx, r10, r8, r9, .. } = registers;
    for argument in [rdi, rsi, rdx, r10, r8, r9] {
        *argument = NOTHING;
    }
}

#[cfg(target_arch = "x86_64")]
fn with_error(registers: Registers, errno: i32) -> Registers {
    Registers { rax: i64::from(-errno) as u64, ..registers }
}

#[cfg(target_arch = "aarch64")]
fn spoil_arguments(registers: &mut Registers) {
    registers.regs[..6].fill(NOTHING);
}

#[cfg(target_arch = "aarch64")]
fn with_error(mut registers: Registers, errno: i32) -> Registers {
    registers.regs[0] = i64::from(-errno) as u64;
    registers
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// A shell that waits for a line, then becomes the program. Whoever watches it reaps it.
    fn waiting(program: &str) -> Child {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("read go; exec {program}")]);
        shell.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn watch(program: &str, mut at: impl FnMut(&mut Tracer, Call)) -> ExitStatus {
        #[expect(clippy::zombie_processes, reason = "the tracer waits for it")]
        let mut child = waiting(program);
        let mut tracer = Tracer::seize(child.id()).unwrap();
        child.stdin.take().unwrap().write_all(b"\n").unwrap();
        let mut end = None;
        while let Some(event) = tracer.wait().unwrap() {
            match event {
                Event::Call(call) => at(&mut tracer, call),
                Event::Ended(pid, status) if pid == child.id() => end = Some(status),
                Event::Ended(..) => {}
            }
        }
        end.unwrap()
    }

    #[test]
    fn a_refused_call_does_not_happen_and_has_the_error_it_was_given() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("made");
        let program = format!("mkdir {0} && exit 7; test $? = 1 && exec mkdir {0}", path.display());
        let mut seen = 0;
        let is_mkdir = |number| number == libc::SYS_mkdirat || number == mkdir();
        let status = watch(&format!("sh -c '{program}'"), |tracer, call| {
            seen += i32::from(is_mkdir(call.number));
            if is_mkdir(call.number) && seen == 1 {
                tracer.refuse(call, libc::ENOSPC).unwrap();
                assert!(!path.exists());
            } else {
                tracer.resume(call).unwrap();
            }
        });
        assert!(status.success(), "{status}");
        // The first was made by a child of the one that is watched.
        assert_eq!((seen, path.exists()), (2, true));
    }

    #[cfg(target_arch = "x86_64")]
    fn mkdir() -> i64 {
        libc::SYS_mkdir
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn mkdir() -> i64 {
        libc::SYS_mkdirat
    }

    #[test]
    fn calls_of_a_process_that_runs_already_are_shown() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("made");
        // It waits in a call by the time that it is watched.
        #[expect(clippy::zombie_processes, reason = "the tracer waits for it")]
        let mut child = waiting(&format!("mkdir {}", path.display()));
        let mut tracer = Tracer::of_nobody();
        tracer.join(child.id()).unwrap();
        child.stdin.take().unwrap().write_all(b"\n").unwrap();
        let mut end = None;
        while let Some(event) = tracer.wait().unwrap() {
            match event {
                Event::Call(call) if [libc::SYS_mkdirat, mkdir()].contains(&call.number) => {
                    tracer.refuse(call, libc::ENOSPC).unwrap();
                }
                Event::Call(call) => tracer.resume(call).unwrap(),
                Event::Ended(pid, status) => end = Some((pid, status)),
            }
        }
        let (pid, status) = end.unwrap();
        assert_eq!((pid, status.success(), path.exists()), (child.id(), false, false));
    }

    #[test]
    fn who_is_killed_at_a_call_does_not_make_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("made");
        let status = watch(&format!("mkdir {}", path.display()), |tracer, call| {
            if call.number == libc::SYS_mkdirat || call.number == mkdir() {
                let pid = rustix::process::Pid::from_raw(call.thread as i32).unwrap();
                rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
            }
            tracer.resume(call).unwrap();
        });
        assert_eq!(status.signal(), Some(libc::SIGKILL));
        assert!(!path.exists());
    }
}
