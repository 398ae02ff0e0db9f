//! Flags of `run` and `create`.

use super::check;
use crate::create::network;
use crate::flags::{Flag, Kind};

const NETWORKS: &str = "networks of one's own are not built yet";
const WINDOWS: &str = "it is for Windows containers";
const BOUNDED_LOGS: &str = "without max-size a log is kept in 3 files of 10 MB; max-size=-1 keeps everything";

const LOG_DRIVERS: &str = "the log drivers yet are json-file, local, journald and none";

/// Flags of `create`.
pub(crate) const CREATE: &[Flag] = &SHARED;

/// Flags of `run`: those of `create` and what attaching needs.
pub(crate) const RUN: &[Flag] = &with_run_flags();

const RUN_ONLY: [Flag; 3] = [
    Flag::new("detach", Kind::Bool, "Run in the background and print the container's id").short('d'),
    Flag::new("detach-keys", Kind::Text, "Keys that detach from the container"),
    Flag::new("sig-proxy", Kind::Bool, "Forward signals to the container").default("true"),
];

const fn with_run_flags() -> [Flag; SHARED.len() + RUN_ONLY.len()] {
    let mut flags = [RUN_ONLY[0]; SHARED.len() + RUN_ONLY.len()];
    let mut index = 0;
    while index < SHARED.len() {
        flags[index] = SHARED[index];
        index += 1;
    }
    while index < flags.len() {
        flags[index] = RUN_ONLY[index - SHARED.len()];
        index += 1;
    }
    flags
}

