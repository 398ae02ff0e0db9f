//! Which cgroup hierarchies are mounted, read from `mountinfo` (proc_pid_mountinfo(5)).

use std::path::PathBuf;

use crate::controller::Controller;

/// A mounted hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mounted {
    /// cgroup v2.
    Unified { mount: PathBuf },
    /// A v1 hierarchy, with the controllers known here.
    Legacy { mount: PathBuf, controllers: Vec<Controller> },
    /// systemd's own v1 hierarchy, which has no controller.
    Systemd { mount: PathBuf },
}

/// The hierarchies in the order of their mounts; of several mounts of one hierarchy the first.
///
/// Hierarchies of other names are their owner's. Those without a known controller (`perf_event`, `misc`) are left out: nothing
/// here limits or measures with them.
pub(crate) fn parse(mountinfo: &str) -> Vec<Mounted> {
    let mut found: Vec<Mounted> = Vec::new();
    for mounted in mountinfo.lines().filter_map(line) {
        let seen = found.iter().any(|earlier| match (earlier, &mounted) {
            (Mounted::Unified { .. }, Mounted::Unified { .. }) => true,
            (Mounted::Systemd { .. }, Mounted::Systemd { .. }) => true,
            (Mounted::Legacy { controllers: one, .. }, Mounted::Legacy { controllers: other, .. }) => {
                one == other
            }
            _ => false,
        });
        if !seen {
            found.push(mounted);
        }
    }
    found
}

fn line(line: &str) -> Option<Mounted> {
    let (before, after) = line.split_once(" - ")?;
    let mount = PathBuf::from(unescape(before.split(' ').nth(4)?));
    let mut after = after.split(' ');
    let (kind, options) = (after.next()?, after.nth(1)?);
    match kind {
        "cgroup2" => Some(Mounted::Unified { mount }),
        "cgroup" => {
            let words: Vec<&str> = options.split(',').collect();
            if words.contains(&"name=systemd") {
                return Some(Mounted::Systemd { mount });
            }
            let controllers: Vec<Controller> =
                Controller::ALL.into_iter().filter(|one| words.contains(&one.legacy_name())).collect();
            (!controllers.is_empty()).then_some(Mounted::Legacy { mount, controllers })
        }
        _ => None,
    }
}

/// Undoes the kernel's octal escapes of space, tab, newline and backslash.
fn unescape(text: &str) -> String {
    let escapes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    escapes.into_iter().fold(text.to_owned(), |text, (escape, plain)| text.replace(escape, plain))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(mountinfo: &str, expected: &Expect) {
        let lines: Vec<String> = parse(mountinfo).iter().map(|mounted| format!("{mounted:?}\n")).collect();
        expected.assert_eq(&lines.concat());
    }

    #[test]
    fn a_hybrid_host_has_v1_hierarchies_and_one_v2() {
        check(
            "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n\
             32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
             34 31 0:31 / /sys/fs/cgroup/my\\040set rw shared:9 - cgroup cgroup rw,cpuset,clone_children\n\
             40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n\
             41 31 0:38 / /sys/fs/cgroup/elogind rw - cgroup cgroup rw,name=elogind\n\
             42 31 0:39 / /sys/fs/cgroup/perf rw - cgroup cgroup rw,perf_event\n\
             43 31 0:40 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate\n\
             90 31 0:31 / /mnt/again rw - cgroup cgroup rw,cpuset\n",
            &expect![[r#"
                Legacy { mount: "/sys/fs/cgroup/cpu,cpuacct", controllers: [Cpu, CpuAccounting] }
                Legacy { mount: "/sys/fs/cgroup/my set", controllers: [CpuSet] }
                Systemd { mount: "/sys/fs/cgroup/systemd" }
                Unified { mount: "/sys/fs/cgroup/unified" }
            "#]],
        );
    }

    #[test]
    fn a_pure_host_has_one() {
        check(
            "25 20 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n",
            &expect![[r#"
                Unified { mount: "/sys/fs/cgroup" }
            "#]],
        );
        check("25 20 0:22 / / rw - ext4 /dev/vda rw\nnonsense\n", &expect![""]);
    }
}
