//! Runs the cases of the table and writes down what became of each.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use corten_testkit::Corten;
use expect_test::expect_file;

use super::table::CASES;
use super::trees::{self, Listing, differences, is_archive, list_archive, list_here};
use crate::daemon::{Daemon, docker};
use crate::setup;

/// The command line under test: ours, or Docker's.
struct Subject<'a> {
    command: &'a dyn Fn(&[&str]) -> Command,
    scratch: PathBuf,
}

#[test]
fn running_containers_are_copied_to_and_from_as_with_docker() {
    let Some(corten) = setup::busybox() else { return };
    let command = |arguments: &[&str]| corten.command(arguments);
    let subject = Subject { command: &command, scratch: corten.root().scratch().to_owned() };
    expect_file!["cases.txt"].assert_eq(&subject.transcript(true));
}

#[test]
fn stopped_containers_are_copied_to_and_from_as_with_docker() {
    let Some(corten) = setup::busybox() else { return };
    let command = |arguments: &[&str]| corten.command(arguments);
    let subject = Subject { command: &command, scratch: corten.root().scratch().to_owned() };
    expect_file!["cases.txt"].assert_eq(&subject.transcript(false));
}

#[test]
fn dockers_own_client_copies_as_from_docker() {
    let Some(corten) = setup::busybox() else { return };
    let server = Daemon::start(&corten, &[]);
    let Some(command) = docker(&server.socket) else { return };
    let subject = Subject { command: &command, scratch: corten.root().scratch().to_owned() };
    expect_file!["cases.txt"].assert_eq(&subject.transcript(true));
}

/// Where the expected results are from: `CORTEN_TEST_DOCKER=unix:///…` names the socket of a dockerd, which is given an image.
#[test]
fn the_table_says_what_docker_does() {
    let Ok(host) = std::env::var("CORTEN_TEST_DOCKER") else {
        println!("skipped: no dockerd is named");
        return;
    };
    let Some(corten) = setup::busybox() else { return };
    let scratch = corten.root().scratch().to_owned();
    corten.run(&["create", "--name", "files", "busybox"]).success();
    let archive = scratch.join("files.tar").display().to_string();
    corten.run(&["export", "-o", &archive, "files"]).success();
    let Some(command) = docker(Path::new(host.trim_start_matches("unix://"))) else { return };
    let subject = Subject { command: &command, scratch };
    subject.run(&["import", "-c", "CMD [\"sh\"]", "-c", "ENV PATH=/bin", &archive, "busybox"]);
    expect_file!["cases.txt"].assert_eq(&subject.transcript(true));
    // Our command line does the same with its daemon.
    let command = |arguments: &[&str]| corten.command(&[&["-H", &host], arguments].concat());
    let scratch = corten.root().scratch().join("ours");
    fs::create_dir(&scratch).unwrap();
    let subject = Subject { command: &command, scratch };
    expect_file!["cases.txt"].assert_eq(&subject.transcript(true));
}

