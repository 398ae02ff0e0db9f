//! What a monitor and a keeper give up, for good, before the process that they look after runs its program.
//!
//! From then on they start no process, enter no namespace and mount nothing. They still are root by number, so what they may change in
//! file systems is named too, where the kernel has Landlock.

use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use corten_runtime::bounding_set;
use corten_sys::{landlock, seccomp};
use rustix::fs::{Access, AtFlags, CWD, Mode, OFlags, accessat, open};
use rustix::io::Errno;
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set, no_new_privs,
    set_capabilities, set_no_new_privs,
};

use crate::filter::{Filter, compile};

/// Signals to processes of any user. The kernel asks for it too when it ends the container because its monitor has ended
/// (`PR_SET_PDEATHSIG`), so it stays in force.
const KEPT: CapabilitySet = CapabilitySet::KILL;

/// What is kept besides where root's own files lie behind a directory that does not let root in by its mode.
const FOREIGN_DIRECTORIES: CapabilitySet = CapabilitySet::DAC_OVERRIDE.union(CapabilitySet::DAC_READ_SEARCH);

/// Gives everything up that only starts take. `directories` are what this process has to write in later; those that are not there do not
/// count.
///
/// # Errors
/// What prctl(2), capset(2), seccomp(2) and landlock(7) say.
pub(crate) fn confine(directories: &[PathBuf], filter: &Filter) -> io::Result<()> {
    spare_from_oom();
    // First: a process with few capabilities is traceable by every root that has as many (ptrace(2)), one in a container that
    // shares the host's processes too.
    become_untraceable()?;
    drop_capabilities(directories)?;
    // Also what lets the filter be loaded without CAP_SYS_ADMIN.
    set_no_new_privs(true)?;
    stay_in(directories)?;
    seccomp::load(&filter.instructions, filter.flags)
}

/// As [`confine`], for a program that took over from a confined one: execve(2) has undone the first part only.
///
/// # Errors
/// As [`confine`].
pub(crate) fn stay_confined(directories: &[PathBuf]) -> io::Result<()> {
    if no_new_privs()? { become_untraceable() } else { confine(directories, &compile(&[])?) }
}

/// No ptrace(2), no look at its memory and descriptors through `/proc`, no core dump.
fn become_untraceable() -> io::Result<()> {
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

/// The kernel, out of memory, would end a whole container for the few kilobytes of its monitor. As low as it goes without being exempt.
pub(crate) fn spare_from_oom() {
    // Root that is root of little may not; its monitors are as others are.
    let _ = std::fs::write("/proc/self/oom_score_adj", "-999");
}

fn stay_in(directories: &[PathBuf]) -> io::Result<()> {
    let places = directories.iter().map(PathBuf::as_path).chain([Path::new("/dev/null")]);
    let opened = places.map(|place| open(place, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()));
    let there: Vec<_> =
        opened.filter(|place| !matches!(place, Err(Errno::NOENT))).collect::<Result<_, _>>()?;
    let places: Vec<_> = there.iter().map(AsFd::as_fd).collect();
    // A kernel without has no other means of this kind.
    landlock::change_only_below(&places).map(drop)
}

fn drop_capabilities(directories: &[PathBuf]) -> io::Result<()> {
    let held = capabilities(None)?;
    set_capabilities(None, CapabilitySets { effective: KEPT & held.permitted, ..held })?;
    let usable = directories.iter().all(|directory| is_usable(directory));
    let kept = if usable { KEPT } else { KEPT | FOREIGN_DIRECTORIES } & held.permitted;
    // Bounding takes CAP_SETPCAP.
    set_capabilities(None, held)?;
    bounding_set::limit_to(kept)?;
    clear_ambient_capability_set()?;
    let sets = CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() };
    Ok(set_capabilities(None, sets)?)
}

