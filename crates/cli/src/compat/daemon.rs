//! Flags of the daemon: those of Docker's `dockerd` that it has.

use crate::flags::{Flag, Kind};

pub(crate) const DAEMON: &[Flag] = &[
    Flag::new("config-file", Kind::Text, "Configuration file (default /etc/corten/daemon.json)").own(),
    Flag::new("data-root", Kind::Text, "Directory of everything that lasts").own(),
    Flag::new("debug", Kind::Bool, "Log every request").short('D').own(),
    Flag::new("exec-root", Kind::Text, "Directory of everything of this boot").own(),
    Flag::new("group", Kind::Text, "Group that may use the unix sockets").short('G').own(),
    Flag::new("host", Kind::List, "Where to listen (unix:///path, tcp://host:port, fd://)").short('H').own(),
    Flag::new("insecure-registry", Kind::List, "Registry that is believed without proof").own(),
    Flag::new("live-restore", Kind::Bool, "Let containers outlive the daemon (they do)").own(),
    Flag::new("log-format", Kind::Text, "Form of the log (text, json)").own(),
    Flag::new("log-level", Kind::Text, "What is logged (debug, info, warn, error, fatal)").short('l').own(),
    Flag::new("metrics-addr", Kind::Text, "Address and port to serve metrics on").own(),
    Flag::new("pidfile", Kind::Text, "File for the number of the daemon's process").short('p').own(),
    Flag::new("registry-mirror", Kind::List, "Registry to ask before Docker's own").own(),
    Flag::new("storage-budget", Kind::Text, "What images may take on the disk").own(),
    Flag::new("storage-opt", Kind::List, "Limit of what each container writes (overlay2.size=10G)").own(),
    Flag::new("tls", Kind::Bool, "Encrypt TCP").own(),
    Flag::new("tlscacert", Kind::Text, "Certificates of those who vouch for clients").own(),
    Flag::new("tlscert", Kind::Text, "Certificate of the daemon").own(),
    Flag::new("tlskey", Kind::Text, "Key of the daemon").own(),
    Flag::new("tlsverify", Kind::Bool, "Encrypt TCP, and have clients prove who they are").own(),
    Flag::new("validate", Kind::Bool, "Look at the configuration and stop").own(),
];
