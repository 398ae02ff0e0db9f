//! Health checks: who probes, what is told of it, and what comes of it.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use corten_testkit::Corten;

use crate::restarts::until;
use crate::setup;

/// Runs a container `box` whose health is probed by a command line ten times a second.
fn run_probed(corten: &Corten, command: &str, flags: &[&str]) {
    let probed = ["--health-cmd", command, "--health-interval", "100ms"];
    run(corten, &[&probed, flags].concat());
}

fn run(corten: &Corten, flags: &[&str]) {
    let beginning = ["run", "--detach", "--name", "box", "--network", "none"];
    corten.run(&[&beginning, flags, &["busybox", "sleep", "1000"]].concat()).success();
}

/// Waits for the event that `box` has become this.
fn await_status(corten: &Corten, status: &str) {
    await_event(corten, &format!("health_status: {status}"));
}

/// Waits for the first event of this kind.
fn await_event(corten: &Corten, event: &str) {
    let filter = format!("event={event}");
    let mut command = corten.command(&["events", "--since", "0", "--filter", &filter]);
    let mut events = corten.spawn(command.stdout(Stdio::piped()));
    let mut line = String::new();
    let told = events.stdout.take().expect("a pipe");
    BufReader::new(told).read_line(&mut line).expect("an event");
    assert!(line.contains(event), "{line}");
    events.kill().expect("a signal");
    events.wait().expect("its end");
}

fn inspect(corten: &Corten, template: &str) -> String {
    corten.run(&["inspect", "--format", template, "box"]).success().line()
}

fn status_in_list(corten: &Corten) -> String {
    corten.run(&["ps", "--format", "{{.Status}}"]).success().line()
}

/// Waits until `box` is shown as this.
fn await_shown(corten: &Corten, template: &str, shown: &str) {
    while inspect(corten, template) != shown {
        assert_eq!(inspect(corten, "{{.State.Running}}"), "true", "{}", inspect(corten, "{{json .State}}"));
        std::thread::yield_now();
    }
}

