//! One of the workers: containers that come and go in an order that its seed decides, and commands that are killed half-way.
//!
//! What a killed command has done is unknown; whatever else fails is a finding.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::soak::engine::Engine;
use crate::soak::random::Random;
use crate::workshop::{IMAGE, PAYLOAD};

/// One command in so many is killed.
pub(super) const STRIKES: u64 = 4;

/// How many containers a worker has at a time.
const WINDOW: u16 = 10;

/// The port that containers serve.
const INSIDE: u16 = 80;

/// How long a command is taken to need before it has been seen.
const USUALLY: Duration = Duration::from_millis(50);

/// How long a server may take until it listens.
const PATIENCE: Duration = Duration::from_secs(10);

/// What may be said to a start after a command was killed that was about to make or to remove the container.
const UNSTARTED: [&str; 5] =
    ["No such container", "is already in progress", "marked for removal", "is being removed", "is dead"];

/// What may be said to a removal then.
const GONE: [&str; 1] = ["No such container"];

/// What may be said to all others.
const NOTHING: [&str; 0] = [];

/// The ports that a worker publishes.
pub(super) fn ports(worker: u64) -> impl Iterator<Item = u16> {
    let first = 21_000 + 100 * worker as u16;
    first..first + WINDOW
}

/// How often each command was carried out, killed, and refused because another had been killed.
#[derive(Debug, Default)]
pub(super) struct Tally(BTreeMap<&'static str, [u64; 3]>);

impl Tally {
    pub(super) fn and(mut self, other: Tally) -> Tally {
        for (command, counts) in other.0 {
            let mine = self.0.entry(command).or_default();
            mine.iter_mut().zip(counts).for_each(|(mine, count)| *mine += count);
        }
        self
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = (&'static str, [u64; 3])> {
        self.0.iter().map(|(command, counts)| (*command, *counts))
    }

    /// Commands, and how many of them were killed.
    pub(super) fn totals(&self) -> (u64, u64) {
        (self.0.values().flatten().sum(), self.0.values().map(|[_, struck, _]| struck).sum())
    }
}

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Done,
    Struck,
    /// For reasons that a killed command may leave.
    Refused,
}

/// What is known of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Knowledge {
    /// It runs.
    Running,
    /// The command that was to make or to start it was killed.
    Begun,
    /// The command that was to remove it was killed: it may run now, and end in a moment.
    Ending,
}

/// A container that is there, or may be.
struct Container {
    name: String,
    port: u16,
    /// Every other one has its port published.
    is_published: bool,
    knowledge: Knowledge,
    /// Whether the file that is copied is whole in there.
    has_file: bool,
}

pub(super) struct Worker<'a> {
    engine: &'a Engine,
    number: u64,
    random: Random,
    containers: Vec<Container>,
    /// How long each command took the last time that it came to its end.
    usual: BTreeMap<&'static str, Duration>,
    tally: Tally,
    directory: PathBuf,
}

