//! A new version takes over containers that another one has started.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use corten_testkit::Corten;
use rustix::process::Signal;

use crate::daemon::Daemon;
use crate::monitors::monitor_of;
use crate::setup;

/// The small binary under the root.
fn program(corten: &Corten) -> PathBuf {
    let found = fs::read_dir(corten.root().state().join("bin")).expect("the small binary's directory");
    let [program] = &found.map(|entry| entry.expect("an entry").path()).collect::<Vec<_>>()[..] else {
        panic!("not one small binary")
    };
    program.clone()
}

/// Makes what runs another version: the small binary of this one is another file from now on.
fn make_another_version(corten: &Corten) {
    let program = program(corten);
    let copy = program.with_extension("copy");
    fs::copy(&program, &copy).expect("a copy");
    fs::rename(copy, program).expect("a renamed copy");
}

/// What a container's monitor executes.
fn executed(corten: &Corten, container: &str) -> PathBuf {
    fs::read_link(format!("/proc/{}/exe", monitor_of(corten, container))).expect("its program")
}

/// Waits until the container `sleeper` is as `wanted` says.
fn await_line(corten: &Corten, format: &str, wanted: &str) {
    let mut found = String::new();
    for _ in 0..1000 {
        found = corten.run(&["inspect", "--format", format, "sleeper"]).success().line();
        if found == wanted {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("it is `{found}`, and not `{wanted}`");
}

#[test]
fn containers_of_another_version_are_taken_over_and_notice_nothing() {
    let Some(corten) = setup::busybox() else { return };
    let script = "while read line; do echo \"got $line\"; done; exit 7";
    let run = ["run", "--interactive", "--name", "reader", "busybox", "sh", "-c", script];
    let mut client = corten.command(&run);
    let mut client = client.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a client");
    let mut say = |line: &str| {
        client.stdin.as_mut().expect("a pipe").write_all(format!("{line}\n").as_bytes()).expect("a reader");
        let mut told = vec![0; line.len() + 5];
        client.stdout.as_mut().expect("a pipe").read_exact(&mut told).expect("an answer");
        assert_eq!(told, format!("got {line}\n").as_bytes());
    };
    say("one");
    let words = ["--health-cmd", "true", "--health-interval", "200ms", "--restart", "always"];
    let sleeper = ["run", "--detach", "--name", "sleeper"];
    let script = "trap 'exit 3' USR1; while :; do sleep 0.1; done";
    corten.run(&[&sleeper[..], &words, &["busybox", "sh", "-c", script]].concat()).success();
    assert_eq!(corten.run(&["system", "upgrade"]).success().stdout(), "");

    let before = ["reader", "sleeper"].map(|name| monitor_of(&corten, name));
    make_another_version(&corten);
    let upgraded = corten.run(&["system", "upgrade"]).success().stdout();
    let mut upgraded: Vec<_> = upgraded.lines().collect();
    upgraded.sort_unstable();
    assert_eq!(upgraded, ["reader", "sleeper"]);
    assert_eq!(
        ["reader", "sleeper"].map(|name| executed(&corten, name)),
        [program(&corten), program(&corten)]
    );
    assert_eq!(["reader", "sleeper"].map(|name| monitor_of(&corten, name)), before);
    assert_eq!(corten.run(&["system", "upgrade"]).success().stdout(), "");

    say("two");
    drop(client.stdin.take());
    assert_eq!(client.wait().expect("its end").code(), Some(7));
    assert_eq!(corten.run(&["logs", "reader"]).success().stdout(), "got one\ngot two\n");
    // What brings the other one back was started by the version before, and waits still.
    corten.run(&["kill", "--signal", "USR1", "sleeper"]).success();
    await_line(&corten, "{{.RestartCount}} {{.State.Running}}", "1 true");
    await_line(&corten, "{{.State.Health.Status}}", "healthy");
    corten.run(&["stop", "--time", "0", "sleeper"]).success();
    corten.run(&["system", "check"]).success();
}

#[test]
fn a_daemon_takes_over_when_it_starts() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--detach", "--name", "box", "busybox", "sleep", "1000"]).success();
    make_another_version(&corten);
    let mut daemon = Daemon::start(&corten, &[]);
    daemon.await_log("taken over from another version: box");
    assert_eq!(executed(&corten, "box"), program(&corten));
    assert!(daemon.end(Signal::TERM).status.success());
    corten.run(&["kill", "box"]).success();
    assert_eq!(corten.run(&["wait", "box"]).success().line(), "137");
}

#[test]
fn what_cannot_be_taken_over_is_told_and_goes_on() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--detach", "--name", "box", "busybox", "sleep", "1000"]).success();
    make_another_version(&corten);
    let monitor = i32::try_from(monitor_of(&corten, "box")).ok().and_then(rustix::process::Pid::from_raw);
    let tell = |signal| rustix::process::kill_process(monitor.expect("a monitor"), signal).expect("a signal");
    tell(Signal::STOP);
    let refused = corten.run(&["system", "upgrade"]).exited(1).stderr();
    assert!(refused.starts_with("cannot upgrade the monitor of box: "), "{refused}");
    tell(Signal::CONT);
    // The order that it had not heard while it was stopped may have reached it before the next.
    let told = corten.run(&["system", "upgrade"]).success().stdout();
    assert!(["box\n", ""].contains(&told.as_str()), "{told}");
    assert_eq!(corten.run(&["system", "upgrade"]).success().stdout(), "");
    corten.run(&["kill", "box"]).success();
}
