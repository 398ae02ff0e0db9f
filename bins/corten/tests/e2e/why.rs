//! `corten why`: what is told of an end, a start and a container's health.

use corten_testkit::Corten;

use crate::setup;

fn why(corten: &Corten, question: &str) -> String {
    corten.run(&["why", question, "box"]).success().stdout()
}

fn run(corten: &Corten, flags: &[&str], command: &[&str]) {
    let beginning = ["run", "--detach", "--name", "box", "--network", "none"];
    corten.run(&[&beginning, flags, &["busybox"], command].concat()).success();
}

/// What is said of the end that `act` brings about.
fn end_of(corten: &Corten, flags: &[&str], command: &[&str], act: impl FnOnce()) -> String {
    run(corten, flags, command);
    act();
    corten.run(&["wait", "box"]).success();
    let told = why(corten, "died");
    corten.run(&["rm", "box"]).success();
    told
}

#[test]
fn an_end_has_its_cause_as_far_as_it_is_known() {
    let Some(corten) = setup::busybox() else { return };
    let sleep = ["sleep", "1000"];
    let alone = end_of(&corten, &[], &["sh", "-c", "exit 3"], || ());
    assert!(alone.contains("with exit code 3.\nIt ended by itself."), "{alone}");
    let killed = end_of(&corten, &[], &sleep, || drop(corten.run(&["kill", "box"]).success()));
    assert!(
        killed.starts_with("SIGKILL ended it at") && killed.contains("somebody asked for that"),
        "{killed}"
    );
    let stopped = end_of(&corten, &[], &sleep, || drop(corten.run(&["stop", "-t", "1", "box"]).success()));
    assert!(stopped.contains("it had not stopped in the time that it was given"), "{stopped}");
    let foreign = end_of(&corten, &[], &sleep, || {
        let pid = corten.run(&["inspect", "--format", "{{.State.Pid}}", "box"]).success().line();
        let pid = rustix::process::Pid::from_raw(pid.parse().expect("a number")).expect("a process");
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("a signal");
    });
    assert!(foreign.contains("No engine has sent that signal"), "{foreign}");
    let hungry = ["sh", "-c", "tail /dev/zero"];
    let limited = end_of(&corten, &["--memory", "16m", "--memory-swap", "16m"], &hungry, || ());
    assert!(limited.contains("it had reached its own memory limit"), "{limited}");
}

#[test]
fn an_unhealthy_container_is_told_with_its_last_failure_and_a_second_run_with_the_first() {
    let Some(corten) = setup::busybox() else { return };
    let flags = ["--health-cmd", "echo ill; exit 4", "--health-interval", "50ms", "--health-retries", "1"];
    run(&corten, &flags, &["sleep", "1000"]);
    while !why(&corten, "unhealthy").starts_with("It is unhealthy since") {
        std::thread::yield_now();
    }
    let told = why(&corten, "unhealthy");
    assert!(told.contains("came to 4: ill"), "{told}");
    assert!(why(&corten, "restarted").starts_with("It has not been started again"));
    corten.run(&["restart", "-t", "0", "box"]).success();
    assert!(why(&corten, "restarted").starts_with("It was started at"));
    let json = corten.run(&["why", "--format", "json", "died", "box"]).success().line();
    assert!(json.contains(r#""Answer":["It runs."]"#) && json.contains(r#""Question":"died""#), "{json}");
    let refused = corten.run(&["why", "sang", "box"]).exited(1);
    assert!(refused.stderr().contains("invalid question `sang`"), "{}", refused.stderr());
}
