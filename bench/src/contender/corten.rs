//! Ourselves: the runtime on a bundle, and the engine without a daemon on a root of its own.
//!
//! It is the program that a user would run, with nothing prepared that a user would not have.

use super::{Contender, LogAmounts, environment, prepare, start_resident, words};
use crate::race::Crew;
use crate::runner::{Guest, View};
use crate::workshop::{IMAGE, PAYLOAD, Workshop};

/// In tables.
pub(super) const BRIDGED: &str = "corten run, bridge";

/// What looks after the firewall's table of a root as long as there are networks, as a daemon does elsewhere.
pub(super) const GUARD: &str = "corten-guard";

pub(super) fn runtime_run(workshop: &Workshop) -> Result<Vec<Contender>, String> {
    let program = built(workshop)?;
    let bundle = workshop.bundle("corten", &["true"]).map_err(|error| error.to_string())?;
    let (bundle, state) =
        (bundle.display().to_string(), workshop.place("corten-state").display().to_string());
    let command = move |number| {
        let id = format!("bench-{number}");
        words(&program, &["runtime", "--root", &state, "run", "--bundle", &bundle, &id])
    };
    Ok(vec![Contender::new("corten runtime run", engine_environment(workshop), command)])
}

/// As its user would run it: without a network, as the runtimes, and with the one that containers have by default, in a site.
pub(super) fn run(workshop: &Workshop, crew: &mut Crew) -> Result<Vec<Contender>, String> {
    let modes = [("corten run", "none", View::Host), (BRIDGED, "bridge", View::Site(Guest::Corten))];
    let contender = |(name, network, view)| {
        // A root for each: what one of them settles is nothing of the other's.
        let environment = environment_with(workshop, network);
        let program = loaded_as(workshop, crew, view, &environment)?;
        let finish = vec![words(&program, &["system", "settle"])];
        let command =
            move |_| words(&program, &["run", "--rm", "--network", network, IMAGE, PAYLOAD, "true"]);
        let resident = (network == "bridge").then_some(GUARD);
        Ok(Contender { view, finish, resident, ..Contender::new(name, environment, command) })
    };
    modes.into_iter().map(contender).collect()
}

pub(super) fn exec(workshop: &Workshop, crew: &mut Crew) -> Result<Vec<Contender>, String> {
    let program = loaded(workshop, crew)?;
    let environment = engine_environment(workshop);
    let start =
        words(&program, &["run", "--detach", "--name", "exec", "--network", "none", IMAGE, PAYLOAD, "sleep"]);
    start_resident(crew, View::Host, &environment, start)?;
    let finish = vec![words(&program, &["rm", "--force", "exec"]), words(&program, &["system", "settle"])];
    let command = move |_| words(&program, &["exec", "exec", PAYLOAD, "true"]);
    Ok(vec![Contender { finish, ..Contender::new("corten exec", environment, command) }])
}

pub(super) fn logs(
    workshop: &Workshop,
    crew: &mut Crew,
    amounts: LogAmounts,
) -> Result<Vec<Contender>, String> {
    let program = loaded(workshop, crew)?;
    let environment = engine_environment(workshop);
    let control = words(&program, &[]);
    // The others' logs grow without a limit: rotated away, most of it would not have to be read.
    let run_flags = ["--log-opt", "max-size=-1"].map(str::to_owned).into();
    let engine = super::logs::Engine { name: "corten", control, run_flags, environment };
    prepare(crew, View::Host, &engine.environment, engine.fill(amounts.throughput))?;
    prepare(crew, View::Host, &engine.environment, engine.fill_for_search(amounts.search))?;
    let mut contenders = super::logs::contenders(&engine, amounts.throughput);
    let settle = words(&program, &["system", "settle"]);
    contenders.iter_mut().for_each(|contender| contender.finish.push(settle.clone()));
    Ok(contenders)
}

pub(super) fn built(workshop: &Workshop) -> Result<std::path::PathBuf, String> {
    let program = workshop.programs.corten.clone();
    if program.exists() { Ok(program) } else { Err(format!("`{}` is not built", program.display())) }
}

/// The program, with the image in its root.
fn loaded(workshop: &Workshop, crew: &mut Crew) -> Result<std::path::PathBuf, String> {
    loaded_as(workshop, crew, View::Host, &engine_environment(workshop))
}

pub(super) fn loaded_as(
    workshop: &Workshop,
    crew: &mut Crew,
    view: View,
    environment: &[String],
) -> Result<std::path::PathBuf, String> {
    let program = built(workshop)?;
    let load = words(&program, &["load", "--input", &workshop.archive().display().to_string()]);
    prepare(crew, view, environment, load)?;
    Ok(program)
}

pub(super) fn engine_environment(workshop: &Workshop) -> Vec<String> {
    environment_with(workshop, "engine")
}

/// With a root of that name.
fn environment_with(workshop: &Workshop, name: &str) -> Vec<String> {
    let mut environment = environment(workshop);
    environment.push(format!("CORTEN_ROOT={}", workshop.place(&format!("{name}-root")).display()));
    environment.push(format!("CORTEN_RUN_ROOT={}", workshop.place(&format!("{name}-run")).display()));
    environment
}
