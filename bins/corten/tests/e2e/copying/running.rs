//! Copies while containers run, stop and are removed; what is mounted in them, who owns what, and who goes away in the middle.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt, chown};
use std::process::{Child, Stdio};
use std::thread;

use corten_testkit::Corten;

use super::attacks::listed;
use super::transcript::container;
use crate::setup;

fn file(corten: &Corten, name: &str, text: &str) -> String {
    let path = corten.root().scratch().join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn directory(corten: &Corten, name: &str) -> String {
    let path = corten.root().scratch().join(name);
    fs::create_dir(&path).unwrap();
    path.display().to_string()
}

fn stop(corten: &Corten, name: &str) {
    corten.run(&["kill", name]).success();
    corten.run(&["wait", name]).success();
}

#[test]
fn what_is_mounted_is_seen_whether_the_container_runs_or_not() {
    let Some(corten) = setup::busybox() else { return };
    let (shared, kept) = (directory(&corten, "shared"), directory(&corten, "kept"));
    fs::write(format!("{kept}/there"), "there").unwrap();
    let (new, out) = (file(&corten, "new", "new"), directory(&corten, "out"));
    let (writable, read_only) = (format!("{shared}:/mnt/shared"), format!("{kept}:/mnt/kept:ro"));
    container(&corten, "box", &["-v", &writable, "-v", &read_only, "--tmpfs", "/mnt/memory"]);
    for round in ["running", "stopped"] {
        corten.run(&["cp", &new, &format!("box:/mnt/shared/{round}")]).success();
        assert_eq!(fs::read_to_string(format!("{shared}/{round}")).unwrap(), "new");
        corten.run(&["cp", "box:/mnt/kept/there", &format!("{out}/{round}")]).success();
        assert_eq!(fs::read_to_string(format!("{out}/{round}")).unwrap(), "there");
        let refused = corten.run(&["cp", &new, "box:/mnt/kept"]).exited(1);
        assert_eq!(refused.stderr(), "Error response from daemon: mounted volume is marked read-only\n");
        if round == "running" {
            corten.run(&["cp", &new, "box:/mnt/memory/file"]).success();
            assert_eq!(corten.run(&["exec", "box", "cat", "/mnt/memory/file"]).success().stdout(), "new");
            corten.run(&["cp", "box:/etc/hosts", &format!("{out}/hosts")]).success();
            assert!(fs::read_to_string(format!("{out}/hosts")).unwrap().contains("localhost"));
            stop(&corten, "box");
        }
    }
    assert_eq!(fs::read_dir(&kept).unwrap().count(), 1);
    let mounts = fs::read_to_string("/proc/mounts").unwrap();
    assert!(!mounts.contains(&corten.root().state().display().to_string()), "{mounts}");
}

#[test]
fn a_container_that_was_never_started_has_the_files_of_its_network_and_they_are_empty() {
    let Some(corten) = setup::busybox() else { return };
    let (shared, out) = (directory(&corten, "shared"), directory(&corten, "out"));
    corten.run(&["create", "--name", "fresh", "busybox", "true"]).success();
    corten
        .run(&["create", "--name", "mounted", "-v", &format!("{shared}:/etc"), "busybox", "true"])
        .success();
    for name in ["hosts", "hostname", "resolv.conf"] {
        corten.run(&["cp", &format!("fresh:/etc/{name}"), &out]).success();
        assert_eq!(fs::read_to_string(format!("{out}/{name}")).unwrap(), "", "{name}");
        corten.run(&["cp", &format!("mounted:/etc/{name}"), &out]).exited(1);
    }
    assert_eq!(corten.run(&["diff", "fresh"]).success().stdout(), "");
    assert_eq!(fs::read_dir(&shared).unwrap().count(), 0, "nothing is made in what is the host's");
}

#[test]
fn a_read_only_root_is_not_written_to_but_what_is_mounted_in_it_is() {
    let Some(corten) = setup::busybox() else { return };
    let (shared, new) = (directory(&corten, "shared"), file(&corten, "new", "new"));
    let volume = format!("{shared}:/mnt");
    corten
        .run(&["create", "--name", "box", "--read-only", "-v", &volume, "busybox", "sleep", "1000"])
        .success();
    for _round in ["stopped", "running"] {
        let refused = corten.run(&["cp", &new, "box:/tmp"]).exited(1);
        assert_eq!(refused.stderr(), "Error response from daemon: container rootfs is marked read-only\n");
        corten.run(&["cp", &new, "box:/mnt"]).success();
        corten.run(&["cp", "box:/etc/passwd", "-"]).success();
        corten.run(&["start", "box"]).success();
    }
}

#[test]
fn owners_are_those_that_the_container_sees() {
    let Some(corten) = setup::busybox() else { return };
    let new = file(&corten, "new", "new");
    chown(&new, Some(7), Some(8)).unwrap();
    container(&corten, "box", &["--userns", "auto"]);
    for round in ["running", "stopped"] {
        let name = format!("box:/q/{round}");
        corten.run(&["cp", &new, &name]).success();
        assert!(listed(&corten, &name).contains(" 7:8 "), "{}", listed(&corten, &name));
        assert!(listed(&corten, "box:/q/dir/f").contains(" 7:8 "), "{}", listed(&corten, "box:/q/dir/f"));
        if round == "running" {
            let seen = corten.run(&["exec", "box", "stat", "-c", "%u:%g", "/q/running"]).success();
            assert_eq!(seen.stdout(), "7:8\n");
            stop(&corten, "box");
        }
    }
    assert!(listed(&corten, "box:/etc/hosts").contains(" 0:0 "), "{}", listed(&corten, "box:/etc/hosts"));
    corten.run(&["start", "box"]).success();
    let seen = corten.run(&["exec", "box", "stat", "-c", "%u:%g", "/q/stopped"]).success();
    assert_eq!(seen.stdout(), "7:8\n");
    chown(&new, Some(4_000_000), Some(8)).unwrap();
    let refused = corten.run(&["cp", &new, "box:/q/nobodys"]).exited(1);
    assert!(refused.stderr().contains("the user namespace does not have them"), "{}", refused.stderr());
}

#[test]
fn owners_in_a_mount_are_those_that_the_container_sees() {
    let Some(corten) = setup::busybox() else { return };
    let (plain, mapped) = (directory(&corten, "plain"), directory(&corten, "mapped"));
    let new = file(&corten, "new", "new");
    chown(&new, Some(7), Some(8)).unwrap();
    let covering = format!("{new}:/proc/uptime");
    let (as_is, shown) = (format!("{plain}:/plain"), format!("{mapped}:/mapped:idmap"));
    container(&corten, "box", &["--userns", "auto", "-v", &as_is, "-v", &shown, "-v", &covering]);
    for round in ["running", "stopped"] {
        for directory in ["plain", "mapped"] {
            let name = format!("box:/{directory}/{round}");
            corten.run(&["cp", &new, &name]).success();
            assert!(listed(&corten, &name).contains(" 7:8 "), "{}", listed(&corten, &name));
        }
        let owner = |directory: &str| fs::metadata(format!("{directory}/{round}")).unwrap().uid();
        assert_eq!((owner(&mapped), owner(&plain) > 1 << 31), (7, true), "{round}");
        if round == "running" {
            stop(&corten, "box");
        }
    }
    assert!(
        !corten.run(&["diff", "box"]).success().stdout().contains("/proc"),
        "a place for a mount is made in the root"
    );
}

#[test]
fn a_copy_from_a_container_belongs_to_who_makes_it_with_modes_and_times_kept() {
    let Some(corten) = setup::busybox() else { return };
    container(&corten, "box", &["--network", "none"]);
    corten
        .run(&["exec", "box", "touch", "-d", "2001-02-03 04:05:06", "/q/dir/f", "/q/dir/sub", "/q/dir"])
        .success();
    let out = directory(&corten, "out");
    corten.run(&["cp", "box:/q/dir", &out]).success();
    for name in ["dir", "dir/f", "dir/sub"] {
        let about = fs::metadata(format!("{out}/{name}")).unwrap();
        assert_eq!((about.uid(), about.gid(), about.mtime()), (0, 0, 981_173_106), "{name}");
    }
    assert_eq!(fs::metadata(format!("{out}/dir/sub/g")).unwrap().mode() & 0o7777, 0o4755);
    let (file, hard) =
        (fs::metadata(format!("{out}/dir/f")).unwrap(), fs::metadata(format!("{out}/dir/hard")).unwrap());
    assert_eq!(file.ino(), hard.ino());
}

/// Docker refuses links that lead above the directory that is extracted into; here they cannot do harm, and are kept as GNU tar keeps
/// them.
#[test]
fn links_that_lead_upwards_are_copied() {
    let Some(corten) = setup::busybox() else { return };
    container(&corten, "box", &["--network", "none"]);
    corten.run(&["exec", "box", "ln", "-s", "../../../etc", "/q/dir/up"]).success();
    let out = directory(&corten, "out");
    corten.run(&["cp", "box:/q/dir", &out]).success();
    assert_eq!(fs::read_link(format!("{out}/dir/up")).unwrap().to_str().unwrap(), "../../../etc");
    corten.run(&["cp", &format!("{out}/dir"), "box:/q/again"]).success();
    assert_eq!(corten.run(&["exec", "box", "readlink", "/q/again/up"]).success().stdout(), "../../../etc\n");
}

/// Begins to copy an archive into the container, and has the engine wait for the rest of it.
fn half_a_copy(corten: &Corten, name: &str, into: &str) -> Child {
    let mut command = corten.command(&["cp", "-", &format!("{name}:{into}")]);
    let mut child = corten.spawn(command.stdin(Stdio::piped()));
    let mut header = tar::Header::new_ustar();
    header.set_path("half").unwrap();
    header.set_size(1 << 20);
    header.set_mode(0o644);
    header.set_cksum();
    let stdin = child.stdin.as_mut().unwrap();
    stdin.write_all(header.as_bytes()).unwrap();
    stdin.write_all(&[b'x'; 300_000]).unwrap();
    stdin.flush().unwrap();
    child
}

#[test]
fn nothing_is_left_of_a_copy_whose_client_goes_away() {
    let Some(corten) = setup::busybox() else { return };
    container(&corten, "box", &["--network", "none"]);
    for round in ["running", "stopped"] {
        let mut child = half_a_copy(&corten, "box", "/q/odir");
        let here = |corten: &Corten| corten.run(&["cp", "box:/q/odir", "-"]);
        if round == "running" {
            while !here(&corten).stdout().contains("half") {}
        }
        // The input ends in the middle: no half a file is left.
        drop(child.stdin.take());
        assert!(!child.wait().unwrap().success());
        assert!(!here(&corten).success().stdout().contains("half"), "{round}");
        // The engine itself is killed: what it held is free.
        let mut child = half_a_copy(&corten, "box", "/q/odir");
        child.kill().unwrap();
        child.wait().unwrap();
        if round == "running" {
            stop(&corten, "box");
        }
    }
    let mounts = fs::read_to_string("/proc/mounts").unwrap();
    assert!(!mounts.contains(&corten.root().state().display().to_string()), "{mounts}");
    corten.run(&["start", "box"]).success();
    corten.run(&["exec", "box", "true"]).success();
    corten.run(&["rm", "-f", "box"]).success();
}

/// Two mounts of one writable directory would be two file systems that know nothing of each other.
#[test]
fn a_start_waits_for_whoever_still_copies_from_the_last_run() {
    let Some(corten) = setup::busybox() else { return };
    container(&corten, "box", &["--network", "none"]);
    corten.run(&["exec", "box", "dd", "if=/dev/zero", "of=/q/big", "bs=1M", "count=8"]).success();
    let mut command = corten.command(&["cp", "box:/q/big", "-"]);
    let mut reader = corten.spawn(&mut command);
    let mut start = vec![0; 512];
    reader.stdout.as_mut().unwrap().read_exact(&mut start).unwrap();
    stop(&corten, "box");
    thread::scope(|scope| {
        let starting = scope.spawn(|| corten.run(&["start", "box"]).success());
        let mut rest = Vec::new();
        reader.stdout.take().unwrap().read_to_end(&mut rest).unwrap();
        assert!(rest.len() > 8 << 20);
        starting.join().unwrap();
    });
    assert!(reader.wait().unwrap().success());
    corten.run(&["exec", "box", "true"]).success();
}

#[test]
fn copies_starts_and_stops_at_once_all_end_and_leave_nothing() {
    let Some(corten) = setup::busybox() else { return };
    let new = file(&corten, "new", "new");
    corten.run(&["create", "--name", "box", "busybox", "sleep", "1000"]).success();
    thread::scope(|scope| {
        for worker in 0..3 {
            let (corten, new) = (&corten, &new);
            scope.spawn(move || {
                for round in 0..6 {
                    let name = format!("box:/tmp/{worker}-{round}");
                    corten.run(&["cp", new, &name]).success();
                    corten.run(&["cp", &name, "-"]).success();
                }
            });
        }
        for _ in 0..6 {
            corten.run(&["start", "box"]).success();
            corten.run(&["kill", "box"]).success();
            corten.run(&["wait", "box"]).success();
        }
    });
    corten.run(&["start", "box"]).success();
    let there = corten.run(&["exec", "box", "sh", "-c", "cat /tmp/*-* | wc -c"]).success();
    assert_eq!(there.stdout().trim(), "54");
}
