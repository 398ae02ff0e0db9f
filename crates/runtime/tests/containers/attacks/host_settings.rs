//! Settings of the host's kernel that a configuration or an image reaches for.

use std::fs;
use std::os::unix::fs::symlink;

use super::{bind, refused};
use crate::bundle::Bundle;
use crate::harness::Test;

pub(super) const TESTS: &[Test] = &[
    ("a_kernel_parameter_of_the_host_is_refused", a_kernel_parameter_of_the_host_is_refused),
    ("a_kernel_parameter_carries_no_other_with_it", a_kernel_parameter_carries_no_other_with_it),
    (
        "a_kernel_parameter_does_not_go_where_the_image_leads",
        a_kernel_parameter_does_not_go_where_the_image_leads,
    ),
    ("labels_of_security_modules_are_refused_by_name", labels_of_security_modules_are_refused_by_name),
    ("the_cgroup_file_system_is_read_only", the_cgroup_file_system_is_read_only),
];

/// What the host has now: a guard that fails changes nothing.
fn core_pattern() -> String {
    fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap().trim_end().to_owned()
}

/// CVE-2022-0811's end: a program of the attacker's choice, run by the host's kernel.
fn a_kernel_parameter_of_the_host_is_refused() {
    for name in [
        "kernel.core_pattern",
        "kernel/core_pattern",
        "net/../kernel/core_pattern",
        "net./.kernel.core_pattern",
    ] {
        let mut bundle = Bundle::new(&["exit", "0"]);
        bundle.linux().sysctl.insert(name.to_owned(), core_pattern());
        refused(&bundle, &format!("sysctl `{name}` is not in a separate kernel namespace"));
    }
}

/// CVE-2022-0811: a value that the tool behind the runtime read as one more parameter.
fn a_kernel_parameter_carries_no_other_with_it() {
    let before = core_pattern();
    for separator in ["+", "\n", ";", ","] {
        let mut bundle = Bundle::new(&["exit", "0"]);
        let value = format!("0{separator}kernel.core_pattern=/corten-test");
        bundle.linux().sysctl.insert("kernel.shm_rmid_forced".into(), value);
        // The kernel reads the first number of a line and lets the rest be; it refuses what is no number.
        let _ = bundle.run_container();
        assert_eq!(core_pattern(), before, "{separator:?}");
    }
}

/// CVE-2025-52881, CVE-2019-19921: parameters are written through the host's procfs, which no image has touched.
fn a_kernel_parameter_does_not_go_where_the_image_leads() {
    let mut bundle = Bundle::new(&["cat", "/proc/sys/kernel/shm_rmid_forced"]);
    let volume = bundle.path().join("volume");
    fs::create_dir_all(volume.join("sys/kernel")).unwrap();
    let victim = bundle.path().join("victim");
    fs::write(&victim, "whole").unwrap();
    fs::hard_link(&victim, volume.join("sys/kernel/shm_rmid_forced")).unwrap();
    symlink("proc", bundle.rootfs().join("data")).unwrap();
    bundle.linux().sysctl.insert("kernel.shm_rmid_forced".into(), "1".into());
    assert_eq!(bundle.run_container().stdout, "1\n");
    bind(&mut bundle, &volume, "/data");
    let ran = bundle.run_container();
    assert_eq!(ran.status, 1, "{ran:?}");
    assert_eq!(fs::read_to_string(&victim).unwrap(), "whole");
}

/// CVE-2019-16884, CVE-2019-19921, CVE-2025-52881: a label that is written to the wrong file protects nobody. None is written here, and
/// whoever wants one is told.
fn labels_of_security_modules_are_refused_by_name() {
    let mut bundle = Bundle::new(&["exit", "0"]);
    bundle.process().apparmor_profile = "strict".into();
    refused(&bundle, "`process.apparmorProfile` is not supported");
    bundle.process().apparmor_profile = String::new();
    bundle.process().selinux_label = "system_u:system_r:container_t:s0".into();
    refused(&bundle, "`process.selinuxLabel` is not supported");
    bundle.process().selinux_label = String::new();
    bundle.linux().mount_label = "system_u:object_r:container_file_t:s0".into();
    refused(&bundle, "`linux.mountLabel` is not supported");
}

/// CVE-2023-25809, CVE-2022-0492: whoever can write there moves himself out of his limits, or has the host run a program.
fn the_cgroup_file_system_is_read_only() {
    for own_namespace in [true, false] {
        let mut bundle = Bundle::new(&["mkdir", "/sys/fs/cgroup/pids/inner"]);
        if !std::path::Path::new("/sys/fs/cgroup/pids").exists() {
            bundle.process().args[2] = "/sys/fs/cgroup/inner".into();
        }
        bundle.process().capabilities.get_or_insert_default();
        if !own_namespace {
            let kept = |namespace: &corten_spec::runtime::Namespace| {
                namespace.kind != corten_spec::runtime::NamespaceKind::Cgroup
            };
            bundle.linux().namespaces.retain(kept);
        }
        assert_eq!(bundle.run_container().stdout, "ReadOnlyFilesystem\n");
    }
}
