//! Several engines at the same containers at once: nothing is corrupted, nothing is told twice or not at all.
//!
//! A minute of it with fifty containers is for a soak; this is as much as finds a lost lock.

use std::{
    collections::BTreeMap,
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use corten_testkit::{Corten, Outcome};

use crate::setup;

const NAMES: [&str; 3] = ["one", "two", "three"];

/// What an engine may say when another was faster.
const EXPECTED: [&str; 6] = [
    "No such container",
    "is not running",
    "already in use by container",
    "container is running",
    "marked for removal",
    "paused",
];

/// One worker: a fixed mixture of commands, in an order of its own.
fn work(corten: &Corten, worker: usize) {
    for round in 0..24 {
        let step = round * 7 + worker * 5;
        let name = NAMES[(round + worker) % NAMES.len()];
        let outcome = command(corten, step % 11, name);
        let told = EXPECTED.iter().any(|text| outcome.stderr().contains(text));
        assert!(
            outcome.code == 0 || told,
            "`{}` ended with {}: {}",
            outcome.command,
            outcome.code,
            outcome.stderr()
        );
    }
}

fn command(corten: &Corten, kind: usize, name: &str) -> Outcome {
    match kind {
        0 | 1 => corten.run(&["run", "--detach", "--name", name, "busybox", "sleep", "1000"]),
        2 => corten.run(&["create", "--name", name, "busybox", "sleep", "1000"]),
        3 | 4 => corten.run(&["start", name]),
        5 => corten.run(&["stop", "--time", "0", name]),
        6 => corten.run(&["restart", "--time", "0", name]),
        7 => corten.run(&["pause", name]),
        8 => corten.run(&["unpause", name]),
        9 => corten.run(&["ps", "--all"]),
        _ => corten.run(&["rm", "--force", name]),
    }
}

#[test]
fn engines_that_do_everything_at_once_lose_nothing() {
    let Some(corten) = setup::busybox() else { return };
    thread::scope(|scope| {
        for worker in 0..4 {
            let corten = &corten;
            scope.spawn(move || work(corten, worker));
        }
    });
    corten.run(&[&["rm", "--force"][..], &NAMES].concat());
    corten.run(&["system", "settle"]).success();
    assert_eq!(corten.run(&["system", "check"]).success().line(), "No problems found");
    assert_eq!(corten.run(&["ps", "--all", "--quiet"]).success().stdout(), "");
    assert_balanced(&events(&corten, "type=container", "{{.Actor.ID}} {{.Action}}"));
}

/// What was told up to now, which `--until 0s` would round down to a whole second.
fn events(corten: &Corten, filter: &str, format: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock past 1970");
    let until = format!("{}.{:09}", now.as_secs(), now.subsec_nanos());
    let events = ["events", "--since", "0", "--until", &until, "--filter", filter, "--format", format];
    corten.run(&events).success().stdout()
}

/// Every container was created and destroyed once, and died as often as it started.
fn assert_balanced(events: &str) {
    let mut told: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let told_of = |action: &'static str| move |line: &&str| line.ends_with(action);
    for line in events.lines() {
        let (container, action) = line.split_once(' ').expect("an id and an action");
        *told.entry((container, action)).or_default() += 1;
    }
    let count = |container, action| told.get(&(container, action)).copied().unwrap_or_default();
    assert!(events.lines().any(|line| told_of(" start")(&line)), "nothing was started:\n{events}");
    for line in events.lines().filter(told_of(" create")) {
        let (container, _) = line.split_once(' ').expect("an id and an action");
        assert_eq!(
            (count(container, "create"), count(container, "destroy")),
            (1, 1),
            "{container}\n{events}"
        );
        assert_eq!(count(container, "start"), count(container, "die"), "{container}\n{events}");
    }
}

#[test]
fn a_forced_removal_kills_once() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--detach", "--name", "box", "busybox", "sleep", "1000"]).success();
    corten.run(&["rm", "--force", "box"]).success();
    assert_eq!(events(&corten, "event=kill", "{{.Action}}"), "kill\n");
}
