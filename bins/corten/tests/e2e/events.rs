//! What is told of a container, in the order in which it happened, whoever did it.

use std::fs;
use std::process::{Child, Output};
use std::time::SystemTime;

use corten_testkit::Corten;

use crate::setup;

/// What the event file holds, without waiting for more; of `actions` alone.
fn told(corten: &Corten, actions: &[&str]) -> String {
    let filters = actions.iter().map(|action| format!("--filter=event={action}"));
    let mut arguments: Vec<String> =
        ["events", "--since", "0", "--format", "{{.Action}}", "--until"].map(str::to_owned).into();
    arguments.push(now());
    arguments.extend(filters);
    corten.run(&arguments).success().stdout().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// This moment, as `--until` takes it: of a duration it takes the whole seconds alone.
pub(crate) fn now() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock that is set");
    format!("{}.{:09}", now.as_secs(), now.subsec_nanos())
}

fn at_once(corten: &Corten, arguments: &[&str], times: usize) -> Vec<Output> {
    let started: Vec<Child> = (0..times).map(|_| corten.spawn(&mut corten.command(arguments))).collect();
    started.into_iter().map(|child| child.wait_with_output().expect("its output")).collect()
}

#[test]
fn of_many_who_pause_at_once_one_has_done_it() {
    let Some(corten) = setup::busybox() else { return };
    let id = corten.run(&["run", "--detach", "--name", "box", "busybox", "sleep", "1000"]).success().line();
    for (command, refusal) in [("pause", "already paused"), ("unpause", "not paused")] {
        let outcomes = at_once(&corten, &[command, "box"], 8);
        let (done, refused): (Vec<_>, Vec<_>) = outcomes.iter().partition(|outcome| outcome.status.success());
        assert_eq!(done.len(), 1, "{outcomes:?}");
        let text = format!("Container {id} is {refusal}");
        assert!(
            refused.iter().all(|outcome| String::from_utf8_lossy(&outcome.stderr).contains(&text)),
            "{refused:?}"
        );
    }
    assert_eq!(told(&corten, &["pause", "unpause"]), "pause unpause");
}

#[test]
fn what_ends_a_container_is_told_before_its_end_and_the_stop_before_the_removal() {
    let Some(corten) = setup::busybox() else { return };
    for (command, expected) in [
        (["stop", "--time", "0", "box"].as_slice(), "pause kill die stop destroy"),
        (["kill", "box"].as_slice(), "pause kill die destroy"),
        (["rm", "--force", "box"].as_slice(), "pause kill die destroy"),
    ] {
        let before = told(&corten, &["pause", "unpause", "kill", "die", "stop", "destroy"]);
        corten.run(&["run", "--detach", "--rm", "--name", "box", "busybox", "sleep", "1000"]).success();
        corten.run(&["pause", "box"]).success();
        corten.run(command).success();
        // The monitor's reaper may still be at it.
        corten.run(&["system", "settle"]).success();
        let after = told(&corten, &["pause", "unpause", "kill", "die", "stop", "destroy"]);
        let told = after.strip_prefix(&before).expect("nothing is untold").trim_start();
        // Whether what is frozen dies of SIGKILL or has to be thawed for it is the kernel's choice.
        assert!(!told.contains("die unpause"), "{command:?}: {told}");
        assert_eq!(told.replace(" unpause", ""), expected, "{command:?}");
    }
}

/// Takes the lines of one action out of the event file, as if the engine had been killed before it wrote them.
fn forget(corten: &Corten, action: &str) {
    let path = corten.root().state().join("events");
    let text = fs::read_to_string(&path).expect("its events");
    let action = format!("\"action\":\"{action}\"");
    let kept: Vec<&str> = text.lines().filter(|line| !line.contains(&action)).collect();
    assert!(kept.len() < text.lines().count(), "no {action} in {text}");
    fs::write(&path, kept.join("\n") + "\n").expect("room");
}

#[test]
fn what_a_killed_engine_did_not_tell_of_is_told_once() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["create", "--name", "box", "busybox", "true"]).success();
    forget(&corten, "create");
    assert!(corten.run(&["system", "check"]).exited(1).stdout().contains("untold event"));
    for _ in 0..2 {
        corten.run(&["system", "settle"]).success();
        assert_eq!(told(&corten, &["create", "destroy"]), "create");
    }
    corten.run(&["rm", "box"]).success();
    forget(&corten, "destroy");
    for _ in 0..2 {
        corten.run(&["system", "check", "--repair"]).success();
        assert_eq!(told(&corten, &["create", "destroy"]), "create destroy");
    }
}