impl Subject<'_> {
    fn run(&self, arguments: &[&str]) -> Output {
        let output = (self.command)(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    fn transcript(&self, runs: bool) -> String {
        let copies = (0..CASES.len()).map(|case| case.to_string()).collect::<Vec<_>>().join(" ");
        let script = format!(
            "{}; cd /; for n in {copies}; do mkdir /w$n; cp -a /q /w$n; done; echo ready; exec sleep 100000",
            trees::CONTAINER
        );
        // A container that is copied to while it is stopped shows the files at their places all the same.
        let name = "copying";
        self.run(&["run", "-d", "--name", name, "--network", "none", "busybox", "sh", "-c", &script]);
        while String::from_utf8_lossy(&self.run(&["logs", name]).stdout) != "ready\n" {
            self.run(&["exec", name, "sleep", "0.05"]);
        }
        let before = self.container_files(name);
        if !runs {
            self.run(&["kill", name]);
            self.run(&["wait", name]);
        }
        let mut done = Vec::new();
        for (number, case) in CASES.iter().enumerate() {
            done.push((case, self.case(number, case, name)));
        }
        let after = self.container_files(name);
        self.run(&["rm", "-f", name]);
        let mut text = String::new();
        for (number, (case, result)) in done.into_iter().enumerate() {
            let inside = differences("C:/", &before[number], &after[number]);
            text.push_str(&format!("cp {case}\n{result}{inside}\n"));
        }
        text
    }

    /// The files of each case.
    fn container_files(&self, name: &str) -> Vec<Listing> {
        let archive = self.scratch.join("all.tar");
        self.run(&["export", "-o", &archive.display().to_string(), name]);
        let mut listings = vec![Listing::new(); CASES.len()];
        for (path, line) in list_archive(File::open(&archive).unwrap()) {
            let Some((case, rest)) = path.strip_prefix('w').and_then(|path| path.split_once('/')) else {
                continue;
            };
            let line = line.replace(&format!("w{case}/"), "");
            if let Some(listing) = case.parse().ok().and_then(|case: usize| listings.get_mut(case)) {
                let name = rest.trim_end_matches('/');
                if !is_archive(name) {
                    listing.insert(name.to_owned(), line);
                }
            }
        }
        listings
    }

    fn case(&self, number: usize, case: &str, name: &str) -> String {
        let here = self.scratch.join(format!("here{number}"));
        fs::create_dir(&here).unwrap();
        trees::here(&here);
        let before = list_here(&here);
        let own = |text: &str| {
            text.replace("C:/q", &format!("{name}:/w{number}/q")).replace("C:", &format!("{name}:"))
        };
        let mut words: Vec<String> = case.split(' ').map(own).collect();
        let redirected =
            words.iter().position(|word| word == "<" || word == ">").map(|at| words.split_off(at));
        let arguments = [&["cp"], words.iter().map(String::as_str).collect::<Vec<_>>().as_slice()].concat();
        let mut command = (self.command)(&arguments);
        command.current_dir(&here);
        if let Some(("<", file)) = redirected.as_deref().map(|words| (words[0].as_str(), &words[1])) {
            command.stdin(File::open(here.join(file)).unwrap());
        }
        let output = command.output().unwrap();
        let mut text = self.told(&output, &here, number, name);
        if output.status.success() && redirected.as_deref().is_some_and(|words| words[0] == ">") {
            for (path, line) in list_archive(&output.stdout[..]) {
                text.push_str(&format!("> {path} {line}\n"));
            }
        }
        text.push_str(&differences("", &before, &list_here(&here)));
        text
    }

    /// The exit code and what was said, without what differs from run to run.
    fn told(&self, output: &Output, here: &Path, number: usize, name: &str) -> String {
        let mut text = String::new();
        if !output.status.success() {
            text.push_str(&format!("= {}\n", output.status.code().unwrap_or(-1)));
        }
        let said = String::from_utf8_lossy(&output.stderr)
            .replace(&here.display().to_string(), "HERE")
            .replace(&format!("{name}:/w{number}/"), "C:/")
            .replace(&format!("/w{number}/"), "/")
            .replace(&format!("container {name}"), "container C");
        // The client's own log, and what only old daemons say.
        for line in said.lines().filter(|line| !line.starts_with("time=")) {
            let line = line.replace("Error processing tar file(exit status 1): ", "");
            let line = match line.find("/merged/").zip(line.find("/overlay2/")) {
                Some((end, of)) => {
                    let begin = line[..of].rfind(' ').map_or(0, |blank| blank + 1);
                    format!("{}{}", &line[..begin], &line[end + "/merged".len()..])
                }
                None => line,
            };
            text.push_str(&format!("! {line}\n"));
        }
        text
    }
}

/// A container with the files of the table, which runs.
pub(super) fn container(corten: &Corten, name: &str, options: &[&str]) {
    let script = format!("{}; echo ready; exec sleep 100000", trees::CONTAINER);
    let head = ["run", "-d", "--name", name];
    corten.run(&[&head, options, &["busybox", "sh", "-c", &script]].concat()).success();
    while corten.run(&["logs", name]).success().stdout() != "ready\n" {
        corten.run(&["exec", name, "sleep", "0.05"]).success();
    }
}
