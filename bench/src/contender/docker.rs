//! Docker: a dockerd of our own with its directories in the workshop and a network of its own, so that it changes no firewall but that one.
//!
//! What it leaves in the control groups is removed with the measurement's.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::{Contender, LogAmounts, environment, installed, prepare, start_resident, words};
use crate::daemon::Daemon;
use crate::race::Crew;
use crate::runner::{Guest, View};
use crate::workshop::{IMAGE, PAYLOAD, Workshop, cgroup_home};

const VIEW: View = View::Site(Guest::Docker);

pub(super) fn run(workshop: &Workshop, crew: &mut Crew) -> Result<Vec<Contender>, String> {
    let docker = Docker::ready(workshop, crew)?;
    let contender = |(name, network): (&str, &'static str)| {
        let control = docker.control.clone();
        let command =
            move |_| after(&control, &["run", "--rm", "--network", network, IMAGE, PAYLOAD, "true"]);
        docker.contender(name, command)
    };
    Ok([("docker run", "none"), ("docker run, bridge", "bridge")].map(contender).into())
}

pub(super) fn exec(workshop: &Workshop, crew: &mut Crew) -> Result<Vec<Contender>, String> {
    let docker = Docker::ready(workshop, crew)?;
    let start = ["run", "--detach", "--name", "exec", "--network", "none", IMAGE, PAYLOAD, "sleep"];
    start_resident(crew, VIEW, &docker.environment, after(&docker.control, &start))?;
    let finish = vec![after(&docker.control, &["rm", "--force", "exec"])];
    let control = docker.control.clone();
    let command = move |_| after(&control, &["exec", "exec", PAYLOAD, "true"]);
    Ok(vec![Contender { finish, ..docker.contender("docker exec", command) }])
}

pub(super) fn logs(
    workshop: &Workshop,
    crew: &mut Crew,
    amounts: LogAmounts,
) -> Result<Vec<Contender>, String> {
    let docker = Docker::ready(workshop, crew)?;
    let Docker { control, environment, daemon, .. } = docker;
    let engine = super::logs::Engine { name: "docker", control, run_flags: Vec::new(), environment };
    prepare(crew, VIEW, &engine.environment, engine.fill(amounts.throughput))?;
    prepare(crew, VIEW, &engine.environment, engine.fill_for_search(amounts.search))?;
    let contenders = super::logs::contenders(&engine, amounts.throughput).into_iter();
    Ok(contenders.map(|one| Contender { view: VIEW, daemon: Some(daemon.clone()), ..one }).collect())
}

/// A dockerd and how to speak to it.
pub(super) struct Docker {
    /// The program and the flags that every command needs.
    pub(super) control: Vec<String>,
    pub(super) environment: Vec<String>,
    pub(super) daemon: Rc<Daemon>,
    /// Where it answers.
    pub(super) socket: PathBuf,
}

impl Docker {
    /// With nothing in its storage.
    ///
    /// # Errors
    /// In words.
    pub(super) fn start(workshop: &Workshop, before: &[String], flags: &[&str]) -> Result<Docker, String> {
        let place = |name: &str| workshop.place(name).display().to_string();
        let socket = workshop.place("docker.sock");
        let host = format!("--host=unix://{}", socket.display());
        let own = [
            format!("--data-root={}", place("docker-root")),
            format!("--exec-root={}", place("docker-run")),
            format!("--pidfile={}", place("docker.pid")),
            format!("--cgroup-parent={}", cgroup_home()),
            host.clone(),
        ];
        let flags: Vec<&str> = own.iter().map(String::as_str).chain(flags.iter().copied()).collect();
        let command = [before, &words(&installed("dockerd")?, &flags)].concat();
        let daemon = Daemon::start(&command, &workshop.place("dockerd.log"), || answers(&socket))?;
        let control = words(&installed("docker")?, &[&host]);
        Ok(Docker { control, environment: environment(workshop), daemon: Rc::new(daemon), socket })
    }

    /// With its default bridge in a network of its own, and the image in its storage.
    pub(super) fn ready(workshop: &Workshop, crew: &mut Crew) -> Result<Docker, String> {
        let before = crew.site(Guest::Docker).map_err(|error| error.to_string())?.inside();
        let docker = Docker::start(workshop, &before, &[])?;
        let load = after(&docker.control, &["load", "--input", &workshop.archive().display().to_string()]);
        prepare(crew, VIEW, &docker.environment, load)?;
        Ok(docker)
    }

    fn contender(&self, name: &str, command: impl Fn(usize) -> Vec<String> + 'static) -> Contender {
        let daemon = Some(self.daemon.clone());
        Contender { view: VIEW, daemon, ..Contender::new(name, self.environment.clone(), command) }
    }
}

fn after(control: &[String], rest: &[&str]) -> Vec<String> {
    control.iter().cloned().chain(rest.iter().map(|&word| word.to_owned())).collect()
}

pub(crate) fn answers(socket: &Path) -> bool {
    UnixStream::connect(socket).is_ok()
}
