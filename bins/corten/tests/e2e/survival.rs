//! Containers outlive everything but their own monitor, and even its death is told honestly.

use std::fs;
use std::io::Read as _;

use corten_journal::{JournalReader, JournalWriter, Record};
use corten_state::{Durability, StateError, Store};
use corten_testkit::{Corten, host};

use crate::events::now;
use crate::monitors::{kill_and_wait, monitor_of, parent_of};
use crate::setup;

fn state(corten: &Corten, container: &str) -> String {
    corten.run(&["inspect", "--format", "{{.State.Status}}", container]).success().line()
}

#[test]
fn a_killed_client_takes_nothing_with_it() {
    let Some(corten) = setup::busybox() else { return };
    let mut client = corten.spawn(&mut corten.command(&[
        "run",
        "--name",
        "box",
        "busybox",
        "sh",
        "-c",
        "echo up; exec sleep 1000",
    ]));
    let mut up = [0; 3];
    std::io::Read::read_exact(client.stdout.as_mut().unwrap(), &mut up).unwrap();
    client.kill().unwrap();
    client.wait().unwrap();
    assert_eq!(state(&corten, "box"), "running");
    assert_eq!(corten.run(&["logs", "box"]).success().stdout(), "up\n");
}

#[test]
fn a_killed_monitor_ends_its_container_and_that_is_told() {
    let Some(corten) = setup::busybox() else { return };
    let id = corten.run(&["run", "--detach", "--name", "box", "busybox", "sleep", "1000"]).success().line();
    let init = corten.run(&["inspect", "--format", "{{.State.Pid}}", &id]).success().line();
    kill_and_wait(parent_of(&init));
    assert_eq!(state(&corten, "box"), "exited");
    assert!(!host::is_alive(init.parse().unwrap()), "process {init} outlived its monitor");
    // The name, the files and the cgroup are free again.
    corten.run(&["start", "box"]).success();
    assert_eq!(state(&corten, "box"), "running");
}

/// The monitor is the parent of the container's first process.
/// Somebody's process may be stopped in the middle of a write, by SIGSTOP for instance. What has nothing to write does not wait for it.
#[test]
fn whoever_only_looks_does_not_wait_for_a_writer_that_was_stopped() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--detach", "--name", "box", "busybox", "sleep", "1000"]).success();
    let store = Store::open(&corten.root().state()).unwrap();
    let held = store.write(Durability::Normal, |_| {
        // Each that waited would take half a minute, and all of them more than a test has.
        for looking in
            [&["ps"][..], &["inspect", "box"], &["logs", "box"], &["exec", "box", "true"], &["top", "box"]]
        {
            corten.run(looking).success();
        }
        corten.run(&["kill", "box"]).success();
        assert_eq!(corten.run(&["wait", "box"]).success().line(), "137");
        assert_eq!(state(&corten, "box"), "exited");
        Ok::<_, StateError>(())
    });
    held.unwrap();
}

#[test]
fn whoever_waits_hears_of_a_killed_monitor() {
    let Some(corten) = setup::busybox() else { return };
    let script = "echo up; exec sleep 1000";
    let mut run = corten.command(&["run", "--rm", "--name", "box", "busybox", "sh", "-c", script]);
    let mut client = corten.spawn(&mut run);
    std::io::Read::read_exact(client.stdout.as_mut().unwrap(), &mut [0; 3]).unwrap();
    let waiter = corten.spawn(&mut corten.command(&["wait", "box"]));
    kill_and_wait(monitor_of(&corten, "box"));
    assert_eq!(client.wait().unwrap().code(), Some(137));
    let told = waiter.wait_with_output().unwrap();
    assert!(
        told.status.success() || String::from_utf8_lossy(&told.stderr).contains("No such container"),
        "{told:?}"
    );
    assert_eq!(corten.run(&["ps", "--all", "--quiet"]).success().stdout(), "");
}

#[test]
fn a_container_that_nobody_waits_for_is_removed_when_it_ends() {
    let Some(corten) = setup::busybox() else { return };
    let events = ["events", "--since", "0", "--filter", "event=destroy", "--format", "{{.Action}}"];
    let mut follower = corten.spawn(&mut corten.command(&events));
    corten.run(&["run", "--detach", "--rm", "busybox", "true"]).success();
    // The monitor sees to it, not a command of ours.
    std::io::Read::read_exact(follower.stdout.as_mut().unwrap(), &mut [0; 8]).unwrap();
    follower.kill().unwrap();
    follower.wait().unwrap();
    assert_eq!(corten.run(&["ps", "--all", "--quiet"]).success().stdout(), "");
}

#[test]
fn whoever_is_with_a_container_hears_of_its_killed_monitor() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--detach", "--interactive", "--name", "box", "busybox", "sleep", "1000"]).success();
    let begin = |arguments: &[&str], ready: &str| {
        let mut child = corten.spawn(&mut corten.command(arguments));
        let mut told = vec![0; ready.len()];
        child.stdout.as_mut().expect("a pipe").read_exact(&mut told).expect("a sign of life");
        assert_eq!(told, ready.as_bytes());
        child
    };
    let exec = begin(&["exec", "box", "sh", "-c", "echo up; exec sleep 1000"], "up\n");
    let events = ["events", "--filter", "event=attach", "--filter", "event=kill", "--format", "."];
    // Whoever attaches may be there before whoever listens.
    let mut events = corten.spawn(&mut corten.command(&[&events[..], &["--since", &now()]].concat()));
    let others: Vec<_> = [["attach", "box"].as_slice(), &["stop", "--time", "1000", "box"]]
        .into_iter()
        .map(|arguments| {
            let child = corten.spawn(&mut corten.command(arguments));
            // It is under way when it has been told of.
            events.stdout.as_mut().expect("a pipe").read_exact(&mut [0; 2]).expect("an event");
            child
        })
        .collect();
    kill_and_wait(monitor_of(&corten, "box"));
    let ended: Vec<_> = std::iter::once(exec)
        .chain(others)
        .map(|child| child.wait_with_output().expect("its output"))
        .map(|output| (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()))
        .collect();
    let codes: Vec<_> = ended.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, [Some(137), Some(137), Some(0)], "{ended:?}");
    assert_eq!(state(&corten, "box"), "exited");
    events.kill().expect("a signal");
    events.wait().expect("its end");
}

#[test]
fn a_container_that_ran_when_the_machine_went_down_exited_with_255() {
    let Some(corten) = setup::busybox() else { return };
    let id = corten.run(&["run", "--detach", "--name", "box", "busybox", "sleep", "1000"]).success().line();
    let journal = corten.root().state().join("containers").join(&id).join("journal");
    let (mut records, _) = JournalReader::read_from(&journal, 0).expect("its journal");
    let [Record::Started { pid, boot_id, .. }] = &mut records[..] else { panic!("{records:?}") };
    // Nobody has looked at it since it started; what a reboot takes is taken.
    kill_and_wait(parent_of(&pid.to_string()));
    *boot_id = "00000000-0000-4000-8000-000000000000".to_owned();
    fs::remove_file(&journal).expect("its journal");
    JournalWriter::open(&journal).and_then(|mut writer| writer.append(&records[0])).expect("room");
    fs::remove_dir_all(corten.root().run()).expect("its run directory");

    let shown = ["inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", "box"];
    assert_eq!(corten.run(&shown).success().line(), "exited 255");
    assert!(corten.run(&["ps", "--all"]).success().stdout().contains("Exited (255)"));
    corten.run(&["start", "box"]).success();
    assert_eq!(state(&corten, "box"), "running");
}
