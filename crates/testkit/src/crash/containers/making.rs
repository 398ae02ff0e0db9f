//! How a container is made. Pure.

use std::collections::BTreeSet;

use super::deed::{IMAGE, OWN, VOLUME};
use super::world::{Container, Life, Policy};

/// What a container writes when it starts.
pub(super) const GREETING: &str = "up";

/// The word that it waits for comes through here.
pub(super) const WORDS: &str = "/words";

/// How often a container is probed whose health is.
const INTERVAL: &str = "500ms";

/// What is chosen at its creation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Making {
    pub(super) name: String,
    pub(super) policy: Policy,
    pub(super) is_on_bridge: bool,
    pub(super) volume: Option<String>,
    /// The host's for which it answers with HTTP.
    pub(super) port: Option<u16>,
    /// Its health is looked after.
    pub(super) is_probed: bool,
}

impl Making {
    /// The container that it makes.
    pub(super) fn container(&self, life: Life) -> Container {
        let &Making { policy, is_on_bridge, port, is_probed, .. } = self;
        let starts = usize::from(life == Life::Running);
        let volume = self.volume.clone();
        let marks = BTreeSet::new();
        Container { life, policy, memory: 0, is_on_bridge, volume, port, is_probed, marks, starts }
    }

    /// What is typed after `corten` and `verb`.
    pub(super) fn arguments(&self, verb: &[&str]) -> Vec<String> {
        let network = if self.is_on_bridge { "bridge" } else { "none" };
        let options = [
            "--name",
            &self.name,
            "--restart",
            self.policy.name(),
            "--stop-signal",
            "KILL",
            "--network",
            network,
        ];
        let volume = self.volume.as_ref().map(|name| format!("--volume={name}:{VOLUME}"));
        let port = self.port.map(|port| format!("--publish={port}:80"));
        let words = [verb, &options].concat().into_iter().map(str::to_owned);
        let probe = ["--health-file", WORDS, "--health-interval", INTERVAL].map(str::to_owned);
        let probe = probe.into_iter().filter(|_| self.is_probed);
        let words = words.chain(volume).chain(port).chain(probe);
        words.chain([IMAGE, "sh", "-c", &self.script()].map(str::to_owned)).collect()
    }

    /// It waits for a word from inside, without using the processor.
    fn script(&self) -> String {
        let serve = if self.port.is_some() { format!("httpd -h {OWN} || exit 1; ") } else { String::new() };
        format!(
            "mkdir -p {OWN} {VOLUME}; [ -p {WORDS} ] || mkfifo {WORDS}; {serve}echo {GREETING}; read code < {WORDS}; exit $code"
        )
    }
}
