//! However little room is left, an image arrives whole or not at all; and there is always enough to look and to remove.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use corten_testkit::{Corten, Registry, images, requirement};
use rustix::fs::{FallocateFlags, fallocate, statvfs};

/// Room for the engine's own files and a few images.
const SIZE: u64 = 48 << 20;

/// How many amounts of room are tried, from none to enough.
const STEPS: u64 = 24;

/// An engine on a small disk, with `busybox` and a container of it that has written a megabyte that hardly compresses.
fn stage() -> Option<(Corten, PathBuf)> {
    if !requirement::root() {
        return None;
    }
    let corten = Corten::on_a_small_disk(env!("CARGO_BIN_EXE_corten"), SIZE);
    let archive = images::busybox(corten.root().scratch())?;
    corten.load(&archive);
    let fill = "head -c 1000000 /dev/urandom > /noise";
    corten.run(&["run", "--name", "box", "busybox", "sh", "-c", fill]).success();
    Some((corten, archive))
}

fn free(corten: &Corten) -> u64 {
    let disk = statvfs(corten.root().state()).expect("a file system");
    disk.f_bavail * disk.f_frsize
}

/// Leaves so many bytes, until it is dropped.
struct Ballast(PathBuf);

impl Ballast {
    fn leave(corten: &Corten, room: u64) -> Ballast {
        let path = corten.root().state().join("ballast");
        let file = File::create(&path).expect("a file");
        let length = free(corten).saturating_sub(room);
        if length > 0 {
            fallocate(&file, FallocateFlags::empty(), 0, length).expect("room");
        }
        Ballast(path)
    }
}

impl Drop for Ballast {
    fn drop(&mut self) {
        fs::remove_file(&self.0).expect("no ballast");
    }
}

fn names(directory: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// What there is of images.
fn inventory(corten: &Corten) -> (String, BTreeSet<String>, BTreeSet<String>) {
    let listed = corten.run(&["images", "--all", "--no-trunc"]).success().stdout();
    let state = corten.root().state();
    (listed, names(&state.join("content/blobs/sha256")), names(&state.join("layers")))
}

/// Runs a command with ever more room. Where it is not enough the command says so and changes nothing; `undo` takes back what it did.
fn sweep(corten: &Corten, command: &[&str], undo: &dyn Fn(&Corten)) {
    let before = free(corten);
    corten.run(command).success();
    let need = before - free(corten);
    undo(corten);
    let mut failures = 0;
    for step in 0..=STEPS {
        let room = need * step / (STEPS - 4);
        let before = inventory(corten);
        let ballast = Ballast::leave(corten, room);
        let outcome = corten.run(command);
        if outcome.code == 0 {
            drop(ballast);
            undo(corten);
            continue;
        }
        failures += 1;
        let told = outcome.stderr().to_lowercase();
        let names_the_reason = told.contains("no space left on device") || told.contains("disk is full");
        let names_the_object = told.contains(['`', '/']) || told.contains("cannot pack the layer");
        assert!(names_the_reason && names_the_object, "{room} bytes: {told}");
        assert_eq!(inventory(corten), before, "{room} bytes: {told}");
        corten.run(&["ps", "--all"]).success();
        assert_eq!(corten.run(&["system", "check"]).line(), "No problems found", "{room} bytes");
        drop(ballast);
        // What has arrived of a pull is kept, and would be room that is not needed the next time.
        let _ = fs::remove_dir_all(corten.root().state().join("content/ingest"));
    }
    assert!((4..=STEPS).contains(&failures), "{failures} of {command:?} had too little room");
}

fn remove(image: &'static str) -> impl Fn(&Corten) {
    move |corten| drop(corten.run(&["rmi", image]).success())
}

#[test]
fn a_pull_arrives_whole_or_not_at_all() {
    let Some((corten, archive)) = stage() else { return };
    corten.run(&["rm", "box"]).success();
    corten.run(&["rmi", "busybox"]).success();
    let registry = Registry::serve(&archive, corten.root().scratch());
    let name = registry.name("library/busybox:1");
    sweep(&corten, &["pull", &name], &|corten| drop(corten.run(&["rmi", &name]).success()));
}

#[test]
fn an_archive_is_loaded_whole_or_not_at_all() {
    let Some((corten, archive)) = stage() else { return };
    corten.run(&["rm", "box"]).success();
    corten.run(&["rmi", "busybox"]).success();
    sweep(&corten, &["load", "--input", archive.to_str().expect("a path")], &remove("busybox"));
}

#[test]
fn a_file_system_becomes_an_image_or_nothing() {
    let Some((corten, _)) = stage() else { return };
    let tree = corten.root().scratch().join("tree.tar");
    fs::write(&tree, corten.run(&["export", "box"]).success().stdout_bytes).expect("a file");
    sweep(&corten, &["import", tree.to_str().expect("a path"), "tree:1"], &remove("tree:1"));
}

#[test]
fn a_container_becomes_an_image_or_nothing() {
    let Some((corten, _)) = stage() else { return };
    sweep(&corten, &["commit", "box", "made:1"], &remove("made:1"));
}

#[test]
fn an_archive_is_saved_whole_or_not_at_all() {
    let Some((corten, _)) = stage() else { return };
    let directory = corten.root().state().join("saved");
    fs::create_dir(&directory).expect("a directory");
    let file = directory.join("busybox.tar");
    let gone = |_: &Corten| fs::remove_file(&file).expect("an archive");
    sweep(&corten, &["save", "--output", file.to_str().expect("a path"), "busybox"], &gone);
    assert_eq!(names(&directory), BTreeSet::new());
}

#[test]
fn a_full_disk_is_emptied_with_rm_rmi_and_prune() {
    let Some((corten, archive)) = stage() else { return };
    corten.run(&["commit", "box", "made:1"]).success();
    corten.run(&["rmi", "made:1"]).success();
    corten.load(&archive);
    corten.run(&["commit", "box", "made:2"]).success();
    let removals: [&[&str]; 3] =
        [&["rm", "box"], &["rmi", "made:2"], &["image", "prune", "--all", "--force"]];
    for removal in removals {
        let ballast = Ballast::leave(&corten, 0);
        let full = free(&corten);
        corten.run(&["images"]).success();
        corten.run(removal).success();
        assert!(free(&corten) > full + 500_000, "{removal:?} gave {} bytes back", free(&corten) - full);
        drop(ballast);
    }
    assert_eq!(corten.run(&["images", "--all", "--quiet"]).success().stdout(), "");
    assert_eq!(corten.run(&["system", "check"]).success().line(), "No problems found");
}