#[test]
fn a_container_becomes_healthy_and_is_shown_so() {
    let Some(corten) = setup::busybox() else { return };
    run_probed(&corten, "echo well; test -e /up", &["--health-retries", "100000"]);
    assert_eq!(inspect(&corten, "{{.State.Health.Status}}"), "starting");
    assert!(status_in_list(&corten).ends_with(" (health: starting)"));
    corten.run(&["exec", "box", "touch", "/up"]).success();
    await_status(&corten, "healthy");
    assert!(status_in_list(&corten).ends_with(" (healthy)"));
    let shown = inspect(&corten, "{{with .State.Health}}{{.Status}} {{.FailingStreak}}{{end}}");
    assert_eq!(shown, "healthy 0");
    let log = inspect(&corten, "{{range .State.Health.Log}}{{.ExitCode}} {{json .Output}},{{end}}");
    assert!(log.contains(r#"0 "well\n","#), "{log}");
    for (asked, found) in [("healthy", "box"), ("unhealthy", ""), ("none", ""), ("starting", "")] {
        let filter = format!("health={asked}");
        let listed = corten.run(&["ps", "--filter", &filter, "--format", "{{.Names}}"]).success();
        assert_eq!(listed.stdout().trim_end(), found, "{asked}");
    }
}

#[test]
fn as_many_failures_in_a_row_as_are_asked_for_make_it_unhealthy() {
    let Some(corten) = setup::busybox() else { return };
    run_probed(&corten, "echo ill >&2; exit 3", &["--health-retries", "2"]);
    await_status(&corten, "unhealthy");
    assert!(status_in_list(&corten).ends_with(" (unhealthy)"));
    let results = inspect(&corten, "{{range .State.Health.Log}}{{.ExitCode}} {{.Output}}{{end}}");
    assert!(results.starts_with("3 ill"), "{results}");
    let told =
        corten.run(&["events", "--since", "0", "--until", &crate::events::now(), "--format", "{{.Action}}"]);
    let told = told.success().stdout();
    let probes: Vec<&str> = told.lines().filter(|action| action.starts_with("exec_")).collect();
    let line = "/bin/sh -c echo ill >&2; exit 3";
    let probe = [format!("exec_create: {line}"), format!("exec_start: {line}"), "exec_die".to_owned()];
    assert_eq!(probes[..6], [probe.clone(), probe].concat());
}

#[test]
fn failures_in_the_start_period_do_not_count() {
    let Some(corten) = setup::busybox() else { return };
    let flags = ["--health-retries", "1", "--health-start-period", "1h", "--health-start-interval", "50ms"];
    run_probed(&corten, "exit 1", &[&flags[..], &["--health-interval", "1h"]].concat());
    await_shown(&corten, "{{len .State.Health.Log}}", "5");
    let shown = inspect(&corten, "{{with .State.Health}}{{.Status}} {{.FailingStreak}}{{end}}");
    assert_eq!(shown, "starting 0");
}

#[test]
fn a_probe_that_takes_too_long_is_killed_and_one_that_cannot_run_says_why() {
    let Some(corten) = setup::busybox() else { return };
    let flags = ["--health-retries", "1", "--health-timeout", "2s"];
    run_probed(&corten, "echo begun; sleep 1000", &flags);
    await_status(&corten, "unhealthy");
    let first = "{{with index .State.Health.Log 0}}{{.ExitCode}} {{json .Output}}{{end}}";
    assert_eq!(inspect(&corten, first), r#"-1 "Health check exceeded timeout (2s): begun\n""#);
    corten.run(&["rm", "--force", "box"]).success();

    run_probed(&corten, "true", &["--health-retries", "1"]);
    await_status(&corten, "healthy");
    corten.run(&["exec", "box", "rm", "/bin/sh"]).success();
    await_shown(&corten, "{{.State.Health.Status}}", "unhealthy");
    let last = "{{range .State.Health.Log}}{{if ne .ExitCode 0}}{{.Output}}{{end}}{{end}}";
    let why = r#"OCI runtime exec failed: exec failed: unable to start container process: exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown"#;
    assert!(inspect(&corten, last).starts_with(why), "{}", inspect(&corten, last));
}

#[test]
fn what_a_probe_has_started_ends_with_it_when_its_time_is_over() {
    let Some(corten) = setup::busybox() else { return };
    let flags = ["--init", "--health-retries", "3", "--health-timeout", "200ms"];
    run_probed(&corten, "sleep 2000 || exit 1", &flags);
    await_status(&corten, "unhealthy");
    let sleeping = || {
        let shown = corten.run(&["top", "box", "-o", "pid,args"]).success();
        shown.stdout().lines().filter(|line| line.trim_end().ends_with("sleep 2000")).count()
    };
    // That of the probe that is under way may be there.
    until("an end of what earlier probes have started", || sleeping() <= 1);
}

#[test]
fn what_a_probe_writes_is_kept_up_to_a_limit() {
    let Some(corten) = setup::busybox() else { return };
    run_probed(&corten, "yes | head -c 300000; true", &[]);
    await_status(&corten, "healthy");
    let output = inspect(&corten, "{{(index .State.Health.Log 0).Output}}");
    let length = inspect(&corten, "{{len (index .State.Health.Log 0).Output}}");
    assert_eq!((length.as_str(), &output[..1]), ("4099", "y"));
}

#[test]
fn a_frozen_container_is_not_probed() {
    let Some(corten) = setup::busybox() else { return };
    run_probed(&corten, "true", &[]);
    await_status(&corten, "healthy");
    corten.run(&["pause", "box"]).success();
    assert_eq!(inspect(&corten, "{{.State.Health.Status}}"), "unhealthy");
    assert!(status_in_list(&corten).ends_with(" (Paused)"));
    corten.run(&["unpause", "box"]).success();
    await_shown(&corten, "{{.State.Health.Status}}", "healthy");
}

#[test]
fn a_container_that_has_ended_is_unhealthy_and_starts_anew() {
    let Some(corten) = setup::busybox() else { return };
    run_probed(&corten, "true", &[]);
    await_status(&corten, "healthy");
    corten.run(&["stop", "--time", "0", "box"]).success();
    assert_eq!(inspect(&corten, "{{.State.Health.Status}}"), "unhealthy");
    corten.run(&["start", "box"]).success();
    await_shown(&corten, "{{.State.Health.Status}}", "healthy");
}

#[test]
fn nothing_is_probed_where_nothing_asks_for_it() {
    let Some(corten) = setup::busybox() else { return };
    for flags in [&[][..], &["--no-healthcheck"], &["--health-interval", "50ms"]] {
        run(&corten, flags);
        assert_eq!(inspect(&corten, "{{json .State.Health}}"), "null");
        assert_eq!(probers(&corten), Vec::<u32>::new());
        corten.run(&["rm", "--force", "box"]).success();
    }
}

#[test]
fn a_probe_has_the_user_the_directory_and_the_rights_of_the_container() {
    let Some(corten) = setup::busybox() else { return };
    let line = "id -u; pwd; echo $A; grep CapBnd /proc/self/status; grep -c . /proc/self/cgroup >/dev/null";
    let flags = ["--user", "7", "--workdir", "/tmp", "--env", "A=b", "--cap-drop", "ALL"];
    run_probed(&corten, line, &flags);
    await_status(&corten, "healthy");
    let output = inspect(&corten, "{{json (index .State.Health.Log 0).Output}}");
    assert_eq!(output, r#""7\n/tmp\nb\nCapBnd:\t0000000000000000\n""#);
}

/// The probers of an engine.
fn probers(corten: &Corten) -> Vec<u32> {
    let program = corten.root().state().join("bin").display().to_string();
    let is_one = |pid: &u32| {
        let words = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&words).starts_with(&program)
            && std::fs::read_to_string(format!("/proc/{pid}/comm"))
                .is_ok_and(|name| name == "corten-prober\n")
    };
    corten_testkit::host::processes().into_iter().filter(is_one).collect()
}

#[test]
fn a_prober_that_is_killed_is_missed_and_the_next_start_has_one() {
    let Some(corten) = setup::busybox() else { return };
    run_probed(&corten, "true", &[]);
    await_status(&corten, "healthy");
    corten.run(&["system", "check"]).success();
    // A probe is a copy of the prober until it executes its command.
    let monitor = crate::monitors::monitor_of(&corten, "box");
    let children = crate::monitors::children_of(monitor);
    let probers: Vec<u32> = probers(&corten).into_iter().filter(|pid| children.contains(pid)).collect();
    let [prober] = probers[..] else { panic!("{probers:?}") };
    let process = rustix::process::Pid::from_raw(prober.cast_signed()).unwrap();
    rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
    await_status(&corten, "unhealthy");
    let last = inspect(&corten, "{{range .State.Health.Log}}{{.Output}}{{end}}");
    assert!(last.contains("the process that probes this container's health has ended"), "{last}");
    corten.run(&["restart", "--time", "0", "box"]).success();
    await_shown(&corten, "{{.State.Health.Status}}", "healthy");
}

#[test]
fn an_unhealthy_container_is_killed_or_stopped_where_that_was_asked_for() {
    let Some(corten) = setup::busybox() else { return };
    for (action, told) in [("kill", "kill die"), ("stop", "kill die stop")] {
        let flags = ["--health-retries", "1", "--health-on-failure", action, "--stop-timeout", "0"];
        run_probed(&corten, "false", &flags);
        assert_eq!(corten.run(&["wait", "box"]).success().line(), "137");
        let filters = ["--filter", "event=kill", "--filter", "event=die", "--filter", "event=stop"];
        let events = ["events", "--since", "0", "--until", &crate::events::now(), "--format", "{{.Action}}"];
        let lines = corten.run(&[&events[..], &filters].concat()).success().stdout();
        let lines: Vec<&str> = lines.lines().collect();
        assert!(lines.join(" ").ends_with(told), "{action}: {lines:?}");
        let why = corten.run(&["why", "died", "box"]).success().stdout();
        assert!(why.contains("for it was unhealthy (--health-on-failure)"), "{why}");
        corten.run(&["rm", "box"]).success();
    }
    let kept = ["create", "--rm", "--health-cmd", "true", "--health-on-failure", "restart", "busybox"];
    let refused = corten.run(&kept).exited(1);
    assert!(refused.stderr().contains("can't create 'AutoRemove' container"), "{}", refused.stderr());
}

#[test]
fn an_unhealthy_container_is_brought_back_where_that_was_asked_for_until_it_is_stopped() {
    let Some(corten) = setup::busybox() else { return };
    let flags = ["--health-retries", "1", "--health-on-failure", "restart", "--stop-timeout", "0"];
    // Ill once.
    run_probed(&corten, "test ! -e /ill || { rm /ill; false; }", &flags);
    await_status(&corten, "healthy");
    corten.run(&["exec", "box", "touch", "/ill"]).success();
    while inspect(&corten, "{{.RestartCount}} {{.State.Status}}") != "1 running" {
        std::thread::yield_now();
    }
    let why = corten.run(&["why", "restarted", "box"]).success().stdout();
    assert!(why.contains("It was unhealthy: its monitor ended it and it was brought back"), "{why}");
    corten.run(&["stop", "--time", "0", "box"]).success();
    assert_eq!(inspect(&corten, "{{.State.Status}}"), "exited");
    let filters = ["--filter", "event=health_status", "--filter", "event=die", "--filter", "event=start"];
    let events = ["events", "--since", "0", "--until", &crate::events::now(), "--format", "{{.Action}}"];
    let told = corten.run(&[&events[..], &filters].concat()).success().stdout();
    let told: Vec<&str> = told.lines().take(5).collect();
    assert_eq!(told, ["start", "health_status: healthy", "health_status: unhealthy", "die", "start"]);
}

/// Runs `box`, which becomes ready when somebody makes `/up`, and is probed ten times a second.
fn run_ready_later(corten: &Corten, script: &str, flags: &[&str]) {
    let shared = ["run", "--detach", "--name", "box", "--network", "none", "--health-interval", "100ms"];
    let script = format!("until test -e /up; do sleep 0.01; done; {script}");
    corten.run(&[&shared, flags, &["busybox", "sh", "-c", &script]].concat()).success();
}

/// That such a container is unhealthy with one output, and healthy with another; neither costs it a process.
fn becomes_ready(corten: &Corten, script: &str, flags: &[&str], outputs: [&str; 2]) {
    run_ready_later(corten, script, &[&["--health-retries", "1"], flags].concat());
    await_status(corten, "unhealthy");
    let last = "{{range .State.Health.Log}}{{.ExitCode}} {{.Output}}\n{{end}}";
    let told = inspect(corten, last);
    assert!(told.contains(&format!("1 {}", outputs[0])), "{told}");
    corten.run(&["exec", "box", "touch", "/up"]).success();
    await_shown(corten, "{{.State.Health.Status}}", "healthy");
    let told = inspect(corten, last);
    assert!(told.contains(&format!("0 {}", outputs[1])), "{told}");
    let now = crate::events::now();
    let events = [
        "events",
        "--since",
        "0",
        "--until",
        &now,
        "--filter",
        "event=exec_create",
        "--format",
        "{{.Action}}",
    ];
    let sessions = corten.run(&events).success().stdout();
    assert_eq!(sessions.trim_end(), "exec_create: touch /up");
}

#[test]
fn a_server_in_the_container_is_asked_for_a_status() {
    let Some(corten) = setup::busybox() else { return };
    let script = "mkdir /www; echo well >/www/state; exec httpd -f -p 127.0.0.1:8080 -h /www";
    let flags = ["--health-http", "http://localhost:8080/state"];
    becomes_ready(
        &corten,
        script,
        &flags,
        ["cannot connect to 127.0.0.1:8080: Connection refused", "127.0.0.1:8080 answered 200 OK"],
    );
    corten.run(&["exec", "box", "rm", "/www/state"]).success();
    await_shown(&corten, "{{.State.Health.Status}}", "unhealthy");
    let why = corten.run(&["why", "unhealthy", "box"]).success().stdout();
    assert!(why.contains("127.0.0.1:8080 answered 404 Not Found"), "{why}");
}

#[test]
fn a_listener_in_the_container_is_connected_to() {
    let Some(corten) = setup::busybox() else { return };
    let refused = "cannot connect to 127.0.0.1:9000: Connection refused";
    let script = "exec nc -ll -p 9000 -e cat";
    becomes_ready(
        &corten,
        script,
        &["--health-tcp", "127.0.0.1:9000"],
        [refused, "127.0.0.1:9000 takes connections"],
    );
}

#[test]
fn a_file_in_the_container_is_looked_for_there_alone() {
    let Some(corten) = setup::busybox() else { return };
    let outputs = ["`/ready` is not there", "`/ready` is there"];
    // Outside, there is such a file; in there, only later.
    let outside = corten.root().scratch().join("outside");
    std::fs::write(&outside, "").unwrap();
    let script = format!(
        "ln -s {0} /ready; mkdir -p {1}; touch {0}; exec sleep 1000",
        outside.display(),
        corten.root().scratch().display()
    );
    becomes_ready(&corten, &script, &["--health-file", "/ready"], outputs);
}

#[test]
fn a_server_that_keeps_silent_is_given_up_and_asked_again() {
    let Some(corten) = setup::busybox() else { return };
    let flags =
        ["--health-http", "http://127.0.0.1:9000/", "--health-timeout", "300ms", "--health-retries", "2"];
    let silent = "exec nc -ll -p 9000 -e sleep 1000";
    run_ready_later(&corten, silent, &flags);
    corten.run(&["exec", "box", "touch", "/up"]).success();
    await_status(&corten, "unhealthy");
    let last = "{{range .State.Health.Log}}{{.ExitCode}} {{.Output}}\n{{end}}";
    while !inspect(&corten, last)
        .contains("-1 Health check exceeded timeout (300ms): 127.0.0.1:9000 has not answered")
    {
        std::thread::yield_now();
    }
}

#[test]
fn a_check_that_cannot_be_made_is_refused_at_creation() {
    let Some(corten) = setup::busybox() else { return };
    let refused =
        |code, flags: &[&str]| corten.run(&[&["create"], flags, &["busybox"]].concat()).exited(code).stderr();
    let name = refused(1, &["--health-http", "http://db/"]);
    assert!(name.contains("invalid HTTP health check: `http://db/` has to name an address"), "{name}");
    let two = refused(125, &["--health-cmd", "true", "--health-file", "/ready"]);
    assert!(two.contains("--health-cmd conflicts with --health-file"), "{two}");
}