const SHARED: [Flag; 107] = [
    Flag::new("add-host", Kind::List, "Add a line to /etc/hosts (host:ip)").check(network::extra_host),
    Flag::new("annotation", Kind::Map, "Pass an annotation to the runtime"),
    Flag::new("attach", Kind::List, "Attach to STDIN, STDOUT or STDERR").short('a').check(check::attach),
    Flag::new("blkio-weight", Kind::Uint16, "Block I/O weight, 10 to 1000, 0 for none"),
    Flag::new("blkio-weight-device", Kind::List, "Block I/O weight of a device").check(check::block_weight),
    Flag::new("cap-add", Kind::List, "Add a Linux capability"),
    Flag::new("cap-drop", Kind::List, "Drop a Linux capability"),
    Flag::new("cgroup-parent", Kind::Text, "Cgroup below which the container's own is made"),
    Flag::new("cgroupns", Kind::Text, "Cgroup namespace to use (host|private)"),
    Flag::new("cidfile", Kind::Text, "Write the container's id to a file"),
    Flag::new("cpu-count", Kind::Int64, "Number of processors").refused(WINDOWS),
    Flag::new("cpu-percent", Kind::Int64, "Share of the processors in percent").refused(WINDOWS),
    Flag::new("cpu-period", Kind::Int64, "Period of the CPU quota in microseconds"),
    Flag::new("cpu-quota", Kind::Int64, "CPU time in a period in microseconds"),
    Flag::new("cpu-rt-period", Kind::Int64, "Real-time period in microseconds"),
    Flag::new("cpu-rt-runtime", Kind::Int64, "Real-time budget in microseconds"),
    Flag::new("cpu-shares", Kind::Int64, "Relative weight of CPU time").short('c'),
    Flag::new("cpus", Kind::Decimal, "Number of processors"),
    Flag::new("cpuset-cpus", Kind::Text, "Processors to run on (0-3, 0,1)"),
    Flag::new("cpuset-mems", Kind::Text, "Memory nodes to use (0-3, 0,1)"),
    Flag::new("device", Kind::List, "Give a device of the host to the container"),
    Flag::new("device-cgroup-rule", Kind::List, "Allow devices by type and number").check(check::device_rule),
    Flag::new("device-read-bps", Kind::List, "Limit bytes read a second from a device")
        .check(check::block_bytes),
    Flag::new("device-read-iops", Kind::List, "Limit reads a second from a device")
        .check(check::block_operations),
    Flag::new("device-write-bps", Kind::List, "Limit bytes written a second to a device")
        .check(check::block_bytes),
    Flag::new("device-write-iops", Kind::List, "Limit writes a second to a device")
        .check(check::block_operations),
    Flag::new("disable-content-trust", Kind::Bool, "Do not verify images with Notary")
        .refused_but("image verification with Notary is not built", &["true"]),
    Flag::new("dns", Kind::List, "Name server").check(network::name_server),
    Flag::new("dns-option", Kind::List, "Resolver option"),
    Flag::new("dns-opt", Kind::List, "Resolver option").alias_of("dns-option"),
    Flag::new("dns-search", Kind::List, "Search domain").check(network::search_domain),
    Flag::new("domainname", Kind::Text, "Domain name of the container"),
    Flag::new("entrypoint", Kind::Text, "Run this instead of the image's entrypoint"),
    Flag::new("env", Kind::List, "Set a variable of the environment").short('e').check(check::env),
    Flag::new("env-file", Kind::List, "Read variables of the environment from a file"),
    Flag::new("expose", Kind::List, "Expose a port or a range of ports"),
    Flag::new("gpus", Kind::Gpus, "GPUs to give to the container").check(check::gpus),
    Flag::new("group-add", Kind::List, "Join another group"),
    Flag::new("health-cmd", Kind::Text, "Command that probes health"),
    Flag::new("health-file", Kind::Text, "Path in the container that is there while it is healthy").own(),
    Flag::new(
        "health-http",
        Kind::Text,
        "URL that answers with a status from 200 to 399 while it is healthy",
    )
    .own(),
    Flag::new("health-interval", Kind::Duration, "Time between probes"),
    Flag::new(
        "health-on-failure",
        Kind::Text,
        "What becomes of an unhealthy container: none, kill, restart or stop",
    )
    .own(),
    Flag::new("health-retries", Kind::Int, "Failures in a row that make it unhealthy"),
    Flag::new("health-start-interval", Kind::Duration, "Time between probes while starting"),
    Flag::new("health-start-period", Kind::Duration, "Time in which failures do not count"),
    Flag::new("health-tcp", Kind::Text, "Address and port that take connections while it is healthy").own(),
    Flag::new("health-timeout", Kind::Duration, "Time after which a probe has failed"),
    Flag::new("hostname", Kind::Text, "Host name of the container").short('h'),
    Flag::new("init", Kind::Bool, "Run an init that forwards signals and reaps processes"),
    Flag::new("interactive", Kind::Bool, "Keep stdin open even if not attached").short('i'),
    Flag::new("io-maxbandwidth", Kind::Bytes, "Bytes a second of the system drive").refused(WINDOWS),
    Flag::new("io-maxiops", Kind::Uint64, "Operations a second of the system drive").refused(WINDOWS),
    Flag::new("ip", Kind::Ip, "IPv4 address"),
    Flag::new("ip6", Kind::Ip, "IPv6 address"),
    Flag::new("ipc", Kind::Text, "IPC namespace to use"),
    Flag::new("isolation", Kind::Text, "Isolation technology").refused_but(WINDOWS, &["", "default"]),
    Flag::new("kernel-memory", Kind::Bytes, "Kernel memory limit")
        .refused("the kernel has dropped this limit"),
    Flag::new("label", Kind::List, "Set a label").short('l').check(check::label),
    Flag::new("label-file", Kind::List, "Read labels from a file"),
    Flag::new("link", Kind::List, "Link to another container").check(network::link),
    Flag::new("link-local-ip", Kind::List, "Link-local address").refused(NETWORKS),
    Flag::new("log-driver", Kind::Text, "Log driver of the container")
        .refused_but(LOG_DRIVERS, &["", "json-file", "local", "journald", "none"]),
    Flag::new("log-opt", Kind::List, "Option of the log driver").differs(BOUNDED_LOGS),
    Flag::new("mac-address", Kind::Text, "Hardware address"),
    Flag::new("memory", Kind::Bytes, "Memory limit").short('m'),
    Flag::new("memory-reservation", Kind::Bytes, "Soft memory limit"),
    Flag::new("memory-swap", Kind::SwapBytes, "Memory and swap together, -1 for unlimited swap"),
    Flag::new("memory-swappiness", Kind::Int64, "Swappiness, 0 to 100").default("-1"),
    Flag::new("mount", Kind::Mount, "Mount something into the container").check(check::mount),
    Flag::new("name", Kind::Text, "Name of the container"),
    Flag::new("network", Kind::Network, "Network to connect to").check(network::check),
    Flag::new("net", Kind::Network, "Network to connect to").check(network::check).alias_of("network"),
    Flag::new("network-alias", Kind::List, "Another name on the network").refused(NETWORKS),
    Flag::new("net-alias", Kind::List, "Another name on the network")
        .alias_of("network-alias")
        .refused(NETWORKS),
    Flag::new("no-healthcheck", Kind::Bool, "Ignore the image's health check"),
    Flag::new("oom-kill-disable", Kind::Bool, "Do not kill when out of memory"),
    Flag::new("oom-score-adj", Kind::Int, "Preference of the out-of-memory killer, -1000 to 1000"),
    Flag::new("pid", Kind::Text, "PID namespace to use"),
    Flag::new("pids-limit", Kind::Int64, "Limit of processes and threads, -1 for none"),
    Flag::new("platform", Kind::Text, "Platform of the image, if it has several"),
    Flag::new("privileged", Kind::Bool, "Give the container all rights"),
    Flag::new("publish", Kind::List, "Publish a port on the host").short('p'),
    Flag::new("publish-all", Kind::Bool, "Publish all exposed ports").short('P'),
    Flag::new("pull", Kind::Text, "Pull the image before (\"always\", \"missing\", \"never\")")
        .default("missing"),
    Flag::new("quiet", Kind::Bool, "Do not show the pull").short('q'),
    Flag::new("read-only", Kind::Bool, "Make the root file system read-only"),
    Flag::new("restart", Kind::Text, "What to do when the container ends").default("no"),
    Flag::new("rm", Kind::Bool, "Remove the container when it ends"),
    Flag::new("runtime", Kind::Text, "Runtime to use (name or path)"),
    Flag::new("security-opt", Kind::List, "Security option"),
    Flag::new("shm-size", Kind::Bytes, "Size of /dev/shm"),
    Flag::new("stop-signal", Kind::Text, "Signal that stops the container"),
    Flag::new("stop-timeout", Kind::Int, "Seconds to wait before killing the container"),
    Flag::new("storage-opt", Kind::List, "Limit of what the container writes (size=10G)"),
    Flag::new("sysctl", Kind::Map, "Set a sysctl of its namespaces").check(check::sysctl),
    Flag::new("tmpfs", Kind::List, "Mount a tmpfs"),
    Flag::new("tty", Kind::Bool, "Give the container a terminal").short('t'),
    Flag::new("ulimit", Kind::Ulimit, "Set a resource limit").check(check::ulimit),
    Flag::new(
        "use-api-socket",
        Kind::Bool,
        "Give the container the engine's socket, and the user's credentials",
    ),
    Flag::new("user", Kind::Text, "User and group to run as (name or id)").short('u'),
    Flag::new("userns", Kind::Text, "User namespace to use"),
    Flag::new("uts", Kind::Text, "UTS namespace to use"),
    Flag::new("volume", Kind::List, "Mount a volume or a path of the host").short('v'),
    Flag::new("volume-driver", Kind::Text, "Driver of the container's volumes"),
    Flag::new("volumes-from", Kind::List, "Mount the volumes of another container"),
    Flag::new("workdir", Kind::Text, "Working directory").short('w'),
];
