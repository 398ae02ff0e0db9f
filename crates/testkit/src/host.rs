//! What the machine has at one moment: mounts, network links and namespaces, cgroups, processes of ours.
//!
//! For looking at a whole run of tests from outside. Tests that run beside each other cannot compare such pictures; they ask
//! [`leftovers`](crate::leftovers()) for their own.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// How deep below a hierarchy's root cgroups are looked for.
const DEPTH: usize = 4;

/// A picture of the machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    things: BTreeSet<String>,
}

impl Snapshot {
    /// Takes the picture.
    #[must_use]
    pub fn take() -> Snapshot {
        let mounts = mounts().into_iter().map(|it| format!("mount {it}"));
        let links = links().into_iter().map(|it| format!("network link {it}"));
        let namespaces = network_namespaces().into_iter().map(|it| format!("network namespace {it}"));
        let cgroups =
            cgroups().into_iter().filter(|it| it.contains("corten")).map(|it| format!("cgroup {it}"));
        let monitors = monitors().into_iter().map(|it| format!("process {it}"));
        Snapshot { things: mounts.chain(links).chain(namespaces).chain(cgroups).chain(monitors).collect() }
    }

    /// What is here and was not in `before`, one line each.
    #[must_use]
    pub fn beyond(&self, before: &Snapshot) -> Vec<String> {
        self.things.difference(&before.things).cloned().collect()
    }
}

/// The mount table of this process: mount point, file system type, source and options of each, as proc_pid_mountinfo(5) writes them.
#[must_use]
pub fn mounts() -> Vec<String> {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    table.lines().filter_map(describe_mount).collect()
}

/// Leaves out the ids, which say nothing, and the optional fields, which end at a lone hyphen.
fn describe_mount(line: &str) -> Option<String> {
    let (fixed, described) = line.split_once(" - ")?;
    let mut fields = fixed.split(' ').skip(3);
    let (root, point) = (fields.next()?, fields.next()?);
    Some(format!("{point} {root} {described}"))
}

/// Network links of this process's namespace.
#[must_use]
pub fn links() -> Vec<String> {
    names(Path::new("/sys/class/net"))
}

/// Every cgroup down to a fixed depth, in every hierarchy, as a path of the file system.
#[must_use]
pub fn cgroups() -> Vec<String> {
    let mut found = Vec::new();
    for mount in mounts() {
        let mut fields = mount.split(' ');
        let (Some(point), Some(_), Some(kind)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        if kind == "cgroup" || kind == "cgroup2" {
            collect_directories(Path::new(point), DEPTH, &mut found);
        }
    }
    found
}

/// The ids of all processes.
#[must_use]
pub fn processes() -> Vec<u32> {
    names(Path::new("/proc")).iter().filter_map(|name| name.parse().ok()).collect()
}

/// Whether process `pid` is there and has not ended. One that has only waits to be reaped, by init where its parent went
/// first, and holds nothing but its number.
#[must_use]
pub fn is_alive(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The state follows the name, which stands in parentheses and may hold some itself: proc_pid_stat(5).
    let state = stat.rsplit_once(')').and_then(|(_, fields)| fields.trim_start().chars().next());
    state.is_some_and(|state| state != 'Z' && state != 'X')
}

/// Network namespaces that some process is in, by inode.
fn network_namespaces() -> BTreeSet<u64> {
    let namespace = |pid: &u32| fs::metadata(format!("/proc/{pid}/ns/net")).ok();
    processes().iter().filter_map(namespace).map(|metadata| metadata.ino()).collect()
}

/// Processes that run a program of ours other than a test.
fn monitors() -> Vec<String> {
    let ours = |pid: &u32| {
        let program = fs::read_link(format!("/proc/{pid}/exe")).ok()?;
        let name = program.file_name()?.to_str()?;
        let is_monitor =
            name.starts_with("corten-monitor-") || name == "corten" || name == "corten (deleted)";
        is_monitor.then(|| format!("{pid} {}", program.display()))
    };
    processes().iter().filter_map(ours).collect()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn collect_directories(directory: &Path, depth: usize, found: &mut Vec<String>) {
    if depth == 0 {
        return;
    }
    let children: Vec<PathBuf> = fs::read_dir(directory)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect();
    for child in children {
        found.push(child.to_string_lossy().into_owned());
        collect_directories(&child, depth - 1, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_is_told_by_its_place_and_kind_alone() {
        let line = "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue";
        assert_eq!(describe_mount(line).unwrap(), "/mnt2 /mnt1 ext3 /dev/root rw,errors=continue");
    }

    #[test]
    fn a_picture_shows_what_was_added_and_not_what_went() {
        let picture = |things: &[&str]| Snapshot { things: things.iter().map(|&it| it.to_owned()).collect() };
        assert_eq!(picture(&["b", "c"]).beyond(&picture(&["a", "b"])), ["c"]);
    }
}
