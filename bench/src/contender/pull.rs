//! Everybody who can pull an image: it is removed after each sample, so that every one begins with nothing.
//!
//! Daemons are started here, each with directories of its own and without networks: nothing of the machine's is changed.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::rc::Rc;

use super::{Contender, corten, environment, installed, podman, words};
use crate::daemon::Daemon;
use crate::workshop::Workshop;

/// What is pulled.
#[derive(Debug)]
pub struct Source {
    /// The image's name, with its registry.
    pub name: String,
    /// Its packed layers as files, the lowest first.
    pub layers: Vec<std::path::PathBuf>,
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
    let after: super::Numbered = Box::new(move |_| remove.clone());
    Contender { after: Some(after), ..Contender::new("gunzip | tar", environment(workshop), command) }
}

pub(super) fn corten(workshop: &Workshop, source: &Source) -> Result<Vec<Contender>, String> {
    let control = words(&corten::built(workshop)?, &[]);
    let verbs = Verbs { pull: &["pull", "--quiet"], remove: &["rmi"] };
    Ok(vec![pulling("corten pull", corten::engine_environment(workshop), &control, &verbs, source)])
}

pub(super) fn podman(workshop: &Workshop, source: &Source) -> Result<Vec<Contender>, String> {
    let podman = podman::Podman::bare(workshop)?;
    let verbs = Verbs { pull: &["pull", "--quiet", "--tls-verify=false"], remove: &["rmi"] };
    let contender = pulling("podman pull", podman.environment, &podman.control, &verbs, source);
    Ok(vec![Contender { view: crate::runner::View::WithoutUnified, ..contender }])
}

pub(super) fn docker(workshop: &Workshop, source: &Source) -> Result<Vec<Contender>, String> {
    let socket = workshop.place("docker.sock");
    let place = |name: &str| workshop.place(name).display().to_string();
    let own = [
        format!("--data-root={}", place("docker-root")),
        format!("--exec-root={}", place("docker-run")),
        format!("--pidfile={}", place("docker.pid")),
        format!("--host=unix://{}", socket.display()),
    ];
    let without_networks = ["--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false"];
    let without_networks = without_networks.map(str::to_owned);
    let command = [words(&installed("dockerd")?, &[]), own.to_vec(), without_networks.to_vec()].concat();
    let daemon = Daemon::start(&command, &workshop.place("dockerd.log"), || answers(&socket))?;
    let host = format!("--host=unix://{}", socket.display());
    let control = words(&installed("docker")?, &[&host]);
    let verbs = Verbs { pull: &["pull", "--quiet"], remove: &["rmi"] };
    Ok(vec![served_by(daemon, pulling("docker pull", environment(workshop), &control, &verbs, source))])
}

pub(super) fn containerd(workshop: &Workshop, source: &Source) -> Result<Vec<Contender>, String> {
    let socket = workshop.place("containerd.sock");
    let place = |name: &str| workshop.place(name).display().to_string();
    let address = format!("--address={}", socket.display());
    let own =
        [format!("--root={}", place("containerd-root")), format!("--state={}", place("containerd-run"))];
    // It would read the machine's configuration.
    let configuration = workshop.place("containerd.toml");
    std::fs::write(&configuration, "version = 2\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n")
        .map_err(|error| error.to_string())?;
    let configuration = format!("--config={}", configuration.display());
    let command = [words(&installed("containerd")?, &[&address, &configuration]), own.to_vec()].concat();
    let daemon = Daemon::start(&command, &workshop.place("containerd.log"), || answers(&socket))?;
    let control = words(&installed("ctr")?, &[&address, "images"]);
    let verbs = Verbs { pull: &["pull", "--plain-http"], remove: &["rm", "--sync"] };
    Ok(vec![served_by(daemon, pulling("ctr pull", environment(workshop), &control, &verbs, source))])
}

/// What comes between the program and the image's name.
struct Verbs<'a> {
    pull: &'a [&'a str],
    remove: &'a [&'a str],
}

fn pulling(
    name: &str,
    environment: Vec<String>,
    control: &[String],
    verbs: &Verbs<'_>,
    source: &Source,
) -> Contender {
    let command = |verb: &[&str]| {
        let verb = verb.iter().map(|&word| word.to_owned()).collect();
        [control.to_vec(), verb, vec![source.name.clone()]].concat()
    };
    let (pull, remove) = (command(verbs.pull), command(verbs.remove));
    let after: super::Numbered = Box::new(move |_| remove.clone());
    Contender { after: Some(after), ..Contender::new(name, environment, move |_| pull.clone()) }
}

fn served_by(daemon: Daemon, contender: Contender) -> Contender {
    Contender { daemon: Some(Rc::new(daemon)), ..contender }
}

fn answers(socket: &Path) -> bool {
    UnixStream::connect(socket).is_ok()
}
