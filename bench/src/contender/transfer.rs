//! Everybody who can pull and push an image. What a sample has brought about is undone after it, so that every one begins the same.
//!
//! Daemons are started here, each with directories of its own and without networks: nothing of the machine's is changed.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::docker::{Docker, answers};
use super::{Contender, Numbered, corten, environment, installed, podman, prepare, words};
use crate::daemon::Daemon;
use crate::race::Crew;
use crate::runner::View;
use crate::workshop::{Registry, Workshop};

/// What is pulled.
#[derive(Debug)]
pub struct Source {
    /// The image's name, with its registry.
    pub name: String,
    /// Its packed layers as files, the lowest first.
    pub layers: Vec<PathBuf>,
}

/// Where an image is pushed to.
#[derive(Debug)]
pub struct Sink {
    /// The image's name there.
    pub name: String,
    /// The files of the registry, which has nothing without them.
    pub storage: PathBuf,
}

impl Sink {
    /// In a registry that is for nothing else.
    #[must_use]
    pub fn in_registry(registry: &Registry) -> Sink {
        Sink { name: registry.name("large:1"), storage: registry.storage().to_owned() }
    }
}

/// An engine with nothing in its store, and its words.
pub(super) struct Engine {
    name: &'static str,
    control: Vec<String>,
    environment: Vec<String>,
    view: View,
    daemon: Option<Rc<Daemon>>,
    pull: &'static [&'static str],
    push: &'static [&'static str],
    remove: &'static [&'static str],
}

impl Engine {
    pub(super) fn pulling(self, source: &Source) -> Contender {
        let (pull, remove) =
            (self.words(self.pull, &[&source.name]), self.words(self.remove, &[&source.name]));
        self.contender("pull", move |_| pull.clone(), Box::new(move |_| remove.clone()))
    }

    /// Has the image first, under its name in the sink.
    pub(super) fn pushing(self, source: &Source, sink: &Sink, crew: &mut Crew) -> Result<Contender, String> {
        for words in
            [self.words(self.pull, &[&source.name]), self.words(&["tag"], &[&source.name, &sink.name])]
        {
            prepare(crew, self.view, &self.environment, words)?;
        }
        let push = self.words(self.push, &[&sink.name]);
        let empty = ["/bin/rm", "-rf", &sink.storage.join("docker").display().to_string()];
        let empty = empty.map(str::to_owned).to_vec();
        Ok(self.contender("push", move |_| push.clone(), Box::new(move |_| empty.clone())))
    }

    fn words(&self, verb: &[&str], names: &[&str]) -> Vec<String> {
        let rest = verb.iter().chain(names).map(|&word| word.to_owned());
        self.control.iter().cloned().chain(rest).collect()
    }

    fn contender(
        self,
        verb: &str,
        command: impl Fn(usize) -> Vec<String> + 'static,
        after: Numbered,
    ) -> Contender {
        let contender = Contender::new(&format!("{} {verb}", self.name), self.environment, command);
        Contender { view: self.view, daemon: self.daemon, after: Some(after), ..contender }
    }
}

/// What has to be done at least: one layer after the other, and nothing fetched.
pub(super) fn floor(workshop: &Workshop, source: &Source) -> Contender {
    let directory = workshop.place("unpacked").display().to_string();
    let mut script = "set -e".to_owned();
    for (place, layer) in source.layers.iter().enumerate() {
        let into = format!("'{directory}/{place}'");
        script += &format!("; mkdir -p {into}; gunzip -c '{}' | tar -x -C {into}", layer.display());
    }
    let remove = ["/bin/rm", "-rf", &directory].map(str::to_owned).to_vec();
    let command = move |_| words(Path::new("/bin/sh"), &["-c", &script]);
    let after: Numbered = Box::new(move |_| remove.clone());
    Contender { after: Some(after), ..Contender::new("gunzip, tar", environment(workshop), command) }
}

pub(super) fn corten(workshop: &Workshop) -> Result<Engine, String> {
    Ok(Engine {
        name: "corten",
        control: words(&corten::built(workshop)?, &[]),
        environment: corten::engine_environment(workshop),
        view: View::Host,
        daemon: None,
        pull: &["pull", "--quiet"],
        push: &["push", "--quiet"],
        remove: &["rmi"],
    })
}

pub(super) fn podman(workshop: &Workshop) -> Result<Engine, String> {
    let podman = podman::Podman::bare(workshop)?;
    Ok(Engine {
        name: "podman",
        control: podman.control,
        environment: podman.environment,
        view: View::WithoutUnified,
        daemon: None,
        pull: &["pull", "--quiet", "--tls-verify=false"],
        push: &["push", "--quiet", "--tls-verify=false"],
        remove: &["rmi"],
    })
}

pub(super) fn docker(workshop: &Workshop) -> Result<Engine, String> {
    let without_networks = ["--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false"];
    let Docker { control, environment, daemon, .. } = Docker::start(workshop, &[], &without_networks)?;
    Ok(Engine {
        name: "docker",
        control,
        environment,
        view: View::Host,
        daemon: Some(daemon),
        pull: &["pull", "--quiet"],
        push: &["push", "--quiet"],
        remove: &["rmi"],
    })
}

pub(super) fn containerd(workshop: &Workshop) -> Result<Engine, String> {
    let socket = workshop.place("containerd.sock");
    let place = |name: &str| workshop.place(name).display().to_string();
    let address = format!("--address={}", socket.display());
    // Else it would read the machine's.
    let configuration = workshop.place("containerd.toml");
    std::fs::write(&configuration, "version = 2\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n")
        .map_err(|error| error.to_string())?;
    let configuration = format!("--config={}", configuration.display());
    let directories =
        [format!("--root={}", place("containerd-root")), format!("--state={}", place("containerd-run"))];
    let [root, state] = &directories;
    let command = words(&installed("containerd")?, &[&address, &configuration, root, state]);
    let daemon = Daemon::start(&command, &workshop.place("containerd.log"), || answers(&socket))?;
    Ok(Engine {
        name: "ctr",
        control: words(&installed("ctr")?, &[&address, "images"]),
        environment: environment(workshop),
        view: View::Host,
        daemon: Some(Rc::new(daemon)),
        pull: &["pull", "--plain-http"],
        push: &["push", "--plain-http"],
        remove: &["rm", "--sync"],
    })
}
