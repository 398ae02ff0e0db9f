//! Images and containers in archives: out of one engine and into another, or into another program.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use corten_testkit::{Corten, fixtures, requirement};

use crate::setup;

/// Whether a program of somebody else is there; a test that compares with it is skipped without.
fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    requirement::is_met(found, program)
}

fn image_ids(corten: &Corten) -> String {
    corten.run(&["images", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}"]).success().stdout()
}

#[test]
fn a_saved_image_is_the_same_after_it_was_loaded_again() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["tag", "busybox", "example.com/b:2"]).success();
    let archive = corten.root().scratch().join("saved.tar");
    let path = archive.to_str().expect("a path");
    corten.run(&["save", "-o", path, "busybox", "example.com/b"]).success();
    assert_eq!(fs::metadata(&archive).expect("a file").permissions().mode() & 0o777, 0o600);
    let streamed = corten.run(&["image", "save", "busybox", "example.com/b:2"]).success().stdout_bytes;
    assert!(fs::read(&archive).expect("an archive") == streamed);
    let before = image_ids(&corten);
    corten.run(&["rmi", "-f", "busybox", "example.com/b:2"]).success();
    let loaded = corten.load(&archive).stdout();
    assert_eq!(loaded, "Loaded image: busybox:latest\nLoaded image: example.com/b:2\n");
    assert_eq!(image_ids(&corten), before);
    assert_eq!(corten.run(&["run", "--rm", "example.com/b:2", "echo", "hi"]).success().stdout(), "hi\n");
    let events =
        corten.run(&["events", "--since", "1", "--until", &crate::events::now(), "--filter", "event=save"]);
    assert_eq!(events.success().stdout().lines().count(), 2);
}

#[test]
fn what_cannot_be_saved_leaves_the_file_as_it_was() {
    let Some(corten) = setup::busybox() else { return };
    let scratch = corten.root().scratch();
    let path = |name: &str| scratch.join(name).to_str().expect("a path").to_owned();
    fs::write(path("kept.tar"), "kept").expect("a file");
    std::os::unix::fs::symlink("kept.tar", path("link.tar")).expect("a link");
    let refusals = [
        (
            vec!["nothing", "-o", &path("kept.tar")],
            "Error response from daemon: No such image: nothing\n".to_owned(),
        ),
        (
            vec!["busybox", "-o", "/dev/null"],
            "failed to save image: cannot write to a character device file\n".to_owned(),
        ),
        (
            vec!["busybox", "-o", &path("link.tar")],
            "failed to save image: cannot write to a symbolic link directly\n".to_owned(),
        ),
        (vec!["busybox", "-o", &path("")], "failed to save image: cannot write to a directory\n".to_owned()),
        (
            vec!["busybox", "-o", "/nowhere/x.tar"],
            "failed to save image: invalid output path: stat /nowhere: no such file or directory\n"
                .to_owned(),
        ),
    ]
    .map(|(arguments, expected)| {
        let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
        (arguments, expected)
    });
    for (arguments, expected) in refusals {
        let outcome = corten.run(&[&["save".to_owned()], arguments.as_slice()].concat()).exited(1);
        assert_eq!(outcome.stderr(), expected);
    }
    assert_eq!(fs::read_to_string(path("kept.tar")).expect("a file"), "kept");
    assert!(
        !fs::read_dir(scratch)
            .expect("a directory")
            .any(|entry| { entry.expect("an entry").file_name().to_string_lossy().starts_with(".tmp-") })
    );
}

#[test]
fn nothing_is_saved_to_a_terminal() {
    let Some(corten) = setup::busybox() else { return };
    let mut terminal = corten.terminal(&["save", "busybox"]);
    terminal.expect("cowardly refusing to save to a terminal. Use the -o flag or redirect");
    assert_eq!(terminal.wait(), 1);
}

#[test]
fn an_archive_that_breaks_off_is_a_failure_and_no_file() {
    let Some(corten) = setup::busybox() else { return };
    let id = corten.run(&["inspect", "--format", "{{.Id}}", "busybox"]).success().line();
    let blob = corten.root().state().join("content/blobs/sha256").join(&id["sha256:".len()..]);
    let damaged = vec![b' '; fs::read(&blob).expect("a blob").len()];
    fs::write(&blob, damaged).expect("a blob");
    let file = corten.root().scratch().join("damaged.tar");
    let failed = corten.run(&["save", "-o", file.to_str().expect("a path"), "busybox"]).exited(1);
    assert!(failed.stderr().starts_with(&format!("Error response from daemon: content `{id}` has digest ")));
    assert!(!file.exists());
}

