//! Restart policies: containers come back without a daemon, as often and as late as Docker's do, and whoever is killed on the way loses
//! nothing.

use std::fs;
use std::time::{Duration, Instant};

use corten_testkit::Corten;
use corten_testkit::fault::{self, Fault, Strike, Victim};
use rustix::process::{Pid, Signal, kill_process};

use crate::monitors::{children_of, kill_and_wait, monitor_of, parent_of};
use crate::setup;

/// What inspect shows of the life of a container.
pub(crate) fn life(corten: &Corten, container: &str) -> String {
    let format = "{{.State.Status}} {{.State.Running}} {{.State.Restarting}} {{.RestartCount}}";
    corten.run(&["inspect", "--format", format, container]).success().line()
}

/// Waits until `seen` is what there is, for as long as the longest of waits that these tests know.
pub(crate) fn until(what: &str, mut seen: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !seen() {
        assert!(Instant::now() < deadline, "{what} did not come about");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until `box` has said that it minds its signal, once in each of its lives: the first process of a container gets no other.
fn await_ready(corten: &Corten, lives: usize) {
    until("its trap", || corten.run(&["logs", "box"]).success().stdout().lines().count() == lives);
}

fn actions(corten: &Corten, container: &str) -> Vec<String> {
    let filter = format!("container={container}");
    let format = ["--filter", "type=container", "--format", "{{.Action}}"];
    let until = crate::events::now();
    let arguments =
        [&["events", "--since", "0", "--until", &until, "--filter", &filter], &format[..]].concat();
    corten.run(&arguments).success().stdout().lines().map(str::to_owned).collect()
}

/// A container that ends at once, again and again: the fifth wait is longer than a second, the seventh than six.
fn fails_often(corten: &Corten, times: u32) {
    let words = ["run", "-d", "--name", "box", "--restart", "always", "busybox", "sh", "-c", "exit 3"];
    corten.run(&words).success();
    until("that many returns", || life(corten, "box") == format!("restarting true true {times}"));
}

#[test]
fn a_container_comes_back_as_often_as_its_policy_says() {
    let Some(corten) = setup::busybox() else { return };
    let words = ["--restart", "on-failure:2", "busybox", "sh", "-c", "echo once; exit 3"];
    // The client of the first run sees the first run.
    corten.run(&[&["run", "--name", "box"], &words[..]].concat()).exited(3);
    until("the last end", || life(&corten, "box") == "exited false false 2");
    assert_eq!(corten.run(&["logs", "box"]).success().stdout(), "once\n".repeat(3));
    assert_eq!(corten.run(&["wait", "box"]).success().line(), "3");
    let actions = actions(&corten, "box");
    let lives: Vec<&str> =
        actions.iter().map(String::as_str).filter(|action| ["start", "die"].contains(action)).collect();
    assert_eq!(lives, ["start", "die"].repeat(3), "{actions:?}");
    assert!(!actions.contains(&"stop".to_owned()), "{actions:?}");
    // A success is no failure, and a start by hand counts anew.
    corten.run(&["start", "box"]).success();
    until("the last end", || life(&corten, "box") == "exited false false 2");
    corten.run(&["run", "--name", "done", "--restart", "on-failure", "busybox", "true"]).success();
    assert_eq!(life(&corten, "done"), "exited false false 0");
}

#[test]
fn a_container_that_waits_to_come_back_is_treated_as_docker_does() {
    let Some(corten) = setup::busybox() else { return };
    fails_often(&corten, 7);
    let id = corten.run(&["inspect", "--format", "{{.Id}}", "box"]).success().line();
    let shown =
        corten.run(&["ps", "--filter", "status=restarting", "--format", "{{.Status}}"]).success().line();
    assert!(shown.starts_with("Restarting (3) "), "{shown}");
    let refused = |words: &[&str], text: &str| {
        let outcome = corten.run(words).exited(1);
        assert_eq!(outcome.stderr().trim_end(), text);
    };
    let restarting = format!(
        "Error response from daemon: Container {id} is restarting, wait until the container is running"
    );
    refused(&["exec", "box", "true"], &restarting);
    refused(&["pause", "box"], &restarting);
    refused(&["top", "box"], &restarting);
    refused(&["attach", "box"], "You cannot attach to a restarting container, wait until it is running");
    refused(
        &["rm", "box"],
        "Error response from daemon: cannot remove container \"box\": container is restarting: \
         stop the container before removing or force remove",
    );
    corten.run(&["rename", "box", "other"]).success();
    corten.run(&["start", "other"]).success();
    corten.run(&["stop", "other"]).success();
    let stopped = life(&corten, "other");
    assert!(stopped.starts_with("exited false false "), "{stopped}");
    assert_eq!(actions(&corten, "other").last().map(String::as_str), Some("stop"));
    assert_eq!(corten.run(&["wait", "other"]).success().line(), "3");
}

#[test]
fn a_stop_and_a_kill_end_it_and_a_message_does_not() {
    let Some(corten) = setup::busybox() else { return };
    let script = "trap 'exit 4' USR1; echo ready; while :; do sleep 0.1; done";
    let words = ["run", "-d", "--name", "box", "--restart", "always", "busybox", "sh", "-c", script];
    corten.run(&words).success();
    await_ready(&corten, 1);
    corten.run(&["kill", "--signal", "USR1", "box"]).success();
    until("its return", || life(&corten, "box") == "running true false 1");
    corten.run(&["kill", "box"]).success();
    assert_eq!(life(&corten, "box"), "exited false false 1");
    corten.run(&["start", "box"]).success();
    corten.run(&["stop", "--time", "0", "box"]).success();
    assert_eq!(life(&corten, "box"), "exited false false 0");
    corten.run(&["restart", "--time", "0", "box"]).success();
    assert_eq!(life(&corten, "box"), "running true false 0");
}

#[test]
fn a_killed_monitor_and_a_killed_reviver_lose_nothing() {
    let Some(corten) = setup::busybox() else { return };
    let words = ["run", "-d", "--name", "box", "--restart", "unless-stopped", "busybox", "sleep", "1000"];
    corten.run(&words).success();
    let init = corten.run(&["inspect", "--format", "{{.State.Pid}}", "box"]).success().line();
    kill_and_wait(parent_of(&init));
    until("its return", || life(&corten, "box") == "running true false 1");
    corten.run(&["rm", "--force", "box"]).success();

    fails_often(&corten, 6);
    kill_revivers(&corten);
    // Nobody waits for it any more: whoever looks sees to it.
    until("its return", || life(&corten, "box").ends_with(" 7"));
    corten.run(&["system", "settle"]).success();
    corten.run(&["system", "check"]).success();
    assert!(life(&corten, "box").contains("true"), "settling ends nothing");
}

#[test]
fn a_machine_that_goes_down_starts_nothing_again() {
    let Some(corten) = setup::busybox() else { return };
    let script = "trap 'exit 4' TERM; echo ready; while :; do sleep 0.1; done";
    let words = ["run", "-d", "--name", "box", "--restart", "always", "busybox", "sh", "-c", script];
    corten.run(&words).success();
    await_ready(&corten, 1);
    let init = corten.run(&["inspect", "--format", "{{.State.Pid}}", "box"]).success().line();
    let monitor = monitor_of(&corten, "box");
    let beside: Vec<u32> =
        children_of(monitor).into_iter().filter(|child| child.to_string() != init).collect();
    // Everybody is told to end; the container does.
    for process in beside.iter().copied().chain([monitor]) {
        let pid = Pid::from_raw(process.cast_signed()).expect("a number");
        kill_process(pid, Signal::TERM).expect("a living process");
    }
    assert_eq!(corten.run(&["wait", "box"]).success().line(), "4");
    until("their end", || !beside.iter().any(|pid| corten_testkit::host::is_alive(*pid)));
    assert_eq!(life(&corten, "box"), "restarting true true 1");
    let starts = actions(&corten, "box").into_iter().filter(|action| action == "start").count();
    assert_eq!(starts, 1);
}

/// Takes a container's monitor, and whoever would bring it back.
pub(crate) fn lose(corten: &Corten, container: &str) {
    let init = corten.run(&["inspect", "--format", "{{.State.Pid}}", container]).success().line();
    let monitor = monitor_of(corten, container);
    children_of(monitor).into_iter().filter(|child| child.to_string() != init).for_each(kill_and_wait);
    kill_and_wait(monitor);
}

#[test]
fn a_revival_that_is_killed_at_any_call_is_made_up_for_by_the_next() {
    let Some(corten) = setup::busybox() else { return };
    let scratch = corten.root().scratch();
    let reap = ["system", "reap", "box"];
    let mut step = 1;
    loop {
        let words = ["run", "-d", "--name", "box", "--network", "none", "--restart", "always", "busybox"];
        corten.run(&[&words[..], &["sleep", "1000"]].concat()).success();
        lose(&corten, "box");
        assert_eq!(life(&corten, "box"), "restarting true true 1");
        let strike = Strike { fault: Fault::Kill, step, victim: Victim::Any };
        let killed = fault::run(&corten.command(&reap), scratch, Some(strike)).expect("a command");
        corten.run(&reap).success();
        let life = life(&corten, "box");
        assert!(life.starts_with("running true false "), "{life} after {:?}", killed.hit);
        corten.run(&["rm", "--force", "box"]).success();
        if killed.hit.is_none() {
            break;
        }
        step += 1;
    }
    assert!(step > 5, "a revival changed {step} files only");
    corten.run(&["system", "settle"]).success();
    corten.run(&["system", "check"]).success();
}

/// Kills whoever waits in the cgroup of monitors.
fn kill_revivers(corten: &Corten) {
    let comm = |pid: &u32| fs::read_to_string(format!("/proc/{pid}/comm"));
    // One that has ended has no program any more, whether somebody has noticed or not.
    let is_vigil = |pid: &u32| {
        comm(pid).is_ok_and(|name| name == "corten-vigil\n")
            && fs::read_link(format!("/proc/{pid}/exe")).is_ok()
    };
    let belongs = |pid: &u32| {
        let cgroups = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
        cgroups.contains(&corten.root().cgroup())
    };
    let waiting =
        || corten_testkit::host::processes().into_iter().filter(is_vigil).filter(belongs).collect::<Vec<_>>();
    until("a process that waits", || !waiting().is_empty());
    // It is a copy of one that ends by itself.
    until("the end of those that wait", || {
        let found = waiting();
        found.iter().filter_map(|pid| Pid::from_raw(pid.cast_signed())).for_each(|pid| {
            // It may have ended meanwhile.
            let _ = kill_process(pid, Signal::KILL);
        });
        found.is_empty()
    });
}

#[test]
fn a_policy_that_changes_holds_from_the_next_end_on() {
    let Some(corten) = setup::busybox() else { return };
    let script = "trap 'exit 4' USR1; echo ready; while :; do sleep 0.1; done";
    corten.run(&["run", "-d", "--name", "box", "busybox", "sh", "-c", script]).success();
    // Its monitor was started without anybody to bring it back.
    corten.run(&["update", "--restart", "on-failure:1", "box"]).success();
    let policy = "{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}}";
    assert_eq!(corten.run(&["inspect", "--format", policy, "box"]).success().line(), "on-failure 1");
    await_ready(&corten, 1);
    corten.run(&["kill", "--signal", "USR1", "box"]).success();
    until("its return", || life(&corten, "box") == "running true false 1");
    corten.run(&["update", "--restart", "no", "box"]).success();
    await_ready(&corten, 2);
    corten.run(&["kill", "--signal", "USR1", "box"]).success();
    corten.run(&["wait", "box"]).success();
    assert_eq!(life(&corten, "box"), "exited false false 1");
    // What has ended stays: the policy is for what ends from now on.
    corten.run(&["update", "--restart", "always", "box"]).success();
    assert_eq!(life(&corten, "box"), "exited false false 1");
    corten.run(&["rm", "box"]).success();

    fails_often(&corten, 6);
    corten.run(&["update", "--restart", "no", "box"]).success();
    assert!(life(&corten, "box").starts_with("exited false false "));
}

#[test]
fn what_cannot_be_started_again_stays_and_says_why() {
    let Some(corten) = setup::busybox() else { return };
    let words = ["run", "-d", "--name", "box", "--restart", "always", "busybox"];
    corten.run(&[&words[..], &["sh", "-c", "rm /bin/sh; exit 3"]].concat()).success();
    until("the failure", || life(&corten, "box") == "exited false false 1");
    let shown = corten.run(&["inspect", "--format", "{{.State.ExitCode}} {{.State.Error}}", "box"]).success();
    assert!(shown.line().starts_with("3 ") && shown.line().contains("not found"), "{}", shown.line());
}

#[test]
fn what_cannot_be_started_for_now_is_tried_again_until_it_can() {
    let Some(corten) = setup::busybox() else { return };
    let here = corten.root().scratch().join("source");
    let away = corten.root().scratch().join("away");
    fs::create_dir(&here).unwrap();
    let mount = format!("type=bind,source={},target=/source", here.display());
    let words = ["run", "-d", "--name", "box", "--restart", "always", "--mount", &mount, "busybox"];
    let script = "until test -e /source/over; do sleep 0.01; done; exit 3";
    corten.run(&[&words[..], &["sh", "-c", script]].concat()).success();
    fs::rename(&here, &away).unwrap();
    fs::write(away.join("over"), "").unwrap();
    until("two failures", || {
        let told = life(&corten, "box");
        told.starts_with("restarting true true ") && !told.ends_with(" 1")
    });
    let shown = corten.run(&["inspect", "--format", "{{.State.ExitCode}} {{.State.Error}}", "box"]).success();
    assert!(shown.line().starts_with("3 ") && shown.line().contains("does not exist"), "{}", shown.line());
    let why = corten.run(&["why", "died", "box"]).success();
    assert!(why.stdout().contains("does not exist") && why.stdout().contains("tried again"), "{why:?}");
    fs::create_dir(&here).unwrap();
    until("a start", || life(&corten, "box").starts_with("running true false "));
    corten.run(&["rm", "-f", "box"]).success();
}

#[test]
fn policies_that_cannot_be_are_refused_in_dockers_words() {
    let Some(corten) = setup::busybox() else { return };
    let refused = |words: &[&str], code: i32, text: &str| {
        let outcome = corten.run(words).exited(code);
        assert!(outcome.stderr().contains(text), "{}", outcome.stderr());
    };
    let run = |policy| ["run", "--restart", policy, "busybox", "true"];
    let unknown = "invalid restart policy: unknown policy 'sometimes'; \
                   use one of 'no', 'always', 'on-failure', or 'unless-stopped'";
    refused(&run("sometimes"), 125, unknown);
    let count = "invalid restart policy: maximum retry count can only be used with 'on-failure'";
    refused(&run("always:3"), 125, count);
    refused(
        &run("on-failure:x"),
        125,
        "invalid restart policy format: maximum retry count must be an integer",
    );
    let both = "conflicting options: cannot specify both --restart and --rm";
    refused(&["run", "--rm", "--restart", "always", "busybox", "true"], 125, both);
    corten.run(&["run", "-d", "--rm", "--name", "box", "busybox", "sleep", "1000"]).success();
    let removed = "Restart policy cannot be updated because AutoRemove is enabled for the container";
    refused(&["update", "--restart", "always", "box"], 1, removed);
}
