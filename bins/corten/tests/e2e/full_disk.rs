//! A disk without room keeps nobody from ending and removing what runs, and what is done is not called a failure.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use corten_testkit::{Corten, images, requirement};

use crate::events::now;

/// Room for the engine's own files, an image and little more.
const SIZE: u64 = 40 << 20;

fn fill(directory: &Path) {
    let mut file = fs::File::create(directory.join("ballast")).expect("a file");
    for size in [1 << 20, 4096, 1] {
        while file.write(&vec![b'x'; size]).is_ok_and(|written| written > 0) {}
    }
}

/// An engine with an image, two containers that run, and no room left.
fn full() -> Option<Corten> {
    if !requirement::root() {
        return None;
    }
    let corten = Corten::on_a_small_disk(env!("CARGO_BIN_EXE_corten"), SIZE);
    let archive = images::busybox(corten.root().scratch())?;
    corten.load(&archive);
    for name in ["one", "two"] {
        corten.run(&["run", "--detach", "--name", name, "busybox", "sleep", "1000"]).success();
    }
    fill(&corten.root().state());
    Some(corten)
}

fn told(corten: &Corten) -> String {
    let events =
        ["events", "--since", "0", "--until", &now(), "--filter", "container=one", "--format", "{{.Action}}"];
    corten.run(&events).success().stdout().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn state(corten: &Corten, container: &str) -> String {
    corten.run(&["inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", container]).success().line()
}

#[test]
fn what_runs_on_a_full_disk_can_be_stopped_and_removed_and_that_is_told() {
    let Some(corten) = full() else { return };
    corten.run(&["stop", "--time", "0", "one"]).success();
    assert_eq!(state(&corten, "one"), "exited 137");
    assert_eq!(told(&corten), "create start kill die stop");
    corten.run(&["rm", "--force", "two"]).success();
    corten.run(&["rm", "one"]).success();
}

#[test]
fn a_full_disk_makes_no_failure_of_what_is_done() {
    let Some(corten) = full() else { return };
    // Nothing is left to give up.
    fs::remove_file(corten.root().state().join("headroom")).unwrap();
    fill(&corten.root().state());
    for command in [["pause", "one"], ["unpause", "one"], ["kill", "one"], ["kill", "two"]] {
        corten.run(&command).success();
    }
    assert!(state(&corten, "one").starts_with("exited"));
    fs::remove_file(corten.root().state().join("ballast")).unwrap();
    corten.run(&["start", "one"]).success();
}
