//! `stats`: what is shown is what the kernel counts, for whoever is there.

use std::io::{BufRead as _, BufReader, Lines};
use std::process::ChildStdout;

use corten_testkit::Corten;

use crate::setup;

fn sleeper(corten: &Corten, name: &str, flags: &[&str]) {
    let arguments = [&["run", "-d", "--name", name], flags, &["busybox", "sleep", "1000"]].concat();
    corten.run(&arguments).success();
}

fn once(corten: &Corten, format: &str, arguments: &[&str]) -> String {
    corten.run(&[&["stats", "--no-stream", "--format", format], arguments].concat()).success().stdout()
}

#[test]
fn figures_are_those_of_the_cgroup() {
    let Some(corten) = setup::busybox() else { return };
    let busy = "sleep 1000 & sleep 1000 & while :; do :; done";
    corten
        .run(&["run", "-d", "--name", "box", "--network", "none", "-m", "64m", "busybox", "sh", "-c", busy])
        .success();
    // Processes that begin later than the shell are there once it has got this far.
    while corten.run(&["top", "box"]).success().stdout().lines().count() < 4 {}
    let shown = once(&corten, "{{.Name}}|{{.PIDs}}|{{.MemUsage}}|{{.CPUPerc}}|{{.NetIO}}", &["box"]);
    let fields: Vec<&str> = shown.trim_end().split('|').collect();
    assert_eq!(&fields[..2], ["box", "3"], "{shown}");
    let (used, limit) = fields[2].split_once(" / ").unwrap();
    assert!(limit == "64MiB" && (used.ends_with("KiB") || used.ends_with("MiB")), "{shown}");
    let percent: f64 = fields[3].trim_end_matches('%').parse().unwrap();
    assert!(percent > 0.0, "{shown}");
    assert_eq!(fields[4], "0B / 0B");
}

#[test]
fn containers_that_do_not_run_are_shown_where_they_are_named_or_all_are_asked_for() {
    let Some(corten) = setup::busybox() else { return };
    sleeper(&corten, "awake", &[]);
    corten.run(&["create", "--name", "asleep", "busybox"]).success();
    assert_eq!(once(&corten, "{{.Name}}", &[]), "awake\n");
    assert_eq!(once(&corten, "{{.Name}}", &["-a"]).lines().count(), 2);
    let shown = once(&corten, "{{.Name}} {{.CPUPerc}} {{.MemUsage}} {{.PIDs}}", &["asleep"]);
    assert_eq!(shown, "asleep 0.00% 0B / 0B 0\n");
    let missing = corten.run(&["stats", "--no-stream", "gone", "awake"]).exited(1);
    assert_eq!(missing.stderr(), "Error response from daemon: No such container: gone\n");
}

/// Reads pictures until a line says so.
fn until(lines: &mut Lines<BufReader<ChildStdout>>, wanted: impl Fn(&str) -> bool) {
    assert!(lines.any(|line| wanted(&line.expect("a line"))));
}

#[test]
fn containers_come_and_go_while_somebody_looks() {
    let Some(corten) = setup::busybox() else { return };
    sleeper(&corten, "first", &[]);
    let mut client = corten.spawn(&mut corten.command(&["stats", "--format", "table {{.Name}} {{.PIDs}}"]));
    let mut lines = BufReader::new(client.stdout.take().unwrap()).lines();
    until(&mut lines, |line| line == "first 1");
    sleeper(&corten, "second", &[]);
    until(&mut lines, |line| line == "second 1");
    corten.run(&["rm", "-f", "first"]).success();
    // One whole picture with the second and without the first.
    until(&mut lines, |line| line.starts_with("NAME"));
    let mut alone = false;
    while !alone {
        let picture: Vec<String> =
            lines.by_ref().map(Result::unwrap).take_while(|line| !line.starts_with("NAME")).collect();
        alone = picture == ["second 1"];
    }
    drop(lines);
    client.kill().unwrap();
    client.wait().unwrap();
}
