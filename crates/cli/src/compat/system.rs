//! Global flags, and those of the commands on the engine.

use crate::flags::{Flag, Kind};

/// Flags before the command.
pub(crate) const GLOBAL: &[Flag] = &[
    Flag::new("config", Kind::Text, "Directory of the client's configuration"),
    Flag::new("context", Kind::Text, "Context to use (before DOCKER_HOST and the one of `context use`)")
        .short('c'),
    Flag::new("debug", Kind::Bool, "Show more of what goes on")
        .short('D')
        .no_op("nothing more is logged yet"),
    Flag::new("host", Kind::Text, "Engine to talk to (unix:///path, tcp://host:port, ssh://user@host)")
        .short('H'),
    Flag::new("log-level", Kind::Text, "Level of the client's log")
        .short('l')
        .default("info")
        .no_op("the client writes no log"),
    Flag::new("root", Kind::Text, "Directory of the engine in this process").own(),
    Flag::new("run-root", Kind::Text, "Directory of its state until the next boot").own(),
    Flag::new("tls", Kind::Bool, "Use TLS"),
    Flag::new("tlscacert", Kind::Text, "Certificates to trust"),
    Flag::new("tlscert", Kind::Text, "Certificate of the client"),
    Flag::new("tlskey", Kind::Text, "Key of the client"),
    Flag::new("tlsverify", Kind::Bool, "Use TLS and verify the engine"),
    Flag::new("version", Kind::Bool, "Print the version and stop").short('v').own(),
];

pub(crate) const DF: &[Flag] = &[
    Flag::new("format", Kind::Text, "Format with a Go template, or json"),
    Flag::new("verbose", Kind::Bool, "Show each image and container").short('v'),
];

pub(crate) const EVENTS: &[Flag] = &[
    Flag::new("filter", Kind::Filter, "Only events that meet a condition").short('f'),
    Flag::new("format", Kind::Text, "Format with a Go template, or json"),
    Flag::new("since", Kind::Text, "Events since a time"),
    Flag::new("until", Kind::Text, "Events until a time"),
];

pub(crate) const INFO: &[Flag] =
    &[Flag::new("format", Kind::Text, "Format with a Go template, or json").short('f')];

pub(crate) const INSPECT: &[Flag] = &[
    Flag::new("format", Kind::Text, "Format with a Go template, or json").short('f'),
    Flag::new("size", Kind::Bool, "Also tell how large a container is").short('s'),
    Flag::new("type", Kind::Text, "Only objects of this kind"),
];

pub(crate) const SYSTEM_PRUNE: &[Flag] = &[
    Flag::new("all", Kind::Bool, "Also images with a name that no container uses").short('a'),
    Flag::new("filter", Kind::Filter, "Only what meets a condition (until=TIME, label=, label!=)"),
    Flag::new("force", Kind::Bool, "Do not ask").short('f'),
    Flag::new("volumes", Kind::Bool, "Also volumes whose name nobody chose"),
];

pub(crate) const VERSION: &[Flag] =
    &[Flag::new("format", Kind::Text, "Format with a Go template, or json").short('f')];

pub(crate) const BOOT: &[Flag] =
    &[Flag::new("timeout", Kind::Duration, "How long what fails is tried again").default("5m").own()];

pub(crate) const CHECK: &[Flag] = &[
    Flag::new("layers", Kind::Bool, "Read all files of unpacked layers, too").own(),
    Flag::new("repair", Kind::Bool, "Mend what can be mended").own(),
    Flag::new("format", Kind::Text, "json").own(),
];

pub(crate) const INSTALL: &[Flag] = &[
    Flag::new("destdir", Kind::Text, "Directory that stands for /").own(),
    Flag::new("dry-run", Kind::Bool, "Only say what would be done").own(),
];
