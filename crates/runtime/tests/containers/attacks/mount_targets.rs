//! Links of the image in the way of mounts.

use std::fs;
use std::os::unix::fs::symlink;

use corten_spec::runtime::Mount;

use super::{Outside, bind_file, refused};
use crate::bundle::Bundle;
use crate::harness::Test;

pub(super) const TESTS: &[Test] = &[
    ("a_bind_mount_behind_a_link_lands_inside", a_bind_mount_behind_a_link_lands_inside),
    ("a_file_system_behind_a_link_lands_inside", a_file_system_behind_a_link_lands_inside),
    ("a_dangling_link_makes_its_target_inside", a_dangling_link_makes_its_target_inside),
    ("proc_and_sys_are_not_mounted_over_a_link", proc_and_sys_are_not_mounted_over_a_link),
    ("proc_and_sys_are_not_mounted_over_a_file", proc_and_sys_are_not_mounted_over_a_file),
    ("nothing_is_mounted_inside_proc", nothing_is_mounted_inside_proc),
    ("nothing_is_mounted_inside_proc_through_a_link", nothing_is_mounted_inside_proc_through_a_link),
    (
        "a_link_in_the_place_of_dev_gets_no_devices_outside",
        a_link_in_the_place_of_dev_gets_no_devices_outside,
    ),
    ("links_that_lead_round_in_circles_are_refused", links_that_lead_round_in_circles_are_refused),
];

/// CVE-2021-30465, CVE-2015-3629, without the race.
fn a_bind_mount_behind_a_link_lands_inside() {
    for target in ["absolute", "relative"] {
        let outside = Outside::new();
        let mut bundle = Bundle::new(&["cat", "/link/file"]);
        let prefix = if target == "absolute" { "" } else { "../../../../../../../../.." };
        symlink(format!("{prefix}{}", outside.path().display()), bundle.rootfs().join("link")).unwrap();
        bind_file(&mut bundle, "/link/file");
        let ran = bundle.run_container();
        assert_eq!(ran.stdout, "bound\n", "{ran:?}");
        outside.assert_untouched();
        assert!(outside.inside(&bundle).join("file").is_file());
    }
}

/// CVE-2021-30465.
fn a_file_system_behind_a_link_lands_inside() {
    let outside = Outside::new();
    let mut bundle = Bundle::new(&["cat", "/proc/self/mounts"]);
    symlink(outside.path(), bundle.rootfs().join("link")).unwrap();
    let kind = "tmpfs".to_owned();
    bundle.spec.mounts.push(Mount { destination: "/link/data".into(), kind, ..Mount::default() });
    let ran = bundle.run_container();
    assert!(ran.stdout.contains(&format!(" {}/data tmpfs ", outside.path().display())), "{ran:?}");
    outside.assert_untouched();
}

/// CVE-2024-45310, without the race: what a mount lacks is made in the container, however its links lead there.
fn a_dangling_link_makes_its_target_inside() {
    let outside = Outside::new();
    let mut bundle = Bundle::new(&["cat", "/etc/resolv.conf"]);
    fs::create_dir(bundle.rootfs().join("etc")).unwrap();
    symlink(outside.path().join("resolv.conf"), bundle.rootfs().join("etc/resolv.conf")).unwrap();
    bind_file(&mut bundle, "/etc/resolv.conf");
    let ran = bundle.run_container();
    assert_eq!(ran.stdout, "bound\n", "{ran:?}");
    outside.assert_untouched();
}

/// CVE-2019-19921, CVE-2023-27561, CVE-2023-28642.
fn proc_and_sys_are_not_mounted_over_a_link() {
    for name in ["proc", "sys"] {
        let bundle = Bundle::new(&["exit", "0"]);
        fs::create_dir(bundle.rootfs().join("elsewhere")).unwrap();
        symlink("elsewhere", bundle.rootfs().join(name)).unwrap();
        refused(&bundle, &format!("open mount target `/{name}` without following links"));
    }
}

/// CVE-2023-27561's kind: no `/proc` of its own would leave a container with whatever the image has there.
fn proc_and_sys_are_not_mounted_over_a_file() {
    for name in ["proc", "sys"] {
        let bundle = Bundle::new(&["exit", "0"]);
        fs::write(bundle.rootfs().join(name), "").unwrap();
        refused(&bundle, &format!("open mount target `/{name}` without following links: not a directory"));
    }
}

/// CVE-2019-16884.
fn nothing_is_mounted_inside_proc() {
    for destination in ["/proc", "/proc/self/attr/exec", "/dev/../proc/sys/kernel"] {
        let mut bundle = Bundle::new(&["exit", "0"]);
        bind_file(&mut bundle, destination);
        let ran = bundle.run_container();
        assert_eq!(ran.status, 1, "{ran:?}");
        let words =
            if destination == "/proc" { "proc" } else { "cannot be mounted because it is inside /proc" };
        assert!(ran.stderr.contains(words), "{ran:?}");
        bundle.assert_clean();
    }
}

/// CVE-2019-16884, CVE-2025-52881: the volume of an image lies at a link to what a runtime writes to.
fn nothing_is_mounted_inside_proc_through_a_link() {
    let inside = "`/data` cannot be mounted because it is inside /proc";
    for target in ["proc", "/proc/sys/kernel", "/proc/sys/../../proc/bus"] {
        let mut bundle = Bundle::new(&["exit", "0"]);
        symlink(target, bundle.rootfs().join("data")).unwrap();
        let volume = bundle.path().join("volume");
        fs::create_dir(&volume).unwrap();
        super::bind(&mut bundle, &volume, "/data");
        refused(&bundle, inside);

        bundle.spec.mounts.pop();
        let kind = "tmpfs".to_owned();
        bundle.spec.mounts.push(Mount { destination: "/data".into(), kind, ..Mount::default() });
        refused(&bundle, inside);
    }
}

/// CVE-2021-30465's kind: devices are made where `/dev` leads.
fn a_link_in_the_place_of_dev_gets_no_devices_outside() {
    let outside = Outside::new();
    let mut bundle = Bundle::new(&["exit", "0"]);
    bundle.spec.mounts.retain(|mount| !mount.destination.starts_with("/dev"));
    symlink(outside.path(), bundle.rootfs().join("dev")).unwrap();
    // The null device is wanted, and not behind a link.
    refused(&bundle, "open `/dev/null`: too many levels of symbolic links");
    outside.assert_untouched();
}

fn links_that_lead_round_in_circles_are_refused() {
    let mut bundle = Bundle::new(&["exit", "0"]);
    symlink("b", bundle.rootfs().join("a")).unwrap();
    symlink("a", bundle.rootfs().join("b")).unwrap();
    bind_file(&mut bundle, "/a/file");
    refused(&bundle, "open mount target `/a/file`: too many levels of symbolic links");
}