#[test]
fn skopeo_reads_what_is_saved_and_what_it_writes_is_loaded() {
    let Some(corten) = setup::busybox() else { return };
    if !has("skopeo") {
        return;
    }
    let scratch = corten.root().scratch();
    let id = corten.run(&["inspect", "--format", "{{.Id}}", "busybox"]).success().line();
    corten.run(&["save", "-o", scratch.join("saved.tar").to_str().expect("a path"), "busybox"]).success();
    corten.run(&["rmi", "busybox"]).success();
    let copies = [
        ("oci-archive:saved.tar", "oci-archive:one.tar:busybox:one"),
        ("docker-archive:saved.tar", "docker-archive:two.tar:busybox:two"),
        ("oci-archive:one.tar", "docker-archive:three.tar:busybox:three"),
    ];
    for (from, to) in copies {
        let mut skopeo = Command::new("skopeo");
        skopeo.args(["copy", "--quiet", "--insecure-policy", from, to]).current_dir(scratch);
        assert!(skopeo.status().expect("skopeo").success(), "{from} {to}");
        corten.load(&scratch.join(to.split(':').nth(1).expect("a file")));
        corten.run(&["inspect", "--format", "{{.Id}}", &id]).success();
    }
}

#[test]
fn a_real_image_keeps_its_index_through_an_archive() {
    let Some(image) = fixtures::image("alpine-3.20") else { return };
    let Some(corten) = setup::engine() else { return };
    corten.load(&image);
    let first = corten.run(&["save", "alpine:3.20"]).success().stdout_bytes;
    corten.run(&["rmi", "alpine:3.20"]).success();
    corten.run_with_input(&["load"], &first).success();
    assert!(corten.run(&["save", "alpine"]).success().stdout_bytes == first);
    assert_eq!(corten.run(&["images", "-aq"]).success().stdout().lines().count(), 8, "one for each platform");
    let outcome = corten.run(&["run", "--rm", "--platform", "linux/s390x", "alpine:3.20"]).exited(125);
    assert!(outcome.stderr().contains("exec format error"), "{}", outcome.stderr());
    corten.run(&["rmi", "--platform", "linux/s390x", "alpine:3.20"]).success();
    let outcome = corten.run(&["save", "--platform", "linux/s390x", "alpine:3.20"]).exited(1);
    assert_eq!(
        outcome.stderr(),
        "Error response from daemon: image with reference alpine:3.20 was found but does not provide the specified platform \
         (linux/s390x)\n"
    );
}

#[test]
fn pruning_takes_what_has_no_name_or_no_container_after_asking() {
    let Some(corten) = setup::busybox() else { return };
    let id = corten.run(&["inspect", "--format", "{{.Id}}", "busybox"]).success().line();
    let question = "WARNING! This will remove all images without at least one container associated to them.\n\
                    Are you sure you want to continue? [y/N] ";
    for answer in ["n\n", "", "\n"] {
        let outcome = corten.run_with_input(&["image", "prune", "-a"], answer.as_bytes()).success();
        assert_eq!(outcome.stdout(), question);
    }
    let pruned = corten.run_with_input(&["image", "prune"], b"y\n").success().stdout();
    assert!(pruned.ends_with("[y/N] Total reclaimed space: 0B\n"), "{pruned}");
    corten.run(&["create", "--name", "user", "busybox"]).success();
    assert_eq!(corten.run(&["image", "prune", "-af"]).success().stdout(), "Total reclaimed space: 0B\n");
    corten.run(&["rm", "user"]).success();
    let pruned = corten.run(&["image", "prune", "-af"]).success().stdout();
    assert!(
        pruned.starts_with(&format!("Deleted Images:\nuntagged: busybox:latest\ndeleted: {id}\n")),
        "{pruned}"
    );
    assert!(pruned.contains("\n\nTotal reclaimed space: ") && pruned.ends_with("MB\n"), "{pruned}");
    let refused =
        corten.run(&["image", "prune", "-f", "--filter", "until=1h", "--filter", "until=2h"]).exited(1);
    assert_eq!(refused.stderr(), "Error response from daemon: more than one until filter specified\n");
    let events = [
        "events",
        "--since",
        "1",
        "--until",
        &crate::events::now(),
        "--format",
        "{{.Action}}",
        "--filter",
        "type=image",
    ];
    let events = corten.run(&events).success().stdout();
    assert!(events.ends_with("prune\nuntag\ndelete\nprune\n"), "{events}");
}
