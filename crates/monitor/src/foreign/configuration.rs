//! The configuration that another runtime is given: what our own is told beside it is put into it. Pure.

use corten_runtime::init;
use corten_runtime::launch::Launch;
use corten_spec::runtime::{Capabilities, Mount, NamespaceKind, Process, Spec, capability};
use rustix::thread::CapabilitySet;

/// The version of the specification that all of it is in, but for additions that older runtimes pass over: some want no other.
const OLDEST: &str = "1.0.2";

/// The launch's configuration for any runtime. `network` is a path to the network namespace that is joined, if it is not that of the
/// configuration; `own` is a program that can be the container's reaping init.
pub(super) fn of(launch: &Launch, network: Option<String>, own: &str) -> Spec {
    let mut spec = Spec { oci_version: OLDEST.to_owned(), ..launch.spec.clone() };
    if let (Some(path), Some(linux)) = (network, &mut spec.linux) {
        let namespaces = linux.namespaces.iter_mut();
        let joined = namespaces.filter(|namespace| namespace.kind == NamespaceKind::Network);
        joined.for_each(|namespace| namespace.path.clone_from(&path));
    }
    if launch.init {
        put_init_before(&mut spec, own);
    }
    spec
}

/// Takes off what the caller itself does not hold: other runtimes fail where they cannot grant a capability.
pub(super) fn leave_out_unheld(process: &mut Process, held: CapabilitySet) {
    let Some(sets) = &mut process.capabilities else { return };
    let is_held = |name: &String| {
        let mask = capability::parse(name).map_or(0, |capability| capability.mask());
        held.contains(CapabilitySet::from_bits_retain(mask))
    };
    let Capabilities { bounding, effective, inheritable, permitted, ambient } = sets;
    for set in [bounding, effective, inheritable, permitted, ambient] {
        set.retain(is_held);
    }
}

/// As Docker does it: the program is mounted, and is given what it is to run.
fn put_init_before(spec: &mut Spec, own: &str) {
    let inside = init::PROGRAM_NAME.to_string_lossy().into_owned();
    spec.mounts.push(Mount {
        destination: inside.clone(),
        kind: "bind".to_owned(),
        source: own.to_owned(),
        options: ["bind", "ro"].map(str::to_owned).to_vec(),
        ..Mount::default()
    });
    if let Some(process) = &mut spec.process {
        process.args.splice(0..0, [inside, "--".to_owned()]);
    }
}

#[cfg(test)]
mod tests {
    use corten_runtime::launch::{RootSource, SeccompSource, UserSource};
    use corten_spec::runtime::{Linux, Namespace};

    use super::*;

    fn launch(init: bool) -> Launch {
        let namespace = |kind| Namespace { kind, path: String::new() };
        let namespaces = [NamespaceKind::Pid, NamespaceKind::Network].map(namespace).to_vec();
        Launch {
            id: "id".to_owned(),
            spec: Spec {
                oci_version: "9".to_owned(),
                process: Some(Process { args: vec!["sleep".to_owned()], ..Process::default() }),
                linux: Some(Linux { namespaces, ..Linux::default() }),
                ..Spec::default()
            },
            root: RootSource::Directory("/root".into()),
            user: UserSource::Spec,
            cgroup_path: "/id".to_owned(),
            seccomp: SeccompSource::Spec,
            init,
            joined: Vec::new(),
            awaits_network: false,
            bundle: None,
        }
    }

    #[test]
    fn only_the_network_namespace_is_joined_by_the_path_that_came_along() {
        let spec = of(&launch(false), Some("/proc/7/fd/3".to_owned()), "/own");
        let paths: Vec<_> =
            spec.linux.unwrap().namespaces.into_iter().map(|namespace| namespace.path).collect();
        assert_eq!(paths, ["", "/proc/7/fd/3"]);
        assert_eq!((spec.oci_version.as_str(), spec.mounts.len()), (OLDEST, 0));
    }

    #[test]
    fn capabilities_that_nobody_here_has_are_left_out() {
        let names = ["CAP_CHOWN", "CAP_KILL", "CAP_OF_TOMORROW"].map(str::to_owned).to_vec();
        let sets = Capabilities { bounding: names.clone(), permitted: names, ..Capabilities::default() };
        let mut process = Process { capabilities: Some(sets), ..Process::default() };
        leave_out_unheld(&mut process, CapabilitySet::KILL);
        let sets = process.capabilities.unwrap();
        // What has no number yet is for the runtime to say.
        assert_eq!(
            (sets.bounding, sets.effective.len()),
            (vec!["CAP_KILL".into(), "CAP_OF_TOMORROW".into()], 0)
        );
        assert_eq!(sets.permitted.len(), 2);
    }

    #[test]
    fn a_reaping_init_is_mounted_and_runs_the_program() {
        let spec = of(&launch(true), None, "/own");
        assert_eq!(spec.process.unwrap().args, ["/sbin/docker-init", "--", "sleep"]);
        assert_eq!((spec.mounts[0].source.as_str(), spec.mounts[0].options[1].as_str()), ("/own", "ro"));
    }
}
