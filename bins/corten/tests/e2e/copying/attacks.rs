//! Containers that want to be copied out of, or into, the host.

use std::fs;
use std::path::Path;
use std::process::Command;

use corten_testkit::Corten;

use super::transcript::container;
use crate::setup;

/// A directory of the host with a file that no container may see, and the path of it.
fn secret(corten: &Corten) -> String {
    let directory = corten.root().scratch().join("host");
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("secret"), "of the host").unwrap();
    directory.display().to_string()
}

fn stop(corten: &Corten, name: &str) {
    corten.run(&["kill", name]).success();
    corten.run(&["wait", name]).success();
}

#[test]
fn links_lead_nowhere_outside_of_the_container() {
    let Some(corten) = setup::busybox() else { return };
    let host = secret(&corten);
    let out = corten.root().scratch().join("out").display().to_string();
    container(&corten, "box", &["--network", "none"]);
    let up = format!("{}{host}", "../".repeat(20));
    for (target, name) in
        [(host.as_str(), "absolute"), (&up, "relative"), ("/proc/1/root", "magic"), ("/", "root")]
    {
        corten.run(&["exec", "box", "ln", "-s", target, &format!("/q/{name}")]).success();
    }
    let new = corten.root().scratch().join("new");
    fs::write(&new, "new").unwrap();
    let new = new.display().to_string();
    for round in ["running", "stopped"] {
        for name in ["absolute", "relative"] {
            for flags in [&["cp"][..], &["cp", "-L"]] {
                let asked = format!("box:/q/{name}/secret");
                let refused = corten.run(&[flags, &[&asked, &out]].concat()).exited(1);
                assert!(
                    refused.stderr().contains("Could not find the file"),
                    "{round}: {}",
                    refused.stderr()
                );
            }
            corten.run(&["cp", "-L", &format!("box:/q/{name}"), &out]).exited(1);
            corten.run(&["cp", &new, &format!("box:/q/{name}/")]).exited(1);
        }
        // Through the magic link of a process, or a directory of the container's if it does not run.
        corten.run(&["cp", &format!("box:/q/magic{host}/secret"), &out]).exited(1);
        corten.run(&["cp", &format!("box:/q/root{host}/secret"), &out]).exited(1);
        assert!(!Path::new(&out).exists());
        assert_eq!(fs::read_dir(&host).unwrap().count(), 1);
        if round == "running" {
            stop(&corten, "box");
        }
    }
}

/// CVE-2018-15664: Docker looked where a path leads, and then used it, while the container exchanged directories for links.
#[test]
fn a_container_that_exchanges_directories_for_links_gains_nothing() {
    let Some(corten) = setup::busybox() else { return };
    let host = secret(&corten);
    let script = format!(
        "mkdir -p /a/real{host} /a/mine; ln -s / /a/link; echo of the container >/a/real{host}/secret; mkdir -p {host}; \
         echo of the container >{host}/secret; cd /a; \
         while :; do mv real spare; mv link real; mv real link; mv spare real; done"
    );
    corten.run(&["run", "-d", "--name", "racer", "busybox", "sh", "-c", &script]).success();
    let scratch = corten.root().scratch();
    fs::write(scratch.join("new"), "new").unwrap();
    let new = scratch.join("new").display().to_string();
    for round in 0..60 {
        let out = scratch.join(format!("out{round}"));
        // It may be there or not at that moment; what comes is the container's.
        let copied = corten.run(&["cp", &format!("racer:/a/real{host}/secret"), &out.display().to_string()]);
        if copied.stderr().is_empty() {
            assert_eq!(fs::read_to_string(&out).unwrap(), "of the container\n");
        }
        corten.run(&["cp", &new, &format!("racer:/a/real{host}/planted")]);
    }
    assert_eq!(fs::read_dir(&host).unwrap().count(), 1);
    assert_eq!(fs::read_to_string(format!("{host}/secret")).unwrap(), "of the host");
}

/// CVE-2019-14271: Docker's helper loaded a library of the container's to look its users up.
#[test]
fn a_containers_own_account_files_can_neither_run_code_nor_make_a_copy_wait() {
    let Some(corten) = setup::busybox() else { return };
    container(&corten, "box", &["--network", "none", "--user", "0:0"]);
    corten.run(&["create", "--name", "named", "--user", "daemon", "busybox"]).success();
    let file = corten.root().scratch().join("file");
    fs::write(&file, "x").unwrap();
    let file = file.display().to_string();
    corten.run(&["cp", "-a", &file, "named:/tmp/file"]).success();
    assert!(listed(&corten, "named:/tmp/file").contains("1:1"), "{}", listed(&corten, "named:/tmp/file"));
    for make in ["mkfifo /etc/passwd", "mknod /etc/passwd c 1 5", "ln -s /dev/zero /etc/passwd"] {
        let name = "hostile";
        let script = format!("rm /etc/passwd; {make}; echo ready; exec sleep 1000");
        corten.run(&["run", "-d", "--name", name, "--user", "0", "busybox", "sh", "-c", &script]).success();
        while corten.run(&["logs", name]).success().stdout() != "ready\n" {}
        let copied = corten.run(&["cp", "-a", &file, "hostile:/tmp/file"]).exited(1);
        assert!(copied.stderr().contains("is not a regular file"), "{}", copied.stderr());
        corten.run(&["rm", "-f", name]).success();
    }
}

/// Type, mode, owner and name of what is at a path, as GNU tar lists it.
pub(super) fn listed(corten: &Corten, path: &str) -> String {
    let archive = corten.root().scratch().join("listed.tar");
    let mut command = corten.command(&["cp", path, "-"]);
    let done = command.stdout(fs::File::create(&archive).unwrap()).status().unwrap();
    assert!(done.success(), "{path}");
    let listed = Command::new("tar").args(["--numeric-owner", "-tvf"]).arg(&archive).output().unwrap();
    String::from_utf8(listed.stdout).unwrap().replace('/', ":")
}

#[test]
fn pipes_and_devices_are_copied_and_never_opened() {
    let Some(corten) = setup::busybox() else { return };
    container(&corten, "box", &["--network", "none"]);
    corten.run(&["exec", "box", "mknod", "/q/odir/zero", "c", "1", "5"]).success();
    let listing = listed(&corten, "box:/q/odir");
    assert!(listing.contains("crw-r--r-- 0:0") && listing.contains("1,5"), "{listing}");
    let file = corten.root().scratch().join("file");
    fs::write(&file, "x").unwrap();
    let refused = corten.run(&["cp", &file.display().to_string(), "box:/q/odir/zero"]).exited(1);
    assert_eq!(
        refused.stderr(),
        "destination \"box:/q/odir/zero\" must be a directory or a regular file: got a device\n"
    );
    // One that stands where a file of the archive goes is replaced, and not written to.
    corten.run(&["exec", "box", "mkfifo", "/q/odir/file"]).success();
    corten.run(&["cp", &file.display().to_string(), "box:/q/odir"]).success();
    assert_eq!(corten.run(&["exec", "box", "cat", "/q/odir/file"]).success().stdout(), "x");
}
