//! The OCI runtimes of others, on a bundle that asks for what the floor does.
//!
//! Their state lies in the temporary directory, so that they meet no container of the machine's.

use super::{Contender, environment, installed, start_resident, words};
use crate::race::Crew;
use crate::runner::View;
use crate::workshop::{PAYLOAD, Workshop};

/// What they are installed as.
pub(super) const NAMES: [&str; 2] = ["crun", "runc"];

pub(super) fn run(name: &str, workshop: &Workshop) -> Result<Vec<Contender>, String> {
    let program = installed(name)?;
    let bundle = workshop.bundle(name, &["true"]).map_err(|error| error.to_string())?;
    let (bundle, state) = (bundle.display().to_string(), state(name, workshop));
    let command = move |number| {
        words(&program, &["--root", &state, "run", "--bundle", &bundle, &format!("bench-{number}")])
    };
    let contender = Contender::new(&format!("{name} run"), environment(workshop), command);
    Ok(vec![Contender { view: view(name), ..contender }])
}

pub(super) fn exec(name: &str, workshop: &Workshop, crew: &mut Crew) -> Result<Vec<Contender>, String> {
    let program = installed(name)?;
    let id = format!("exec-{name}");
    let bundle = workshop.bundle(&id, &["sleep"]).map_err(|error| error.to_string())?;
    let (bundle, state) = (bundle.display().to_string(), state(name, workshop));
    let environment = environment(workshop);
    let control = |rest: &[&str]| words(&program, &[&["--root", &state], rest].concat());
    start_resident(crew, view(name), &environment, control(&["run", "--detach", "--bundle", &bundle, &id]))?;
    let finish = vec![control(&["delete", "--force", &id])];
    let command = {
        let (program, state, id) = (program.clone(), state.clone(), id.clone());
        move |_| words(&program, &["--root", &state, "exec", &id, PAYLOAD, "true"])
    };
    let contender = Contender::new(&format!("{name} exec"), environment.clone(), command);
    Ok(vec![Contender { view: view(name), finish, ..contender }])
}

fn state(name: &str, workshop: &Workshop) -> String {
    workshop.place(&format!("{name}-state")).display().to_string()
}

/// crun takes v2 beside v1 for v2 alone, and fails.
fn view(name: &str) -> View {
    if name == "crun" { View::WithoutUnified } else { View::Host }
}
