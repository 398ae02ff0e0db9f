//! Everybody who has a bridge for containers: each in a network of its own, with the image in its store.
//!
//! What is alike in their words is Docker's command line.

use std::rc::Rc;

use super::{Skipped, corten, docker, podman, prepare};
use crate::daemon::Daemon;
use crate::error::Result;
use crate::order::{Leaves, Sample};
use crate::race::Crew;
use crate::runner::{CommandLine, Guest, View};
use crate::workshop::{IMAGE, Workshop};

/// See the module.
#[derive(Debug)]
pub struct Bridged {
    /// In tables.
    pub name: &'static str,
    /// Whose network it is in.
    pub guest: Guest,
    /// The program and the flags that each of its commands needs.
    control: Vec<String>,
    environment: Vec<String>,
    /// Flags that `run` needs.
    run_flags: Vec<String>,
    /// Its server; it ends with this.
    _daemon: Option<Rc<Daemon>>,
    /// What it wants to be told in the end.
    farewell: Option<&'static [&'static str]>,
}

impl Bridged {
    /// Starts a container of that name in the background.
    ///
    /// # Errors
    /// As [`crate::runner::Runner::run`].
    pub fn start(&self, crew: &mut Crew, name: &str, flags: &[String], words: &[&str]) -> Result<Sample> {
        let detached = ["--detach", "--name", name].map(str::to_owned);
        let run = self.run([&detached, flags].concat(), words);
        crew.runner(self.view())?.run(&self.line(run, Leaves::Everything))
    }

    /// Runs one to its end; what it wrote.
    ///
    /// # Errors
    /// As [`crate::runner::Runner::run`].
    pub fn output(&self, crew: &mut Crew, words: &[&str]) -> Result<String> {
        let run = self.run(vec!["--rm".to_owned()], words);
        self.said(crew, run)
    }

    /// The container's address on the bridge.
    ///
    /// # Errors
    /// As [`crate::runner::Runner::run`].
    pub fn address(&self, crew: &mut Crew, name: &str) -> Result<String> {
        let words = ["inspect", "--format", "{{.NetworkSettings.IPAddress}}", name].map(str::to_owned);
        Ok(self.said(crew, words.into())?.trim().to_owned())
    }

    /// Removes one that runs.
    ///
    /// # Errors
    /// As [`crate::runner::Runner::run`].
    pub fn remove(&self, crew: &mut Crew, name: &str) -> Result<Sample> {
        let words = ["rm", "--force", name].map(str::to_owned);
        // What it was, and what others are, stays for a while.
        crew.runner(self.view())?.run(&self.line(words.into(), Leaves::Everything))
    }

    /// Ends what it has running beyond containers.
    ///
    /// # Errors
    /// As [`crate::runner::Runner::run`].
    pub fn finish(self, crew: &mut Crew) -> Result<()> {
        let Some(words) = self.farewell else { return Ok(()) };
        let words = words.iter().map(|&word| word.to_owned()).collect();
        crew.runner(self.view())?.run(&self.line(words, Leaves::Nothing)).map(drop)
    }

    fn said(&self, crew: &mut Crew, words: Vec<String>) -> Result<String> {
        let runner = crew.runner(self.view())?;
        runner.run(&self.line(words, Leaves::Everything))?;
        runner.output()
    }

    fn run(&self, flags: Vec<String>, words: &[&str]) -> Vec<String> {
        let words = [IMAGE].iter().chain(words).map(|&word| word.to_owned());
        ["run".to_owned()].into_iter().chain(self.run_flags.clone()).chain(flags).chain(words).collect()
    }

    fn line(&self, words: Vec<String>, leaves: Leaves) -> CommandLine {
        let words = [self.control.clone(), words].concat();
        CommandLine { environment: self.environment.clone(), words, leaves, ..CommandLine::default() }
    }

    fn view(&self) -> View {
        View::Site(self.guest)
    }
}

/// Those that there are here, and those that there are not.
pub(super) fn all(workshop: &Workshop, crew: &mut Crew) -> (Vec<Bridged>, Vec<Skipped>) {
    let (mut there, mut skipped) = (Vec::new(), Vec::new());
    for (name, engine) in [
        ("corten", of_corten(workshop, crew)),
        ("docker", of_docker(workshop, crew)),
        ("podman", of_podman(workshop, crew)),
    ] {
        match engine {
            Ok(engine) => there.push(engine),
            Err(reason) => skipped.push(Skipped { name: name.to_owned(), reason }),
        }
    }
    (there, skipped)
}

fn of_corten(workshop: &Workshop, crew: &mut Crew) -> std::result::Result<Bridged, String> {
    let (guest, environment) = (Guest::Corten, corten::engine_environment(workshop));
    let program = corten::loaded_as(workshop, crew, View::Site(guest), &environment)?;
    let control = vec![program.display().to_string()];
    let farewell = Some(["system", "settle"].as_slice());
    Ok(Bridged {
        name: "corten",
        guest,
        control,
        environment,
        run_flags: Vec::new(),
        _daemon: None,
        farewell,
    })
}

fn of_docker(workshop: &Workshop, crew: &mut Crew) -> std::result::Result<Bridged, String> {
    let docker::Docker { control, environment, daemon, .. } = docker::Docker::ready(workshop, crew)?;
    let (guest, run_flags, farewell) = (Guest::Docker, Vec::new(), None);
    Ok(Bridged { name: "docker", guest, control, environment, run_flags, _daemon: Some(daemon), farewell })
}

fn of_podman(workshop: &Workshop, crew: &mut Crew) -> std::result::Result<Bridged, String> {
    let (guest, farewell) = (Guest::Podman, None);
    let podman = podman::Podman::bare(workshop)?;
    let load = podman.words(&["load", "--input", &workshop.archive().display().to_string()]);
    prepare(crew, View::Site(guest), &podman.environment, load)?;
    let podman::Podman { control, environment } = podman;
    Ok(Bridged {
        name: "podman",
        guest,
        control,
        environment,
        run_flags: podman::run_flags(),
        _daemon: None,
        farewell,
    })
}
