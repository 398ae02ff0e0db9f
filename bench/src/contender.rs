//! Who is measured: a name, the command of one sample, and what has to be tidied up after it.
//!
//! Each contender prepares what it needs when it is made, or says why it cannot take part.

mod bridged;
mod corten;
mod docker;
mod floor;
mod logs;
mod podman;
mod runtimes;
mod transfer;

use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

pub use bridged::Bridged;
pub(crate) use docker::answers;
use serde::Serialize;
pub use transfer::{Sink, Source};

use crate::daemon::Daemon;
use crate::order::Leaves;
use crate::race::Crew;
pub(crate) use crate::runner::Guest;
use crate::runner::{CommandLine, View};
use crate::workshop::Workshop;

/// Makes the command of a sample from a number that no other sample has.
type Numbered = Box<dyn Fn(usize) -> Vec<String>>;

/// Who is not measured, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The contender's name.
    pub name: String,
    /// What is missing.
    pub reason: String,
}

/// See the module.
pub struct Contender {
    /// In tables.
    pub name: String,
    /// What its commands see of the machine.
    pub view: View,
    /// `NAME=VALUE` each.
    pub environment: Vec<String>,
    /// Whether what it writes belongs to the measurement.
    pub keeps_output: bool,
    /// The command that is measured.
    command: Numbered,
    /// Run after each sample, not measured.
    after: Option<Numbered>,
    /// The server that does the work for the command, where there is one of the contender's own: what it uses counts.
    pub daemon: Option<Rc<Daemon>>,
    /// The name of the one process that its commands may leave running until the last of those that finish.
    pub resident: Option<&'static str>,
    /// The most samples that are taken of it, where one takes minutes with some.
    pub most_samples: Option<usize>,
    /// Run after the last sample.
    pub finish: Vec<Vec<String>>,
}

impl fmt::Debug for Contender {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Contender").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Contender {
    fn new(
        name: &str,
        environment: Vec<String>,
        command: impl Fn(usize) -> Vec<String> + 'static,
    ) -> Contender {
        Contender {
            name: name.to_owned(),
            view: View::Host,
            environment,
            keeps_output: false,
            command: Box::new(command),
            after: None,
            daemon: None,
            resident: None,
            most_samples: None,
            finish: Vec::new(),
        }
    }

    /// What is measured in sample `number`.
    #[must_use]
    pub fn command(&self, number: usize) -> CommandLine {
        self.line((self.command)(number), !self.keeps_output)
    }

    /// What follows it, if anything.
    #[must_use]
    pub fn command_after(&self, number: usize) -> Option<CommandLine> {
        self.after.as_ref().map(|after| self.line(after(number), true))
    }

    fn line(&self, words: Vec<String>, discard_output: bool) -> CommandLine {
        let leaves = self.resident.map_or(Leaves::Nothing, |name| Leaves::Resident(name.to_owned()));
        CommandLine { environment: self.environment.clone(), words, discard_output, leaves }
    }
}

/// Contenders that take part, and those that cannot.
#[derive(Debug, Default)]
pub struct Field {
    /// In the order of the table.
    pub contenders: Vec<Contender>,
    /// The rest.
    pub skipped: Vec<Skipped>,
}

impl Field {
    fn add(&mut self, name: &str, contender: Result<Vec<Contender>, String>) {
        match contender {
            Ok(contenders) => self.contenders.extend(contenders),
            Err(reason) => self.skipped.push(Skipped { name: name.to_owned(), reason }),
        }
    }
}

/// How many bytes there are of a log.
#[derive(Debug, Clone, Copy)]
pub struct LogAmounts {
    /// Where throughput is measured.
    pub throughput: u64,
    /// Where a moment is looked for.
    pub search: u64,
}

/// Everybody who can start a container of their own for one command.
pub fn for_start(workshop: &Workshop, crew: &mut Crew) -> Field {
    let mut field = Field::default();
    field.contenders.push(floor::bare_process(workshop));
    field.contenders.push(floor::floor(workshop));
    field.contenders.push(floor::bundle_floor(workshop));
    field.add("corten runtime run", corten::runtime_run(workshop));
    field.add("corten run", corten::run(workshop, crew));
    for name in runtimes::NAMES {
        field.add(&format!("{name} run"), runtimes::run(name, workshop));
    }
    field.add("podman run", podman::run(workshop, crew));
    field.add("docker run", docker::run(workshop, crew));
    field
}

