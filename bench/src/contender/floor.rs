//! What no container can beat: the program without a container, bare system calls, and a pipe.
//!
//! None of them is a product.

use super::{Contender, environment, words};
use crate::workshop::{PAYLOAD, Workshop};

/// The payload itself, without any isolation.
pub(super) fn bare_process(workshop: &Workshop) -> Contender {
    let payload = workshop.programs.payload.clone();
    Contender::new("process", environment(workshop), move |_| words(&payload, &["true"]))
}

/// Every isolation there is, by bare system calls, on an overlay as engines make it; it writes how long each phase took.
pub(super) fn floor(workshop: &Workshop) -> Contender {
    on("floor", workshop, &workshop.place("floor").display().to_string())
}

/// The same on the bound directory of an OCI bundle, as runtimes have it.
pub(super) fn bundle_floor(workshop: &Workshop) -> Contender {
    on("bundle floor", workshop, "-")
}

fn on(name: &str, workshop: &Workshop, directory: &str) -> Contender {
    let program = workshop.programs.floor.clone();
    let (root, filter) = (workshop.root().display().to_string(), workshop.filter().display().to_string());
    let directory = directory.to_owned();
    let command = move |_| words(&program, &[&root, &filter, &directory, PAYLOAD, "true"]);
    Contender { keeps_output: true, ..Contender::new(name, environment(workshop), command) }
}

/// Lines from one process to another, with nobody keeping them.
pub(super) fn pipe(workshop: &Workshop, bytes: u64) -> Contender {
    let payload = workshop.programs.payload.display().to_string();
    let script = format!("'{payload}' lines {bytes} | '{payload}' cat");
    Contender::new("pipe", environment(workshop), move |_| words("/bin/sh".as_ref(), &["-c", &script]))
}
