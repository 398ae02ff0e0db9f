//! What was damaged, removed or cut short beneath an engine is told in one line, and is no dead end.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::PathBuf,
};

use corten_testkit::Corten;

use crate::setup;

fn files(corten: &Corten, container: &str) -> PathBuf {
    let id = corten.run(&["inspect", "--format", "{{.Id}}", container]).success().line();
    corten.root().state().join("containers").join(id)
}

fn status(corten: &Corten, container: &str) -> String {
    corten.run(&["inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", container]).success().line()
}

#[test]
fn a_damaged_journal_hides_no_other_container_and_can_be_removed() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--detach", "--name", "bad", "busybox", "sleep", "1000"]).success();
    corten.run(&["run", "--name", "good", "busybox", "true"]).success();
    let mut journal = fs::File::options().append(true).open(files(&corten, "bad").join("journal")).unwrap();
    journal.write_all(b"no record\nnor this\n").unwrap();
    let names = corten.run(&["ps", "--all", "--format", "{{.Names}}"]).success().stdout();
    assert_eq!(names, "good\nbad\n");
    let refused = corten.run(&["stop", "bad"]).exited(1).stderr();
    assert!(refused.contains("journal` is damaged at byte"), "{refused}");
    assert!(corten.run(&["system", "check"]).exited(1).stdout().contains("is damaged at byte"));
    corten.run(&["rm", "--force", "bad"]).success();
    assert_eq!(corten.run(&["system", "check"]).success().line(), "No problems found");
}

#[test]
fn a_container_whose_files_were_removed_starts_with_new_ones() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--name", "box", "busybox", "sh", "-c", "touch /file; exit 3"]).exited(3);
    fs::remove_dir_all(files(&corten, "box")).unwrap();
    assert_eq!(status(&corten, "box"), "exited 3");
    corten.run(&["start", "--attach", "box"]).exited(3);
    assert_eq!(status(&corten, "box"), "exited 3");
    fs::remove_dir_all(files(&corten, "box")).unwrap();
    corten.run(&["rm", "box"]).success();
}

#[test]
fn a_journal_that_was_removed_while_its_container_ran_ends_with_it() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--detach", "--name", "box", "busybox", "sleep", "1000"]).success();
    fs::remove_file(files(&corten, "box").join("journal")).unwrap();
    corten.run(&["stop", "--time", "0", "box"]).success();
    assert_eq!(status(&corten, "box"), "exited 137");
    corten.run(&["start", "box"]).success();
    assert_eq!(status(&corten, "box"), "running 0");
}

#[test]
fn files_without_a_container_are_swept() {
    let Some(corten) = setup::engine() else { return };
    corten.run(&["ps"]).success();
    let orphan = corten.root().state().join("containers").join("7".repeat(64));
    fs::create_dir_all(orphan.join("upper")).unwrap();
    let found = corten.run(&["system", "check"]).exited(1).stdout();
    assert!(found.contains("orphaned files"), "{found}");
    corten.run(&["system", "settle"]).success();
    assert!(!orphan.exists());
    corten.run(&["system", "check"]).success();
}

#[test]
fn what_a_container_wrote_is_not_swept_with_its_record() {
    let Some(corten) = setup::engine() else { return };
    corten.run(&["ps"]).success();
    let orphan = corten.root().state().join("containers").join("7".repeat(64));
    fs::create_dir_all(orphan.join("upper")).unwrap();
    fs::write(orphan.join("upper/note"), "kept").unwrap();
    corten.run(&["system", "settle"]).success();
    let found = corten.run(&["system", "check", "--repair"]).exited(1).stdout();
    assert!(found.contains("put the database that knew it back"), "{found}");
    assert_eq!(fs::read_to_string(orphan.join("upper/note")).unwrap(), "kept");
    fs::remove_dir_all(&orphan).unwrap();
}

#[test]
fn a_damaged_event_file_is_named() {
    let Some(corten) = setup::busybox() else { return };
    let events = corten.root().state().join("events");
    fs::write(&events, "this is no event file").unwrap();
    let refused = corten.run(&["run", "--name", "box", "busybox", "true"]).exited(125).stderr();
    assert!(refused.contains("events` is damaged at byte 0"), "{refused}");
    assert!(corten.run(&["system", "check"]).exited(1).stdout().contains("event file"));
    assert_eq!(corten.run(&["ps", "--all", "--quiet"]).success().stdout(), "");
    fs::remove_file(&events).unwrap();
    corten.run(&["run", "busybox", "true"]).success();
}

#[test]
fn a_container_whose_run_directory_was_removed_can_still_be_removed() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--detach", "--name", "box", "busybox", "sleep", "1000"]).success();
    fs::remove_dir_all(corten.root().run()).unwrap();
    assert_eq!(status(&corten, "box"), "running 0");
    corten.run(&["rm", "--force", "box"]).success();
}

#[test]
fn a_root_of_somebody_else_stays_as_it_is() {
    let Some(corten) = setup::engine() else { return };
    let root = corten.root().scratch().join("theirs");
    fs::create_dir(&root).unwrap();
    std::os::unix::fs::chown(&root, Some(65534), None).unwrap();
    let refused = corten.run(&["--root", root.to_str().unwrap(), "ps"]).exited(1).stderr();
    assert!(refused.contains("belongs to user 65534"), "{refused}");
    assert_eq!(fs::read_dir(&root).unwrap().count(), 0);
}

#[test]
fn an_empty_directory_that_is_open_to_all_becomes_a_root_and_is_closed() {
    let Some(corten) = setup::engine() else { return };
    fs::create_dir(corten.root().state()).unwrap();
    fs::set_permissions(corten.root().state(), fs::Permissions::from_mode(0o755)).unwrap();
    corten.run(&["ps"]).success();
    assert_eq!(fs::metadata(corten.root().state()).unwrap().mode() & 0o777, 0o700);
}

/// File systems may put the length of a file on the disk without what was appended.
#[test]
fn a_journal_whose_end_was_lost_with_the_power_but_not_its_length_is_gone_on_with() {
    let Some(corten) = setup::busybox() else { return };
    for name in ["started", "told"] {
        corten.run(&["run", "--detach", "--name", name, "busybox", "sleep", "1000"]).success();
        let journal = files(&corten, name).join("journal");
        let kept = fs::metadata(&journal).unwrap().len();
        corten.run(&["stop", "--time", "0", name]).success();
        assert_eq!(status(&corten, name), "exited 137");
        let file = fs::File::options().write(true).open(&journal).unwrap();
        let length = file.metadata().unwrap().len();
        file.set_len(kept).unwrap();
        file.set_len(length).unwrap();
        assert_eq!(status(&corten, name), "exited 137");
    }
    corten.run(&["update", "--restart", "always", "told"]).success();
    assert_eq!(status(&corten, "told"), "exited 137");
    for name in ["started", "told"] {
        corten.run(&["start", name]).success();
        assert_eq!(status(&corten, name), "running 0");
        corten.run(&["stop", "--time", "0", name]).success();
        assert_eq!(status(&corten, name), "exited 137");
    }
    assert_eq!(corten.run(&["system", "check"]).success().line(), "No problems found");
}