/// Everybody who can run one more process in a container.
pub fn for_exec(workshop: &Workshop, crew: &mut Crew) -> Field {
    let mut field = Field::default();
    field.contenders.push(floor::bare_process(workshop));
    field.add("corten exec", corten::exec(workshop, crew));
    for name in runtimes::NAMES {
        field.add(&format!("{name} exec"), runtimes::exec(name, workshop, crew));
    }
    field.add("podman exec", podman::exec(workshop, crew));
    field.add("docker exec", docker::exec(workshop, crew));
    field
}

/// Everybody who keeps what a container writes, in lines of a hundred bytes.
pub fn for_logs(workshop: &Workshop, crew: &mut Crew, amounts: LogAmounts) -> Field {
    let mut field = Field::default();
    field.contenders.push(floor::pipe(workshop, amounts.throughput));
    field.add("corten logs", corten::logs(workshop, crew, amounts));
    field.add("podman logs", podman::logs(workshop, crew, amounts));
    field.add("docker logs", docker::logs(workshop, crew, amounts));
    field
}

/// Everybody who has a bridge.
pub fn for_net(workshop: &Workshop, crew: &mut Crew) -> (Vec<Bridged>, Vec<Skipped>) {
    bridged::all(workshop, crew)
}

/// Our program and the environment of its commands, with the image in the root that they name.
pub(crate) fn corten_loaded(
    workshop: &Workshop,
    crew: &mut Crew,
    view: View,
) -> Result<(PathBuf, Vec<String>), String> {
    let environment = corten::engine_environment(workshop);
    Ok((corten::loaded_as(workshop, crew, view, &environment)?, environment))
}

/// A dockerd with the image in its storage, and where it answers.
pub(crate) fn docker_ready(workshop: &Workshop, crew: &mut Crew) -> Result<(Rc<Daemon>, PathBuf), String> {
    let docker::Docker { daemon, socket, .. } = docker::Docker::ready(workshop, crew)?;
    Ok((daemon, socket))
}

/// Everybody who can pull an image.
pub fn for_pull(workshop: &Workshop, source: &Source) -> Field {
    let mut field = Field::default();
    field.contenders.push(transfer::floor(workshop, source));
    for (name, engine) in engines(workshop) {
        field.add(&format!("{name} pull"), engine.map(|engine| vec![engine.pulling(source)]));
    }
    field
}

/// Everybody who can push an image.
pub fn for_push(workshop: &Workshop, crew: &mut Crew, source: &Source, sink: &Sink) -> Field {
    let mut field = Field::default();
    for (name, engine) in engines(workshop) {
        let contender = engine.and_then(|engine| engine.pushing(source, sink, crew));
        field.add(&format!("{name} push"), contender.map(|contender| vec![contender]));
    }
    field
}

fn engines(workshop: &Workshop) -> [(&'static str, Result<transfer::Engine, String>); 4] {
    [
        ("corten", transfer::corten(workshop)),
        ("ctr", transfer::containerd(workshop)),
        ("docker", transfer::docker(workshop)),
        ("podman", transfer::podman(workshop)),
    ]
}

/// What every command gets; nothing of the caller's own environment goes with it.
fn environment(workshop: &Workshop) -> Vec<String> {
    vec![
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned(),
        format!("HOME={}", workshop.place("home").display()),
    ]
}

/// A program on the usual search path.
pub(crate) fn installed(name: &str) -> Result<PathBuf, String> {
    let directories = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
    let found =
        directories.iter().map(|directory| Path::new(directory).join(name)).find(|path| path.exists());
    found.ok_or_else(|| "not installed".to_owned())
}

/// Words of a command: the program, then the rest.
fn words(program: &Path, rest: &[&str]) -> Vec<String> {
    let rest = rest.iter().map(|&word| word.to_owned());
    [program.display().to_string()].into_iter().chain(rest).collect()
}

/// Runs a command of the set-up.
fn prepare(crew: &mut Crew, view: View, environment: &[String], words: Vec<String>) -> Result<(), String> {
    set_up(crew, view, &CommandLine { environment: environment.to_vec(), words, ..CommandLine::default() })
}

/// Runs one that leaves a container behind, for the samples to work with.
fn start_resident(
    crew: &mut Crew,
    view: View,
    environment: &[String],
    words: Vec<String>,
) -> Result<(), String> {
    let environment = environment.to_vec();
    set_up(
        crew,
        view,
        &CommandLine { environment, words, leaves: Leaves::Everything, ..CommandLine::default() },
    )
}

fn set_up(crew: &mut Crew, view: View, command: &CommandLine) -> Result<(), String> {
    crew.runner(view).and_then(|runner| runner.run(command)).map(drop).map_err(|error| error.to_string())
}
