//! Flags of the commands on containers, but for `run` and `create`.

use super::check;
use crate::flags::{Flag, Kind};

const CHECKPOINTS: &str = "checkpoints are not built";

pub(crate) const ATTACH: &[Flag] = &[
    Flag::new("detach-keys", Kind::Text, "Keys that detach from the container"),
    Flag::new("no-stdin", Kind::Bool, "Do not attach stdin"),
    Flag::new("sig-proxy", Kind::Bool, "Forward signals to the container").default("true"),
];

pub(crate) const COMMIT: &[Flag] = &[
    Flag::new("author", Kind::Text, "Who made it").short('a'),
    Flag::new("change", Kind::List, "Apply an instruction of a Dockerfile").short('c'),
    Flag::new("message", Kind::Text, "A remark").short('m'),
    Flag::new("no-pause", Kind::Bool, "Do not freeze the container meanwhile"),
    Flag::new("pause", Kind::Bool, "Freeze the container meanwhile").short('p').default("true").own(),
];

pub(crate) const CONTAINER_INSPECT: &[Flag] = &[
    Flag::new("format", Kind::Text, "Format with a Go template, or json").short('f'),
    Flag::new("size", Kind::Bool, "Also tell how large the container is").short('s'),
];

pub(crate) const CONTAINER_PRUNE: &[Flag] = &[
    Flag::new("filter", Kind::Filter, "Only containers that meet a condition (until=TIME, label=, label!=)"),
    Flag::new("force", Kind::Bool, "Do not ask").short('f'),
];

pub(crate) const CP: &[Flag] = &[
    Flag::new("archive", Kind::Bool, "What is copied into a container belongs to its user").short('a'),
    Flag::new("follow-link", Kind::Bool, "Copy what a link leads to").short('L'),
    Flag::new("quiet", Kind::Bool, "Do not tell how far it is").short('q'),
];

pub(crate) const EXEC: &[Flag] = &[
    Flag::new("detach", Kind::Bool, "Run in the background").short('d'),
    Flag::new("detach-keys", Kind::Text, "Keys that detach from the command"),
    Flag::new("env", Kind::List, "Set a variable of the environment").short('e').check(check::env),
    Flag::new("env-file", Kind::List, "Read variables of the environment from a file"),
    Flag::new("interactive", Kind::Bool, "Keep stdin open").short('i'),
    Flag::new("privileged", Kind::Bool, "Give the command all rights"),
    Flag::new("tty", Kind::Bool, "Give the command a terminal").short('t'),
    Flag::new("user", Kind::Text, "User and group to run as (name or id)").short('u'),
    Flag::new("workdir", Kind::Text, "Working directory").short('w'),
];

pub(crate) const EXPORT: &[Flag] =
    &[Flag::new("output", Kind::Text, "Write to a file instead of stdout").short('o')];

pub(crate) const KILL: &[Flag] = &[Flag::new("signal", Kind::Text, "Signal to send").short('s')];

pub(crate) const LOGS: &[Flag] = &[
    Flag::new("details", Kind::Bool, "Show attributes too"),
    Flag::new("follow", Kind::Bool, "Go on as long as the container runs").short('f'),
    Flag::new("since", Kind::Text, "Lines since a time (2013-01-02T13:23:37Z) or for a duration (42m)"),
    Flag::new("tail", Kind::Text, "Lines from the end").short('n').default("all"),
    Flag::new("timestamps", Kind::Bool, "Show times").short('t'),
    Flag::new("until", Kind::Text, "Lines before a time (2013-01-02T13:23:37Z) or a duration ago (42m)"),
];

