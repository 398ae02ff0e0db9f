//! The configuration that another runtime is given: what our own is told beside it is put into it. Pure.

use corten_runtime::init;
use corten_runtime::launch::Launch;
use corten_spec::runtime::{Mount, NamespaceKind, Spec};

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