/// Whether this process can find and make files there as it is now.
fn is_usable(directory: &Path) -> bool {
    let wanted = Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK;
    !matches!(accessat(CWD, directory, wanted, AtFlags::EACCESS), Err(Errno::ACCESS | Errno::PERM))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};
    use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
    use std::thread;

    use corten_sys::{exec, namespaces, pidfd, pty, signal};
    use rustix::net::{AddressFamily, SocketType, socket};
    use rustix::thread::ThreadNameSpaceType;

    /// What a confined thread gets out of `work`; all of it but traceability is a thread's own.
    fn confined<T: Send + 'static>(
        directory: &Path,
        work: impl FnOnce(&Path) -> T + Send + 'static,
    ) -> io::Result<T> {
        let directory = directory.to_owned();
        let thread = thread::spawn(move || {
            confine(std::slice::from_ref(&directory), &compile(&[])?).map(|()| work(&directory))
        });
        thread.join().map_err(|_| io::Error::other("the thread panicked"))?
    }

    #[test]
    fn what_was_given_up_cannot_be_done_any_more() {
        let directory = tempfile::tempdir().unwrap();
        let null = File::open("/dev/null").unwrap();
        let refused = confined(directory.path(), move |directory| {
            let socket = socket(AddressFamily::UNIX, SocketType::STREAM, None).map(drop);
            [
                ("socket", socket.map_err(io::Error::from)),
                ("unshare", namespaces::unshare(ThreadNameSpaceType::HOST_NAME_AND_NIS_DOMAIN_NAME)),
                ("pidfd_open", pidfd::open(1).map(drop)),
                ("kill", signal::kill(std::process::id().cast_signed(), 0)),
                ("execve", Err(exec::execve(c"/nothing", &[], &[]))),
                ("symlink", symlink("/", directory.join("link"))),
                ("mkdir", fs::create_dir(directory.join("made"))),
                ("chmod", fs::set_permissions(directory, fs::Permissions::from_mode(0o777))),
                ("chown", chown(directory, Some(7), None)),
                ("personality", corten_sys::process::set_personality(0)),
            ]
        });
        for (name, outcome) in refused.unwrap() {
            assert_eq!(outcome.unwrap_err().raw_os_error(), Some(Errno::PERM.raw_os_error()), "{name}");
        }
        // The one way to another program stays: what is no program is found to be none.
        let handed_over =
            confined(directory.path(), move |_| exec::execute_descriptor(null.as_fd(), &[], &[]));
        assert_eq!(handed_over.unwrap().raw_os_error(), Some(Errno::ACCESS.raw_os_error()));
    }

    #[test]
    fn what_a_monitor_does_all_its_life_still_can_be_done() {
        let directory = tempfile::tempdir().unwrap();
        let terminal = pty::open().unwrap();
        let done = confined(directory.path(), move |directory| {
            let (old, new) = (directory.join("old"), directory.join("new"));
            fs::write(&old, "line")?;
            fs::rename(&old, &new)?;
            let read = fs::read(&new)?;
            fs::remove_file(&new)?;
            File::options().write(true).open("/dev/null")?;
            pty::set_size(&terminal.master, 50, 132)?;
            thread::sleep(std::time::Duration::from_millis(1));
            Ok::<_, io::Error>(read)
        });
        assert_eq!(done.unwrap().unwrap(), b"line");
    }

    #[test]
    fn nothing_changes_outside_of_its_directories() {
        let (directory, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let file = other.path().join("file");
        fs::write(&file, "kept").unwrap();
        let outside = file.clone();
        let written = confined(directory.path(), move |_| fs::write(&outside, "lost").map_err(|e| e.kind()));
        match written.unwrap() {
            Err(refused) => assert_eq!(refused, io::ErrorKind::PermissionDenied),
            Ok(()) => println!("skipped: this machine lacks Landlock"),
        }
    }

    #[test]
    fn a_directory_of_somebody_else_that_keeps_root_out_costs_two_more_capabilities() {
        let status = |_: &Path| fs::read_to_string("/proc/thread-self/status").unwrap();
        let held = |directory: &Path| sets_in(&confined(directory, status).unwrap());
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(held(directory.path()), [KEPT; 3]);
        chown(directory.path(), Some(65_534), None).unwrap();
        assert_eq!(held(directory.path()), [KEPT | FOREIGN_DIRECTORIES; 3]);
    }

    /// Permitted, effective and bounding, as proc_pid_status(5) has them.
    fn sets_in(status: &str) -> [CapabilitySet; 3] {
        ["CapPrm:\t", "CapEff:\t", "CapBnd:\t"].map(|field| {
            let digits = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
            CapabilitySet::from_bits_retain(u64::from_str_radix(digits, 16).unwrap())
        })
    }
}
