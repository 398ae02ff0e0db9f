//! `system check` walks both ways, and `--repair` mends what can be mended without losing anything.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use corten_cgroups::Layout;
use corten_spec::runtime::Resources;
use corten_state::{Durability, StateError, Store};
use corten_testkit::{Corten, images};

use crate::setup;

fn container(corten: &Corten, arguments: &[&str]) -> String {
    corten.run(arguments).success();
    corten.run(&["inspect", "--format", "{{.Id}}", "box"]).success().line()
}

fn files(corten: &Corten, id: &str) -> PathBuf {
    corten.root().state().join("containers").join(id)
}

fn state(corten: &Corten) -> String {
    corten.run(&["inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", "box"]).success().line()
}

#[track_caller]
fn finds(corten: &Corten, text: &str) {
    let found = corten.run(&["system", "check"]).exited(1).stdout();
    assert!(found.contains(text), "`{text}` is not in\n{found}");
}

/// Repairs, and finds nothing more.
#[track_caller]
fn repair(corten: &Corten, problem: &str, text: &str) {
    finds(corten, problem);
    let repaired = corten.run(&["system", "check", "--repair"]).success().stdout();
    assert!(repaired.contains(text), "`{text}` is not in\n{repaired}");
    assert_eq!(corten.run(&["system", "check"]).success().line(), "No problems found");
}

#[test]
fn a_damaged_journal_is_mended_while_its_container_runs() {
    let Some(corten) = setup::busybox() else { return };
    let id = container(&corten, &["run", "--detach", "--name", "box", "busybox", "sleep", "1000"]);
    let journal = files(&corten, &id).join("journal");
    fs::File::options().append(true).open(&journal).unwrap().write_all(b"no record\nnor this\n").unwrap();
    repair(&corten, "is damaged at byte", "a copy is kept as");
    assert!(fs::read_to_string(journal.with_added_extension("damaged")).unwrap().contains("nor this"));
    corten.run(&["stop", "--time", "0", "box"]).success();
    assert_eq!(state(&corten), "exited 137");
}

#[test]
fn a_damaged_event_file_is_put_aside() {
    let Some(corten) = setup::busybox() else { return };
    let events = corten.root().state().join("events");
    fs::write(&events, "this is no event file").unwrap();
    repair(&corten, "event file", "put aside as");
    assert_eq!(fs::read_to_string(events.with_added_extension("damaged")).unwrap(), "this is no event file");
    corten.run(&["run", "--rm", "busybox", "true"]).success();
}

#[test]
fn a_damaged_state_is_read_from_the_journal_again() {
    let Some(corten) = setup::busybox() else { return };
    let id = container(&corten, &["create", "--name", "box", "busybox", "sh", "-c", "exit 3"]);
    corten.run(&["start", "--attach", "box"]).exited(3);
    let damage = || {
        let store = Store::open(&corten.root().state()).unwrap();
        store.write::<_, StateError>(Durability::Normal, |tx| tx.set_container_state(&id, "rot", 0)).unwrap();
    };
    damage();
    corten.run(&["start", "box"]).exited(1);
    repair(&corten, "container record", "its state was read from the journal again");
    assert_eq!(state(&corten), "exited 3");
    damage();
    corten.run(&["rm", "--force", "box"]).success();
    assert!(!files(&corten, &id).exists());
}

#[test]
fn what_an_image_lacks_is_named() {
    let Some(corten) = setup::busybox() else { return };
    let blobs = corten.root().state().join("content/blobs/sha256");
    let largest = |entries: fs::ReadDir| {
        entries
            .map(|entry| entry.unwrap().path())
            .max_by_key(|path| fs::metadata(path).unwrap().len())
            .unwrap()
    };
    let layer = largest(fs::read_dir(&blobs).unwrap());
    fs::File::options().append(true).open(&layer).unwrap().write_all(b"x").unwrap();
    finds(&corten, "bytes instead of");
    fs::remove_file(&layer).unwrap();
    finds(&corten, "image blob");
    let layers = corten.root().state().join("layers");
    let name = fs::read_dir(&layers)
        .unwrap()
        .map(|entry| entry.unwrap())
        .find(|entry| entry.path().join("bin").is_dir());
    let name = name.unwrap().path();
    fs::rename(&name, corten.root().scratch().join("away")).unwrap();
    finds(&corten, "its directory is missing");
}

#[test]
fn what_no_record_speaks_of_is_swept() {
    let Some(corten) = setup::busybox() else { return };
    let nobody = "7".repeat(64);
    fs::create_dir(corten.root().state().join("layers").join(&nobody)).unwrap();
    repair(&corten, "orphaned layer", "orphaned layer");
    fs::create_dir(corten.root().run().join("containers").join(&nobody)).unwrap();
    repair(&corten, "orphaned run directory", "orphaned run directory");
    fs::create_dir_all(files(&corten, &nobody).join("upper")).unwrap();
    repair(&corten, "orphaned files", "orphaned files");
    if let Ok(layout) = Layout::detect()
        && let Ok(home) = layout.home(&corten.root().cgroup())
    {
        let path = format!("{home}/{nobody}");
        layout.create(&path, &Resources::default()).unwrap();
        repair(&corten, "orphaned cgroup", "orphaned cgroup");
    }
}

#[test]
fn what_others_remove_meanwhile_is_not_missed() {
    let Some(corten) = setup::engine() else { return };
    let Some(archive) = images::busybox(corten.root().scratch()) else { return };
    corten.load(&archive);
    let come_and_go = || {
        for _ in 0..12 {
            corten.run(&["create", "--name", "box", "--volume", "data:/data", "busybox"]).success();
            corten.run(&["rm", "box"]).success();
            corten.run(&["volume", "rm", "data"]).success();
            corten.run(&["rmi", "busybox"]).success();
            corten.load(&archive);
        }
    };
    std::thread::scope(|scope| {
        let others = scope.spawn(come_and_go);
        while !others.is_finished() {
            let found = corten.run(&["system", "check"]);
            assert_eq!(found.success().line(), "No problems found");
        }
    });
}
