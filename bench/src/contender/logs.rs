//! What is alike in how engines are asked to write a log and to read it back.
//!
//! Their commands are Docker's, so only the program and its flags differ.

use super::{Contender, words};
use crate::workshop::{IMAGE, PAYLOAD};

/// The container whose log is read.
const READ: &str = "bench-read";

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
    /// The command that makes a container which has written a log for [`write_and_read`] to read.
    pub(super) fn fill(&self, bytes: u64) -> Vec<String> {
        let run = ["run", "--name", READ, "--network", "none"].map(str::to_owned);
        let payload = [IMAGE, PAYLOAD, "lines", &bytes.to_string()].map(str::to_owned);
        [&self.control, run.as_slice(), &self.run_flags, &payload].concat()
    }
}

/// One contender that lets a container write, attached to nobody, and one that reads what another wrote.
pub(super) fn write_and_read(engine: &Engine, bytes: u64) -> Vec<Contender> {
    let Engine { name, control, environment, .. } = engine;
    let quoted: String = control.iter().map(|word| format!("'{word}' ")).collect();
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
    vec![write, Contender { finish: vec![remove(control, READ)], ..read }]
}
