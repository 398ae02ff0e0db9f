//! The container's view of its cgroup: the v2 file system, or on v1 one directory for each hierarchy, as systemd lays them out.
//!
//! It joins and limits nothing.

use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use corten_cgroups::Cgroup;
use corten_spec::runtime::NamespaceKind;
use rustix::fs::{Mode, OFlags, mkdirat, openat, symlinkat};
use rustix::mount::MountAttrFlags;

use super::Init;
use super::file_system::{self, Context};
use super::mounts::attach_at;
use crate::failure::{Doing, Failure};
use crate::plan::{InitPlan, MountKind, MountPlan};

/// The mounts that this process sees.
const MOUNTS: &str = "/proc/self/mountinfo";

/// The container's own directory in one v1 hierarchy.
pub(super) struct View {
    /// The hierarchy's: `cpu,cpuacct`.
    pub(super) name: String,
    pub(super) copy: OwnedFd,
}

/// Opens the views while the host's paths still mean the host, if the plan has a place for them. None on v2: its file system is mounted
/// anew.
///
/// Where the hierarchies are is told by the descriptors through which the container has joined them.
pub(super) fn open(plan: &InitPlan<'_>, tasks: &[OwnedFd], cgroup: &Cgroup) -> Result<Vec<View>, Failure> {
    if !plan.mounts.iter().any(|mount| mount.kind == MountKind::Cgroup) {
        return Ok(Vec::new());
    }
    tasks.iter().map(|tasks| open_one(tasks, cgroup.path().as_str())).collect()
}

fn open_one(tasks: &OwnedFd, path: &str) -> Result<View, Failure> {
    let link = format!("/proc/self/fd/{}", tasks.as_raw_fd());
    let file = std::fs::read_link(&link).doing(|| format!("read `{link}`"))?;
    let directory = file.parent().unwrap_or(&file);
    let name = hierarchy_of(directory, path)
        .ok_or_else(|| Failure::refused(format!("`{}` is not in cgroup `{path}`", file.display())))?;
    let copy = file_system::copy_of_host(directory, false);
    let copy = copy.doing(|| format!("copy the mount of `{}`", directory.display()))?;
    Ok(View { name, copy })
}

/// The name of the mount point that `directory` lies below: `/sys/fs/cgroup/cpu/corten/x` without `/corten/x` is `cpu`.
fn hierarchy_of(directory: &Path, path: &str) -> Option<String> {
    let mount = directory.to_str()?.strip_suffix(path)?;
    Some(PathBuf::from(mount).file_name()?.to_str()?.to_owned())
}

/// The v2 file system, or an empty one for the views of v1.
pub(super) fn make(init: &Init<'_>, mount: &MountPlan) -> Result<OwnedFd, Failure> {
    if init.cgroup_views.is_empty() {
        return mount_unified(init)?.mount(mount.own.set);
    }
    let tmpfs = Context::open("tmpfs")?;
    tmpfs.set("source", Some("tmpfs"))?;
    tmpfs.set("mode", Some("755"))?;
    tmpfs.mount(mount.own.set - MountAttrFlags::MOUNT_ATTR_RDONLY)
}

/// Attaches what [`make`] has made, and the views in it.
pub(super) fn mount(
    init: &Init<'_>,
    root: &OwnedFd,
    mount: &MountPlan,
    made: &OwnedFd,
) -> Result<(), Failure> {
    attach_at(root, mount, made)?;
    if init.cgroup_views.is_empty() {
        return Ok(());
    }
    for view in &init.cgroup_views {
        let at = || format!("mount cgroup hierarchy `{}` at `{}`", view.name, mount.destination);
        file_system::change(&view.copy, &mount.own).doing(at)?;
        mkdirat(made, &view.name, Mode::from_raw_mode(0o755)).doing(at)?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let target = openat(made, &view.name, flags, Mode::empty()).doing(at)?;
        file_system::attach(&view.copy, target).doing(at)?;
        link_controllers(made, &view.name)?;
    }
    // Now that nothing more is created in it.
    file_system::change(made, &mount.own).doing(|| format!("set the attributes of `{}`", mount.destination))
}

/// The v2 file system. In the host's cgroup namespace its options are those of the whole hierarchy, for everybody: mounting it without
/// them takes them away from the host (cgroups(7), "nsdelegate").
fn mount_unified(init: &Init<'_>) -> Result<Context, Failure> {
    let context = Context::open("cgroup2")?;
    if !init.plan.namespaces.is_new(NamespaceKind::Cgroup) {
        // Our mount table is still a copy of the host's.
        let table = std::fs::read_to_string(MOUNTS).doing(|| format!("read `{MOUNTS}`"))?;
        for option in unified_options(&table) {
            context.set(option, None)?;
        }
    }
    Ok(context)
}

/// The options of the v2 hierarchy itself in a table of proc_pid_mountinfo(5): the last field of a line.
fn unified_options(table: &str) -> impl Iterator<Item = &str> {
    let described = table.lines().filter_map(|line| line.split_once(" - cgroup2 "));
    let options = described.filter_map(|(_, described)| described.split(' ').nth(1)).take(1);
    options.flat_map(|options| options.split(',')).filter(|option| !["rw", "ro"].contains(option))
}

/// A hierarchy of several controllers is found by each of their names.
fn link_controllers(directory: &OwnedFd, hierarchy: &str) -> Result<(), Failure> {
    for controller in hierarchy.split(',').filter(|_| hierarchy.contains(',')) {
        symlinkat(hierarchy, directory, controller)
            .doing(|| format!("link cgroup hierarchy `{hierarchy}`"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_options_are_found_in_its_mount_table() {
        let table = "24 1 8:1 / / rw - ext4 /dev/vda rw\n\
                     31 24 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n";
        assert_eq!(unified_options(table).collect::<Vec<_>>(), ["nsdelegate", "memory_recursiveprot"]);
        assert_eq!(unified_options("24 1 8:1 / / rw - ext4 /dev/vda rw").count(), 0);
    }

    #[test]
    fn the_hierarchy_is_what_the_cgroups_directory_lies_below() {
        let directory = Path::new("/sys/fs/cgroup/cpu,cpuacct/corten/1a");
        assert_eq!(hierarchy_of(directory, "/corten/1a").as_deref(), Some("cpu,cpuacct"));
        assert_eq!(hierarchy_of(directory, "/other"), None);
    }
}
