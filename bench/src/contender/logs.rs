//! What is alike in how engines are asked to write a log and to read it back.
//!
//! Their commands are Docker's, so only the program and its flags differ.

use std::time::{Duration, SystemTime};

use corten_spec::time::Timestamp;

use super::{Contender, words};
use crate::workshop::{IMAGE, PAYLOAD};

/// The container whose log is read.
const READ: &str = "bench-read";

/// The container in whose log a moment is looked for.
const SEARCHED: &str = "bench-search";

/// How many lines come after that moment.
const LATER: &str = "1000";

/// Some read everything that is older, for a minute.
const SEARCHES: usize = 3;

/// Whose logs they are.
pub(super) struct Engine {
    /// In tables.
    pub(super) name: &'static str,
    /// The program, and the flags that each of its commands needs.
    pub(super) control: Vec<String>,
    /// Flags that `run` needs.
    pub(super) run_flags: Vec<String>,
    pub(super) environment: Vec<String>,
}

impl Engine {
    /// The command that makes a container which has written a log for [`contenders`] to read.
    pub(super) fn fill(&self, bytes: u64) -> Vec<String> {
        let run = ["run", "--name", READ, "--network", "none"].map(str::to_owned);
        let payload = [IMAGE, PAYLOAD, "lines", &bytes.to_string()].map(str::to_owned);
        [&self.control, run.as_slice(), &self.run_flags, &payload].concat()
    }

    /// The command that makes a container which writes a log and, three seconds later, some lines more.
    pub(super) fn fill_for_search(&self, bytes: u64) -> Vec<String> {
        let (control, flags) = (self.quoted(), self.run_flags.join(" "));
        let run = format!(
            "{control} run --detach --name {SEARCHED} --network none {flags} {IMAGE} {PAYLOAD} lines {bytes} later {LATER}"
        );
        words("/bin/sh".as_ref(), &["-c", &format!("{run} && {control} wait {SEARCHED}")])
    }

    /// The program and its flags, for a shell.
    fn quoted(&self) -> String {
        self.control.iter().map(|word| format!("'{word}' ")).collect()
    }
}

/// One contender that lets a container write, attached to nobody, one that reads what another wrote, and one that reads the end of what a
/// third has just written.
pub(super) fn contenders(engine: &Engine, bytes: u64) -> Vec<Contender> {
    let Engine { name, control, environment, .. } = engine;
    let quoted = engine.quoted();
    let flags = engine.run_flags.join(" ");
    let script = move |number| {
        let container = format!("write-{number}");
        let run =
            format!("run --detach --name {container} --network none {flags} {IMAGE} {PAYLOAD} lines {bytes}");
        words("/bin/sh".as_ref(), &["-c", &format!("{quoted} {run} && {quoted} wait {container}")])
    };
    let remove = |control: &[String], container: &str| {
        [control, &["rm", "--force", container].map(str::to_owned)].concat()
    };
    let (for_after, for_read) = (control.clone(), control.clone());
    let write = Contender {
        after: Some(Box::new(move |number| remove(&for_after, &format!("write-{number}")))),
        ..Contender::new(&format!("{name} write"), environment.clone(), script)
    };
    let read = Contender::new(&format!("{name} read"), environment.clone(), move |_| {
        [for_read.as_slice(), &["logs", READ].map(str::to_owned)].concat()
    });
    // The last lines are a moment old, and two seconds younger than the others.
    let since = Timestamp::from_system_time(SystemTime::now() - Duration::from_secs(1)).rfc3339_nano();
    let for_search = control.clone();
    let search = Contender::new(&format!("{name} since"), environment.clone(), move |_| {
        [for_search.as_slice(), &["logs", "--since", &since, SEARCHED].map(str::to_owned)].concat()
    });
    let finish = |container| vec![remove(control, container)];
    vec![
        write,
        Contender { finish: finish(READ), ..read },
        Contender { finish: finish(SEARCHED), most_samples: Some(SEARCHES), ..search },
    ]
}