pub(crate) const PS: &[Flag] = &[
    Flag::new("all", Kind::Bool, "Also containers that do not run").short('a'),
    Flag::new("filter", Kind::Filter, "Only containers that meet a condition").short('f'),
    Flag::new("format", Kind::Text, "table, table TEMPLATE, json or a Go template"),
    Flag::new("last", Kind::Int, "The last containers created, whatever their state")
        .short('n')
        .default("-1"),
    Flag::new("latest", Kind::Bool, "The last container created, whatever its state").short('l'),
    Flag::new("no-trunc", Kind::Bool, "Do not cut anything off"),
    Flag::new("quiet", Kind::Bool, "Only ids").short('q'),
    Flag::new("size", Kind::Bool, "Also sizes").short('s'),
];

const SECONDS: Flag =
    Flag::new("timeout", Kind::Int, "Seconds to wait before killing the container").short('t');
const OLD_SECONDS: Flag = Flag::new("time", Kind::Int, "Older name of --timeout").alias_of("timeout");
const STOP_SIGNAL: Flag = Flag::new("signal", Kind::Text, "Signal to send").short('s');

pub(crate) const RESTART: &[Flag] = &[STOP_SIGNAL, SECONDS, OLD_SECONDS];

pub(crate) const RM: &[Flag] = &[
    Flag::new("force", Kind::Bool, "Kill a running container").short('f'),
    Flag::new("link", Kind::Bool, "Remove the link").short('l'),
    Flag::new("volumes", Kind::Bool, "Remove its anonymous volumes").short('v'),
];

pub(crate) const START: &[Flag] = &[
    Flag::new("attach", Kind::Bool, "Attach stdout and stderr, and forward signals").short('a'),
    Flag::new("checkpoint", Kind::Text, "Go on from a checkpoint").refused(CHECKPOINTS),
    Flag::new("checkpoint-dir", Kind::Text, "Directory of checkpoints").refused(CHECKPOINTS),
    Flag::new("detach-keys", Kind::Text, "Keys that detach from the container"),
    Flag::new("interactive", Kind::Bool, "Attach stdin").short('i'),
];

pub(crate) const STATS: &[Flag] = &[
    Flag::new("all", Kind::Bool, "Also containers that do not run").short('a'),
    Flag::new("format", Kind::Text, "table, table TEMPLATE, json or a Go template"),
    Flag::new("no-stream", Kind::Bool, "Only once"),
    Flag::new("no-trunc", Kind::Bool, "Do not cut anything off"),
];

pub(crate) const STOP: &[Flag] = &[STOP_SIGNAL, SECONDS, OLD_SECONDS];

const KERNEL_MEMORY: &str = "the kernel has dropped this limit";

pub(crate) const UPDATE: &[Flag] = &[
    Flag::new("blkio-weight", Kind::Uint16, "Block I/O weight, 10 to 1000, 0 for none"),
    Flag::new("cpu-period", Kind::Int64, "Period of the CPU quota in microseconds"),
    Flag::new("cpu-quota", Kind::Int64, "CPU time in a period in microseconds"),
    Flag::new("cpu-rt-period", Kind::Int64, "Real-time period in microseconds"),
    Flag::new("cpu-rt-runtime", Kind::Int64, "Real-time budget in microseconds"),
    Flag::new("cpu-shares", Kind::Int64, "Relative weight of CPU time").short('c'),
    Flag::new("cpus", Kind::Decimal, "Number of processors"),
    Flag::new("cpuset-cpus", Kind::Text, "Processors to run on (0-3, 0,1)"),
    Flag::new("cpuset-mems", Kind::Text, "Memory nodes to use (0-3, 0,1)"),
    Flag::new("kernel-memory", Kind::Bytes, "Kernel memory limit").refused(KERNEL_MEMORY),
    Flag::new("memory", Kind::Bytes, "Memory limit").short('m'),
    Flag::new("memory-reservation", Kind::Bytes, "Soft memory limit"),
    Flag::new("memory-swap", Kind::SwapBytes, "Memory and swap together, -1 for unlimited swap"),
    Flag::new("pids-limit", Kind::Int64, "Limit of processes and threads, -1 for none"),
    Flag::new("restart", Kind::Text, "What to do when the container ends"),
];

pub(crate) const WHY: &[Flag] = &[Flag::new("format", Kind::Text, "json").own()];