impl<'a> Worker<'a> {
    pub(super) fn new(engine: &'a Engine, number: u64, seed: u64) -> Worker<'a> {
        let random = Random::new(seed.wrapping_mul(1000).wrapping_add(number));
        let directory = engine.corten().root().scratch().join(format!("worker-{number}"));
        let (containers, usual, tally) = (Vec::new(), BTreeMap::new(), Tally::default());
        Worker { engine, number, random, containers, usual, tally, directory }
    }

    /// Starts so many containers, one after another, and removes each in the end.
    pub(super) fn work(mut self, share: u64) -> Result<Tally> {
        fs::create_dir_all(&self.directory).map_err(Error::file("create", &self.directory))?;
        let content = self.content();
        fs::write(self.directory.join("in"), content)
            .map_err(Error::file("write", self.directory.join("in")))?;
        let mut started = 0;
        while started < share || !self.containers.is_empty() {
            let has_room = self.containers.len() < usize::from(WINDOW);
            if started < share && (self.containers.is_empty() || has_room && self.random.below(3) == 0) {
                self.start(started)?;
                started += 1;
            } else {
                self.visit()?;
            }
        }
        Ok(self.tally)
    }

    fn content(&self) -> String {
        format!("of worker {}\n", self.number).repeat(4000)
    }

    fn start(&mut self, place: u64) -> Result<()> {
        let free = |port: &u16| self.containers.iter().all(|container| container.port != *port);
        let Some(port) = ports(self.number).find(free) else { return Ok(()) };
        let name = format!("net-{}-{place}", self.number);
        let is_published = place.is_multiple_of(2);
        let (publish, serve) = (format!("{port}:{INSIDE}"), INSIDE.to_string());
        let published = if is_published { vec!["--publish", publish.as_str()] } else { Vec::new() };
        let run = [&["run", "--detach", "--name", &name], &published[..], &[IMAGE, PAYLOAD, "serve", &serve]];
        let fate = self.command("run", &run.concat(), &NOTHING)?;
        let knowledge = if fate == Fate::Done { Knowledge::Running } else { Knowledge::Begun };
        self.containers.push(Container { name, port, is_published, knowledge, has_file: false });
        if knowledge == Knowledge::Running && is_published { self.answers(port) } else { Ok(()) }
    }

    /// Does something with one of the containers.
    fn visit(&mut self) -> Result<()> {
        let place = self.random.below(self.containers.len() as u64) as usize;
        let Container { knowledge, has_file, .. } = self.containers[place];
        let choice = match knowledge {
            Knowledge::Running => self.random.of(["in", "out", "update", "rm"]),
            Knowledge::Begun => self.random.of(["start", "rm"]),
            Knowledge::Ending => "rm",
        };
        match choice {
            "in" => self.copy_in(place),
            "out" if has_file => self.copy_out(place),
            "out" | "update" => self.update(place),
            "start" => self.start_again(place),
            _ => self.remove(place),
        }
    }

    fn copy_in(&mut self, place: usize) -> Result<()> {
        let (from, to) = (self.directory.join("in"), format!("{}:/tmp/file", self.containers[place].name));
        let fate = self.command("cp in", &["cp", &from.display().to_string(), &to], &NOTHING)?;
        self.containers[place].has_file = fate == Fate::Done;
        Ok(())
    }

    fn copy_out(&mut self, place: usize) -> Result<()> {
        let (from, to) = (format!("{}:/tmp/file", self.containers[place].name), self.directory.join("out"));
        let fate = self.command("cp out", &["cp", &from, &to.display().to_string()], &NOTHING)?;
        let copied = fs::read(&to).unwrap_or_default();
        if fate == Fate::Done && copied != self.content().into_bytes() {
            return Err(self.engine.found(format!("`{from}` came back as {} other bytes", copied.len())));
        }
        Ok(())
    }

    fn update(&mut self, place: usize) -> Result<()> {
        let limit = (64 + self.random.below(64)).to_string();
        let name = self.containers[place].name.clone();
        self.command("update", &["update", "--pids-limit", &limit, &name], &NOTHING).map(drop)
    }

    fn start_again(&mut self, place: usize) -> Result<()> {
        let Container { name, port, is_published, .. } = &self.containers[place];
        let (name, port, is_published) = (name.clone(), *port, *is_published);
        if self.command("start", &["start", &name], &UNSTARTED)? != Fate::Done {
            return Ok(());
        }
        self.containers[place].knowledge = Knowledge::Running;
        if is_published { self.answers(port) } else { Ok(()) }
    }

    fn remove(&mut self, place: usize) -> Result<()> {
        let Container { name, knowledge, .. } = &self.containers[place];
        let (name, knowledge) = (name.clone(), *knowledge);
        let refusals: &[&str] = if knowledge == Knowledge::Running { &NOTHING } else { &GONE };
        match self.command("rm", &["rm", "--force", &name], refusals)? {
            Fate::Struck => self.containers[place].knowledge = Knowledge::Ending,
            Fate::Done | Fate::Refused => drop(self.containers.swap_remove(place)),
        }
        Ok(())
    }

    /// Runs a command, and kills it where the lot falls so.
    fn command(&mut self, name: &'static str, arguments: &[&str], refusals: &[&str]) -> Result<Fate> {
        let usual = self.usual.get(name).copied().unwrap_or(USUALLY);
        let moment = Duration::from_micros(self.random.below(usual.as_micros() as u64 + 1));
        let is_to_be_struck = self.random.below(STRIKES) == 0;
        let corten = self.engine.corten();
        let start = Instant::now();
        let mut child = corten.spawn(&mut corten.command(arguments));
        if is_to_be_struck {
            thread::sleep(moment);
            // It may have come to its end.
            let _ = child.kill();
        }
        let output = child.wait_with_output().map_err(|error| self.engine.found(error.to_string()))?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let fate = if output.status.success() {
            self.usual.insert(name, start.elapsed());
            Fate::Done
        } else if is_to_be_struck && output.status.signal().is_some() {
            Fate::Struck
        } else if refusals.iter().any(|text| said.contains(text)) {
            Fate::Refused
        } else {
            let text = format!("`{}` ended with {}: {}", arguments.join(" "), output.status, said.trim());
            return Err(self.engine.found(text));
        };
        self.tally.0.entry(name).or_default()[fate as usize] += 1;
        Ok(fate)
    }

    /// Whether the server in a container is reached by its published port.
    fn answers(&self, port: u16) -> Result<()> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let ask = || {
            let mut connection = TcpStream::connect_timeout(&address, PATIENCE)?;
            connection.set_read_timeout(Some(PATIENCE))?;
            connection.write_all(b"c")?;
            connection.read_exact(&mut [0])
        };
        let deadline = Instant::now() + PATIENCE;
        loop {
            match ask() {
                Ok(()) => return Ok(()),
                Err(error) if Instant::now() > deadline => {
                    return Err(self.engine.found(format!("nothing answers at port {port}: {error}")));
                }
                Err(_) => thread::sleep(Duration::from_millis(5)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_have_ports_of_their_own() {
        let all: std::collections::BTreeSet<u16> = (0..4).flat_map(ports).collect();
        assert_eq!(all.len(), 4 * usize::from(WINDOW));
    }

    #[test]
    fn tallies_add_up_by_command() {
        let one = Tally(BTreeMap::from([("run", [1, 2, 0]), ("rm", [0, 1, 1])]));
        let both = one.and(Tally(BTreeMap::from([("run", [4, 0, 0])])));
        assert_eq!(both.rows().collect::<Vec<_>>(), [("rm", [0, 1, 1]), ("run", [5, 2, 0])]);
        assert_eq!(both.totals(), (9, 3));
    }
}
