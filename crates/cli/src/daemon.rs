//! `daemon`: its flags as keys of the configuration.
//!
//! What they mean is the daemon's to know.

use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::connect::directories;
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::host::{DaemonOptions, RunDaemon};
use crate::surroundings::Surroundings;

/// Flags that are called as the keys that they stand for.
const TEXTS: [&str; 11] = [
    "data-root",
    "exec-root",
    "group",
    "log-format",
    "log-level",
    "metrics-addr",
    "pidfile",
    "storage-budget",
    "tlscacert",
    "tlscert",
    "tlskey",
];
const SWITCHES: [&str; 4] = ["debug", "live-restore", "tls", "tlsverify"];

/// Flags that can be repeated, with their keys.
const LISTS: [(&str, &str); 4] = [
    ("host", "hosts"),
    ("insecure-registry", "insecure-registries"),
    ("registry-mirror", "registry-mirrors"),
    ("storage-opt", "storage-opts"),
];

pub(crate) fn run(around: &Surroundings, parsed: &Parsed, daemon: RunDaemon) -> Outcome {
    let options = DaemonOptions {
        engine: directories(&around.globals, &around.environment),
        config_file: parsed.is_given("config-file").then(|| PathBuf::from(parsed.text("config-file"))),
        configuration: configuration(parsed),
        validate: parsed.is_on("validate"),
    };
    daemon(options).map_err(Failure::new)
}

fn configuration(parsed: &Parsed) -> Map<String, Value> {
    let texts = TEXTS.iter().map(|flag| (flag, flag, Value::from(parsed.text(flag))));
    let switches = SWITCHES.iter().map(|flag| (flag, flag, parsed.is_on(flag).into()));
    let lists = LISTS.iter().map(|(flag, key)| (flag, key, parsed.list(flag).into()));
    let given = texts.chain(switches).chain(lists).filter(|(flag, ..)| parsed.is_given(flag));
    given.map(|(_, key, value)| ((*key).to_owned(), value)).collect()
}
