//! What a boot of the machine brings back and what it takes away, and that a loss of power undoes nothing of what decides about that.

use std::fs;

use corten_engine::containers::RunState;
use corten_journal::{JournalReader, JournalWriter, Record};
use corten_state::{Durability, Store};
use corten_testkit::{Corten, fault};

use crate::restarts::{life, lose, until};
use crate::setup;

/// A boot that is not this one.
const EARLIER: &str = "00000000-0000-4000-8000-000000000000";

/// Whether a command waits for the disk to have the journal of the container `box`.
fn syncs_the_journal(corten: &Corten, command: &[&str]) -> bool {
    let watched = fault::run(&corten.command(command), corten.root().scratch(), None).expect("a command");
    assert_eq!(watched.code, 0, "{}", watched.stderr);
    watched.syncs.iter().any(|call| call.starts_with("fdatasync `") && call.ends_with("/journal`"))
}

#[test]
fn what_decides_about_a_return_after_a_boot_survives_a_loss_of_power() {
    let Some(corten) = setup::busybox() else { return };
    let syncs = |policy, made: &[&str], looked_at: &[&str]| {
        let words = ["--network", "none", "--name", "box", "--restart", policy, "busybox"];
        corten.run(&[&made[..1], &words, &made[1..]].concat()).success();
        let syncs = syncs_the_journal(&corten, looked_at);
        corten.run(&["rm", "--force", "box"]).success();
        syncs
    };
    let (created, start) = (["create", "sleep", "1000"], ["start", "box"]);
    assert!(syncs("always", &created, &start));
    // A success is not to be forgotten: after a boot, the work would be done again.
    let (ended, reap) = (["run", "true"], ["system", "reap", "box"]);
    assert!(syncs("on-failure", &ended, &reap));
    // Who does not come back pays nothing for it.
    assert!(!syncs("no", &created, &start));
    assert!(!syncs("no", &ended, &reap));
}

/// Changes the state of a container as its row has it.
fn rewrite(corten: &Corten, id: &str, state: &RunState) {
    let store = Store::open(&corten.root().state()).expect("the database");
    let document = serde_json::to_string(state).expect("a document");
    store.write(Durability::Normal, |tx| tx.set_container_state(id, &document, 0)).expect("room");
}

#[test]
fn what_was_made_for_a_single_run_goes_with_the_boot_that_it_was_to_run_in() {
    let Some(corten) = setup::busybox() else { return };
    let create = |name| corten.run(&["create", "--rm", "--name", name, "busybox", "true"]).success().line();
    let lost = create("lost");
    create("fresh");
    let earlier = RunState { created_in: Some(EARLIER.to_owned()), ..RunState::default() };
    rewrite(&corten, &lost, &earlier);
    corten.run(&["boot"]).success();
    let names = || corten.run(&["ps", "--all", "--format", "{{.Names}}"]).success().stdout();
    assert_eq!(names(), "fresh\n");
    // Whoever made it a moment ago may still be about to start it.
    corten.run(&["system", "settle"]).success();
    assert_eq!(names(), "fresh\n");
    corten.run(&["start", "--attach", "fresh"]).success();
    corten.run(&["system", "settle"]).success();
    assert_eq!(names(), "");
}

/// Makes a machine of this one that has been started again since the containers were.
fn reboot(corten: &Corten, containers: &[&str]) {
    for container in containers {
        let id = corten.run(&["inspect", "--format", "{{.Id}}", container]).success().line();
        let pid = corten.run(&["inspect", "--format", "{{.State.Pid}}", container]).success().line();
        if pid != "0" {
            lose(corten, container);
        }
        let journal = corten.root().state().join("containers").join(&id).join("journal");
        let (mut records, _) = JournalReader::read_from(&journal, 0).expect("its journal");
        for record in &mut records {
            if let Record::Started { boot_id, .. } = record {
                *boot_id = EARLIER.to_owned();
            }
        }
        // What of it has been folded already is in the database.
        rewrite(corten, &id, &RunState::default());
        fs::remove_file(&journal).expect("its journal");
        let mut writer = JournalWriter::open(&journal).expect("room");
        records.iter().for_each(|record| writer.append(record).expect("room"));
    }
    fs::remove_dir_all(corten.root().run()).expect("its run directory");
}

