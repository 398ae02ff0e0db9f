//! `daemon`: its flags as keys of the configuration.
//!
//! What they mean is the daemon's to know.

use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::connect::directories;
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::host::{DaemonOptions, Host};

/// Flags, with the keys that they stand for.
const TEXTS: [(&str, &str); 8] = [
    ("data-root", "data-root"),
    ("exec-root", "exec-root"),
    ("group", "group"),
    ("pidfile", "pidfile"),
    ("storage-budget", "storage-budget"),
    ("tlscacert", "tlscacert"),
    ("tlscert", "tlscert"),
    ("tlskey", "tlskey"),
];
const LISTS: [(&str, &str); 3] = [
    ("host", "hosts"),
    ("insecure-registry", "insecure-registries"),
    ("registry-mirror", "registry-mirrors"),
];
const SWITCHES: [(&str, &str); 4] =
    [("debug", "debug"), ("live-restore", "live-restore"), ("tls", "tls"), ("tlsverify", "tlsverify")];

pub(crate) fn run(globals: &Parsed, parsed: &Parsed, host: Host) -> Outcome {
    let options = DaemonOptions {
        engine: directories(globals, &host.environment),
        config_file: parsed.is_given("config-file").then(|| PathBuf::from(parsed.text("config-file"))),
        configuration: configuration(parsed),
        validate: parsed.is_on("validate"),
    };
    (host.daemon)(options).map_err(Failure::new)
}

fn configuration(parsed: &Parsed) -> Map<String, Value> {
    let given = |(flag, _): &(&str, &str)| parsed.is_given(flag);
    let texts = TEXTS.iter().filter(|pair| given(pair)).map(|(flag, key)| (key, parsed.text(flag).into()));
    let lists = LISTS.iter().filter(|pair| given(pair)).map(|(flag, key)| (key, parsed.list(flag).into()));
    let switches =
        SWITCHES.iter().filter(|pair| given(pair)).map(|(flag, key)| (key, parsed.is_on(flag).into()));
    texts.chain(lists).chain(switches).map(|(key, value)| ((*key).to_owned(), value)).collect()
}
