//! What one root's engine still has on the machine. Only that: other tests run at the same time.
//!
//! It looks at the kernel, not at the engine's records, and so finds what the engine has forgotten.

use std::time::{Duration, Instant};
use std::{fs, path::Path, thread};

use corten_netlink::nft::{NftSocket, Table};
use rustix::process::{Pid, Signal, kill_process};

use crate::{Root, host};

/// Processes, mounts, cgroups, bridges and tables that belong to `root`, one line each.
#[must_use]
pub fn leftovers(root: &Root) -> Vec<String> {
    let home = root.cgroup();
    let scratch = root.scratch().to_string_lossy().into_owned();
    let mounts = host::mounts().into_iter().filter(|mount| mount.contains(&scratch));
    let cgroups = host::cgroups().into_iter().filter(|path| path.split('/').any(|part| is_home(part, &home)));
    await_recruits(root);
    let processes = processes_of(root).into_iter().map(|(pid, text)| format!("process {pid} {text}"));
    let left = mounts
        .map(|it| format!("mount {it}"))
        .chain(cgroups.map(|it| format!("cgroup {it}")))
        .chain(processes)
        .chain(bridges_of(root).map(|it| format!("bridge {it}")))
        .chain(table_of(root).into_iter().map(|it| format!("table {it}")));
    left.collect()
}

/// How long a process that an engine has made ahead may take to notice that the engine has ended.
const NOTICING: Duration = Duration::from_secs(2);

/// Waits for the processes to end that an engine, which has ended, had made ahead: they find a closed channel.
fn await_recruits(root: &Root) {
    let is_recruit = |(pid, _): (u32, String)| {
        fs::read(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim_ascii_end() == b"corten-recruit")
    };
    let deadline = Instant::now() + NOTICING;
    while processes_of(root).into_iter().any(is_recruit) && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(5));
    }
}

/// The bridges of its networks.
fn bridges_of(root: &Root) -> impl Iterator<Item = String> {
    let prefix = root.bridge_prefix();
    host::links().into_iter().filter(move |interface| interface.starts_with(&prefix))
}

/// The firewall's table of its networks; who may not ask for it has none either.
fn table_of(root: &Root) -> Option<String> {
    let table = Table::inet(&root.cgroup());
    let found = NftSocket::open().and_then(|mut socket| socket.has_table(&table));
    found.unwrap_or(false).then_some(table.name)
}

/// Where systemd manages the tree of cgroups, a root's own is a scope of that name.
fn is_home(part: &str, home: &str) -> bool {
    part.strip_suffix(".scope").unwrap_or(part) == home
}

/// Kills what is left of a failed test, so that it does not disturb the next.
pub(crate) fn end_processes(root: &Root) {
    for (pid, _) in processes_of(root) {
        if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// Processes that run a program below `root`, name it in their arguments, or sit in its cgroup; not the test itself, which
/// may name it too.
fn processes_of(root: &Root) -> Vec<(u32, String)> {
    let scratch = root.scratch().to_string_lossy().into_owned();
    let home = format!("/{}", root.cgroup());
    let belongs = |pid: &u32| {
        let directory = Path::new("/proc").join(pid.to_string());
        let text = |name: &str| {
            String::from_utf8_lossy(&fs::read(directory.join(name)).unwrap_or_default()).into_owned()
        };
        let program = fs::read_link(directory.join("exe")).unwrap_or_default();
        let described = text("cmdline").replace('\0', " ");
        if is_inits_to_reap(&text("stat")) {
            return None;
        }
        let ours =
            program.starts_with(&scratch) || described.contains(&scratch) || text("cgroup").contains(&home);
        ours.then(|| (*pid, format!("{} ({})", described.trim_end(), program.display())))
    };
    let others = host::processes().into_iter().filter(|pid| *pid != std::process::id());
    others.filter_map(|pid| belongs(&pid)).collect()
}

/// Whether a line of proc_pid_stat(5) is that of a process which has ended and which only init can still reap: how soon that
/// happens is init's business.
fn is_inits_to_reap(stat: &str) -> bool {
    let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    (fields.next(), fields.next()) == (Some("Z"), Some("1"))
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;
    use crate::requirement;

    #[test]
    fn a_process_that_names_the_root_is_found_and_ended() {
        let root = Root::new();
        let mut shell = Command::new("sh");
        shell.args(["-c", "read line", &root.scratch().display().to_string()]).stdin(Stdio::piped());
        let mut child = shell.spawn().unwrap();
        let found = leftovers(&root);
        assert!(found.iter().any(|line| line.starts_with(&format!("process {} ", child.id()))), "{found:?}");
        end_processes(&root);
        assert!(!child.wait().unwrap().success());
        assert_eq!(leftovers(&root), Vec::<String>::new());
    }

    #[test]
    fn a_cgroup_of_the_root_is_found_and_those_of_others_are_not() {
        if !requirement::root() {
            return;
        }
        let (root, other) = (Root::new(), Root::new());
        let hierarchy =
            ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"].map(Path::new).into_iter().find(|it| it.exists());
        let cgroup = hierarchy.unwrap().join(root.cgroup());
        fs::create_dir(&cgroup).unwrap();
        let found = (leftovers(&root), leftovers(&other));
        fs::remove_dir(&cgroup).unwrap();
        assert_eq!(found, (vec![format!("cgroup {}", cgroup.display())], Vec::new()));
    }
}
