//! Podman, on storage of its own.
//!
//! It runs where v2 is not mounted beside v1: it takes a hybrid machine for one with v2 alone, and fails. In that mount namespace
//! its own mounts go with the runner, too.

use rustix::process::{Resource, getrlimit};

use super::{Contender, LogAmounts, environment, installed, prepare, start_resident};
use crate::race::Crew;
use crate::runner::{Guest, View};
use crate::workshop::{IMAGE, PAYLOAD, Workshop, cgroup_home};

/// In tables.
const BRIDGED: &str = "podman run, bridge";

/// Podman's defaults are more than root may have on a restricted machine; what root has is enough for many published ports.
fn limits() -> Vec<String> {
    let files = getrlimit(Resource::Nofile).maximum.unwrap_or(1 << 20);
    let files = format!("nofile={files}:{files}");
    ["--ulimit", &files, "--ulimit", "nproc=1024:1024"].map(str::to_owned).into()
}

pub(super) fn run(workshop: &Workshop, crew: &mut Crew) -> Result<Vec<Contender>, String> {
    let podman = Podman::ready(workshop, crew)?;
    let modes =
        [("podman run", "none", View::WithoutUnified), (BRIDGED, "bridge", View::Site(Guest::Podman))];
    let contender = |(name, network, view): (&str, &'static str, View)| {
        let control = podman.control.clone();
        let command = move |_| [control.clone(), run_payload(network, &["--rm"], &["true"])].concat();
        Contender { view, ..podman.contender(name, command) }
    };
    Ok(modes.map(contender).into())
}

pub(super) fn exec(workshop: &Workshop, crew: &mut Crew) -> Result<Vec<Contender>, String> {
    let podman = Podman::ready(workshop, crew)?;
    let start =
        [podman.control.clone(), run_payload("none", &["--detach", "--name", "exec"], &["sleep"])].concat();
    start_resident(crew, View::WithoutUnified, &podman.environment, start)?;
    let command = {
        let control = podman.control.clone();
        move |_| after(&control, &["exec", "exec", PAYLOAD, "true"])
    };
    let finish = vec![podman.words(&["rm", "--force", "exec"])];
    Ok(vec![Contender { finish, ..podman.contender("podman exec", command) }])
}

pub(super) fn logs(
    workshop: &Workshop,
    crew: &mut Crew,
    amounts: LogAmounts,
) -> Result<Vec<Contender>, String> {
    let podman = Podman::ready(workshop, crew)?;
    let engine = super::logs::Engine {
        name: "podman",
        control: podman.control,
        run_flags: run_flags(),
        environment: podman.environment,
    };
    prepare(crew, View::WithoutUnified, &engine.environment, engine.fill(amounts.throughput))?;
    prepare(crew, View::WithoutUnified, &engine.environment, engine.fill_for_search(amounts.search))?;
    let contenders = super::logs::contenders(&engine, amounts.throughput);
    Ok(contenders
        .into_iter()
        .map(|contender| Contender { view: View::WithoutUnified, ..contender })
        .collect())
}

pub(super) struct Podman {
    /// The program and the flags that every command needs.
    pub(super) control: Vec<String>,
    pub(super) environment: Vec<String>,
}

impl Podman {
    /// With nothing in its storage.
    pub(super) fn bare(workshop: &Workshop) -> Result<Podman, String> {
        let program = installed("podman")?.display().to_string();
        let place = |name: &str| workshop.place(name).display().to_string();
        let [root, run_root, networks] = ["podman-root", "podman-run", "podman-networks"].map(place);
        let flags = [
            "--root",
            &root,
            "--runroot",
            &run_root,
            "--cgroup-manager",
            "cgroupfs",
            "--network-config-dir",
            &networks,
            "--events-backend",
            "file",
        ];
        let control = [program.as_str()].iter().chain(&flags).map(|&word| word.to_owned()).collect();
        Ok(Podman { control, environment: environment(workshop) })
    }

    /// With the image in its storage.
    fn ready(workshop: &Workshop, crew: &mut Crew) -> Result<Podman, String> {
        let podman = Podman::bare(workshop)?;
        let load = podman.words(&["load", "--input", &workshop.archive().display().to_string()]);
        prepare(crew, View::WithoutUnified, &podman.environment, load)?;
        Ok(podman)
    }

    pub(super) fn words(&self, rest: &[&str]) -> Vec<String> {
        after(&self.control, rest)
    }

    fn contender(&self, name: &str, command: impl Fn(usize) -> Vec<String> + 'static) -> Contender {
        Contender { view: View::WithoutUnified, ..Contender::new(name, self.environment.clone(), command) }
    }
}

/// What `run` needs here; its cgroup goes with the measurement.
pub(super) fn run_flags() -> Vec<String> {
    [limits(), vec!["--cgroup-parent".to_owned(), cgroup_home()]].concat()
}

fn run_payload(network: &str, flags: &[&str], words: &[&str]) -> Vec<String> {
    let run = ["run", "--network", network].map(str::to_owned);
    let payload = [flags, &[IMAGE, PAYLOAD], words].concat();
    let payload = payload.iter().map(|&word| word.to_owned());
    run.into_iter().chain(run_flags()).chain(payload).collect()
}

fn after(control: &[String], rest: &[&str]) -> Vec<String> {
    control.iter().cloned().chain(rest.iter().map(|&word| word.to_owned())).collect()
}
