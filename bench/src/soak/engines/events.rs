//! What happened, as told to who followed from the beginning and to who asks afterwards.
//!
//! Both must agree, and neither may know less than the commands that succeeded.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::error::Result;
use crate::soak::engine::Engine;
use crate::soak::engines::CONTAINERS;
use crate::soak::engines::worker::Tally;

const FORMAT: &str = "{{.TimeNano}} {{.Action}} {{.ID}}";
/// How long the follower may take to catch up.
const PATIENCE: Duration = Duration::from_secs(10);
const INTERVAL: Duration = Duration::from_millis(20);

/// `corten events`, running. It is ended when dropped.
pub(super) struct Follower {
    process: Child,
    output: PathBuf,
}

impl Follower {
    pub(super) fn start(engine: &Engine) -> Result<Follower> {
        let failed = |error: std::io::Error| engine.found(format!("cannot follow the events: {error}"));
        let output = engine.corten().root().scratch().join("followed");
        let mut command = engine.corten().command(&["events", "--format", FORMAT, "--since", &now()]);
        command.stdout(File::create(&output).map_err(failed)?).stderr(Stdio::inherit());
        Ok(Follower { process: command.spawn().map_err(failed)?, output })
    }

    /// Gives it time to see as much as there is, and returns what it saw.
    pub(super) fn finish(self, engine: &Engine, history: &[String]) -> Result<Vec<String>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = fs::read_to_string(&self.output).map_err(|error| engine.found(error.to_string()))?;
            let seen: Vec<String> =
                text.lines().filter(|line| is_of_container(line)).map(str::to_owned).collect();
            if seen.len() >= history.len() || Instant::now() > deadline {
                return Ok(seen);
            }
            thread::sleep(INTERVAL);
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // It may have ended by itself, which the comparison shows.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Everything until now.
pub(super) fn history(engine: &Engine) -> Result<Vec<String>> {
    let text = engine.run(&["events", "--format", FORMAT, "--since", "0", "--until", &now()])?.stdout();
    Ok(text.lines().filter(|line| is_of_container(line)).map(str::to_owned).collect())
}

/// The image was loaded before anybody followed.
fn is_of_container(line: &str) -> bool {
    !matches!(action(line), "load" | "tag" | "pull" | "untag" | "delete")
}

fn action(line: &str) -> &str {
    line.split(' ').nth(1).unwrap_or_default()
}

fn now() -> String {
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{}.{:09}", time.as_secs(), time.subsec_nanos())
}

/// Events by action. What an exec did is one action, whatever its command was.
pub(super) struct Counts(pub(super) BTreeMap<String, u64>);

impl Counts {
    pub(super) fn of(lines: &[String]) -> Counts {
        let mut counts = BTreeMap::new();
        for line in lines {
            *counts.entry(action(line).trim_end_matches(':').to_owned()).or_default() += 1;
        }
        Counts(counts)
    }

    fn get(&self, action: &str) -> u64 {
        self.0.get(action).copied().unwrap_or(0)
    }
}

/// What does not add up, a line each. Every container is gone by now.
pub(super) fn compare(history: &[String], seen: &[String], tally: &Tally) -> Vec<String> {
    let counts = Counts::of(history);
    let mut findings = Vec::new();
    let mut expect = |what: &str, one: u64, other: u64| {
        if one != other {
            findings.push(format!("{what}: {one} and {other}"));
        }
    };
    expect("events for who asked later, and for who followed", history.len() as u64, seen.len() as u64);
    expect("`create` that succeeded, and its events", tally.done("create"), counts.get("create"));
    expect("events `create` and `destroy`", counts.get("create"), counts.get("destroy"));
    expect("events `start` and `die`", counts.get("start"), counts.get("die"));
    // `stop` may have to kill after it has asked; the last containers are removed without being counted.
    let signals = tally.asked("kill") + 2 * tally.asked("stop") + tally.asked("rm") + CONTAINERS;
    if counts.get("kill") > signals {
        findings.push(format!("events `kill`: {}, of at most {signals} signals", counts.get("kill")));
    }
    let mut sorted = (history.to_vec(), seen.to_vec());
    sorted.0.sort();
    sorted.1.sort();
    if findings.is_empty() && sorted.0 != sorted.1 {
        findings.push("who followed and who asked later were told of different events".to_owned());
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[&str]) -> Vec<String> {
        text.iter().map(|&line| line.to_owned()).collect()
    }

    #[test]
    fn a_lost_event_is_found_wherever_it_is_missing() {
        let whole = lines(&["1 create a", "2 start a", "3 die a", "4 destroy a"]);
        let tally = |creates: usize| {
            (0..creates).fold(Tally::default(), |tally, _| tally.and(Tally::one_for_tests("create")))
        };
        assert_eq!(compare(&whole, &whole, &tally(1)), Vec::<String>::new());
        assert_eq!(compare(&whole, &whole[..3], &tally(1)).len(), 1);
        assert_eq!(compare(&whole[..3], &whole[..3], &tally(1)), ["events `create` and `destroy`: 1 and 0"]);
        assert_eq!(compare(&whole, &whole, &tally(2)), ["`create` that succeeded, and its events: 2 and 1"]);
        let killed: Vec<String> = (0..60).map(|time| format!("{time} kill a")).collect();
        let killed = [whole.clone(), killed].concat();
        assert_eq!(compare(&killed, &killed, &tally(1)), ["events `kill`: 60, of at most 50 signals"]);
        let other = lines(&["1 create b", "2 start a", "3 die a", "4 destroy a"]);
        assert_eq!(compare(&whole, &other, &tally(1)).len(), 1);
    }

    #[test]
    fn execs_count_by_what_they_did() {
        let counts =
            Counts::of(&lines(&["1 exec_create: /payload true a", "2 exec_create: /payload true b"]));
        assert_eq!(counts.get("exec_create"), 2);
    }
}