#[test]
fn after_a_boot_what_should_run_does_and_nothing_else() {
    let Some(corten) = setup::busybox() else { return };
    let start = |name: &str, policy: &str, script: &str| {
        let words = ["run", "-d", "--name", name, "--restart", policy, "busybox", "sh", "-c", script];
        corten.run(&words).success();
    };
    for (name, policy) in
        [("always", "always"), ("unless", "unless-stopped"), ("failing", "on-failure:1"), ("none", "no")]
    {
        start(name, policy, "exec sleep 1000");
    }
    for (name, policy) in [("always-stopped", "always"), ("unless-stopped", "unless-stopped")] {
        start(name, policy, "exec sleep 1000");
        corten.run(&["stop", "--time", "0", name]).success();
    }
    start("done", "on-failure", "exit 0");
    corten.run(&["wait", "done"]).success();
    corten.run(&["create", "--name", "new", "--restart", "always", "busybox", "true"]).success();
    // Made before the one that it needs, it can only be started after it.
    corten.run(&["create", "--name", "web", "--restart", "always", "busybox", "sleep", "1000"]).success();
    corten.run(&["start", "web"]).success();
    let sidecar = ["run", "-d", "--name", "side", "--restart", "always", "--network", "container:web"];
    corten.run(&[&sidecar[..], &["busybox", "sleep", "1000"]].concat()).success();
    let all =
        ["always", "unless", "failing", "none", "always-stopped", "unless-stopped", "done", "web", "side"];
    reboot(&corten, &all);

    assert_eq!(life(&corten, "always"), "exited false false 0", "looking starts nothing");
    let booted = corten.run(&["boot"]).success().stdout();
    let mut started: Vec<&str> = booted.lines().collect();
    started.sort_unstable();
    assert_eq!(started, ["always", "always-stopped", "failing", "side", "unless", "web"]);
    for name in started {
        assert_eq!(life(&corten, name), "running true false 0", "{name}");
    }
    for name in ["none", "unless-stopped", "done", "new"] {
        assert!(!life(&corten, name).starts_with("running"), "{name}");
    }
    assert_eq!(corten.run(&["boot"]).success().stdout(), "", "all run");
}

#[test]
fn a_boot_waits_for_what_comes_later_and_names_what_does_not() {
    let Some(corten) = setup::busybox() else { return };
    let late = corten.root().scratch().join("late");
    let never = corten.root().scratch().join("never");
    for (name, source) in [("late", &late), ("never", &never)] {
        fs::create_dir(source).expect("a directory");
        let mount = format!("type=bind,source={},target=/mnt", source.display());
        let words = ["run", "-d", "--name", name, "--restart", "always", "--mount", &mount];
        corten.run(&[&words[..], &["busybox", "sleep", "1000"]].concat()).success();
    }
    reboot(&corten, &["late", "never"]);
    fs::remove_dir(&late).expect("it is empty");
    fs::remove_dir(&never).expect("it is empty");
    let mut boot = corten.spawn(&mut corten.command(&["boot", "--timeout", "4s"]));
    let id = corten.run(&["inspect", "--format", "{{.Id}}", "late"]).success().line();
    let journal = corten.root().state().join("containers").join(&id).join("journal");
    until("a first try", || {
        let (records, _) = JournalReader::read_from(&journal, 0).expect("its journal");
        records.iter().any(|record| matches!(record, Record::StartFailed { .. }))
    });
    fs::create_dir(&late).expect("a directory");
    assert_eq!(boot.wait().expect("its end").code(), Some(1));
    assert_eq!(life(&corten, "late"), "running true false 0");
    let error = corten.run(&["inspect", "--format", "{{.State.Error}}", "never"]).success().line();
    assert!(error.contains("bind source path does not exist"), "{error}");
}
