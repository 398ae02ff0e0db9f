//! Paths that an image supplies.

use std::fs;

use corten_image_archive::{Config, Entry};

use super::{config, hostile, listing, refused};
use crate::setup;

/// CVE-2021-30465, CVE-2024-45310: the engine's own files are mounted where the image has links out of it.
#[test]
fn the_engines_files_stay_inside_whatever_the_image_has_in_their_place() {
    let outside = tempfile::tempdir().unwrap();
    let target = |name: &str| format!("{}/{name}", outside.path().display());
    fs::write(outside.path().join("hosts"), "mine").unwrap();
    let entries = [
        Entry::symlink("etc/hosts", &target("hosts")),
        Entry::symlink("etc/hostname", &format!("../../../..{}", target("hostname"))),
        Entry::symlink("etc/resolv.conf", &target("deep/resolv.conf")),
    ];
    let Some(corten) = hostile(&entries, config()) else { return };
    let script = "cat /etc/hostname; grep -c localhost /etc/hosts; test -e /etc/resolv.conf && echo there";
    let ran = corten.run(&["run", "--hostname", "box", "hostile", "sh", "-c", script]).success();
    assert_eq!(ran.stdout(), "box\n2\nthere\n");
    assert_eq!(listing(outside.path()), ["hosts"]);
    assert_eq!(fs::read_to_string(outside.path().join("hosts")).unwrap(), "mine");
}

/// CVE-2024-21626, by `WORKDIR`.
#[test]
fn a_working_directory_of_an_image_is_inside() {
    let outside = tempfile::tempdir().unwrap();
    let inside = |path: &str| Config { working_directory: path.to_owned(), ..config() };
    let target = outside.path().display().to_string();
    let cases = [
        (format!("/../../../..{target}/new"), Vec::new()),
        ("/work/new".to_owned(), vec![Entry::symlink("work", &target)]),
    ];
    for (path, entries) in cases {
        let Some(corten) = hostile(&entries, inside(&path)) else { return };
        let shown = corten.run(&["run", "hostile", "pwd"]).success().line();
        assert_eq!(shown, format!("{target}/new"));
        assert_eq!(listing(outside.path()), [""; 0]);
    }
    let Some(corten) = hostile(&[], inside("/proc/self/fd/8")) else { return };
    for number in 3..20 {
        let directory = format!("/proc/self/fd/{number}");
        let words = format!("create the working directory `{directory}`");
        refused(&corten.run(&["run", "--rm", "--workdir", &directory, "hostile", "pwd"]), &words);
    }
    refused(
        &corten.run(&["run", "--rm", "hostile", "pwd"]),
        "create the working directory `/proc/self/fd/8`",
    );
}

/// CVE-2019-16884, CVE-2019-19921, CVE-2023-28642: an image without a `/proc` of its own gets no container.
#[test]
fn an_image_with_a_link_for_proc_or_sys_gets_no_container() {
    for name in ["proc", "sys"] {
        let Some(corten) = hostile(&[Entry::symlink(name, "tmp")], config()) else { return };
        refused(
            &corten.run(&["run", "hostile", "true"]),
            &format!("open mount target `/{name}` without following links"),
        );
    }
}

/// CVE-2022-0811: a parameter of the host behind one of the container's.
#[test]
fn a_kernel_parameter_of_the_host_is_not_to_be_had_by_a_detour() {
    let Some(corten) = setup::busybox() else { return };
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    let pattern = pattern.trim_end();
    for name in ["kernel.core_pattern", "net/../kernel/core_pattern", "fs.mqueue./././kernel.core_pattern"] {
        let parameter = format!("{name}={pattern}");
        refused(&corten.run(&["run", "--sysctl", &parameter, "busybox", "true"]), "sysctl");
    }
    let two = format!("kernel.shm_rmid_forced=1+kernel.core_pattern={pattern}");
    refused(&corten.run(&["run", "--sysctl", &two, "busybox", "true"]), "kernel/shm_rmid_forced");
}
