//! Docker, where a dockerd answers already.
//!
//! None is started: that changes the machine's firewall, and is its owner's to decide.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use super::{Contender, environment, installed, prepare, start_resident, words};
use crate::race::Crew;
use crate::runner::View;
use crate::workshop::{IMAGE, PAYLOAD, Workshop};

const SOCKET: &str = "/var/run/docker.sock";

pub(super) fn run(workshop: &Workshop, crew: &mut Crew) -> Result<Vec<Contender>, String> {
    let program = loaded(workshop, crew)?;
    let finish = vec![words(&program, &["rmi", IMAGE])];
    let command = move |_| words(&program, &["run", "--rm", "--network", "none", IMAGE, PAYLOAD, "true"]);
    Ok(vec![Contender { finish, ..Contender::new("docker run", environment(workshop), command) }])
}

pub(super) fn exec(workshop: &Workshop, crew: &mut Crew) -> Result<Vec<Contender>, String> {
    let program = loaded(workshop, crew)?;
    let name = format!("corten-bench-{}", std::process::id());
    let start = ["run", "--detach", "--name", &name, "--network", "none", IMAGE, PAYLOAD, "sleep"];
    start_resident(crew, View::Host, &environment(workshop), words(&program, &start))?;
    let finish = vec![words(&program, &["rm", "--force", &name]), words(&program, &["rmi", IMAGE])];
    let command = move |_| words(&program, &["exec", &name, PAYLOAD, "true"]);
    Ok(vec![Contender { finish, ..Contender::new("docker exec", environment(workshop), command) }])
}

pub(super) fn logs(workshop: &Workshop, crew: &mut Crew, bytes: u64) -> Result<Vec<Contender>, String> {
    let control = words(&loaded(workshop, crew)?, &[]);
    let environment = environment(workshop);
    let engine = super::logs::Engine { name: "docker", control, run_flags: Vec::new(), environment };
    prepare(crew, View::Host, &engine.environment, engine.fill(bytes))?;
    Ok(super::logs::write_and_read(&engine, bytes))
}

/// The command line, with the image in the store of the daemon.
fn loaded(workshop: &Workshop, crew: &mut Crew) -> Result<PathBuf, String> {
    let program = installed("docker")?;
    UnixStream::connect(Path::new(SOCKET))
        .map_err(|error| format!("no dockerd answers at `{SOCKET}`: {error}"))?;
    let load = words(&program, &["load", "--input", &workshop.archive().display().to_string()]);
    prepare(crew, View::Host, &environment(workshop), load)?;
    Ok(program)
}
