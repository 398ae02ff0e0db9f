//! What a monitor is told and what it answers: one JSON document per packet of a `SOCK_SEQPACKET` socket, descriptors beside it.
//!
//! A packet holds at most [`MAX_PACKET`] bytes; what can be larger (the start, an exec) travels in a sealed memfd beside the packet.
//! Each request is answered by exactly one [`Reply`] on its own connection, in order. The connection that started the container
//! also receives [`Reply::Exited`]; one that started an exec session receives [`Reply::ExecExited`].

use std::collections::BTreeMap;
use std::path::PathBuf;

use corten_error::Kind;
use corten_runtime::launch::{ExecLaunch, Launch};
use corten_spec::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::health::HealthPlan;

/// The version of this protocol. A monitor refuses a request of a version that it does not know, by [`Reply::Refused`].
pub const VERSION: u32 = 1;

/// The largest packet, in bytes.
pub const MAX_PACKET: usize = 64 * 1024;

/// The control socket's name in the container's run directory.
pub const SOCKET_NAME: &str = "monitor.sock";

/// A packet to the monitor.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Envelope {
    /// [`VERSION`] of the sender.
    pub version: u32,
    /// What is asked.
    pub request: Request,
}

impl From<Request> for Envelope {
    fn from(request: Request) -> Self {
        Self { version: VERSION, request }
    }
}

/// What an engine asks. The descriptors that go with each are named in order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Request {
    /// The first packet on the socket that is the monitor's standard input, and only there.
    /// Descriptors: the [`Start`] document (memfd), the root file system's lock, the network namespace if there is to be one, then one
    /// stream per entry of `attach`.
    /// Answered by [`Reply::Started`] or [`Reply::StartFailed`]; the latter ends the monitor.
    Start {
        /// Clients that are attached before the first byte of output can exist.
        attach: Vec<Attach>,
        /// Whether the network namespace that the container joins comes along; else its configuration says which.
        network: bool,
    },
    /// The answer to [`Reply::NetworkDue`], and only that; what follows is one of the replies to the start.
    NetworkReady,
    /// Answered by [`Reply::Status`].
    Status,
    /// Sends a signal to the container's init, with an event `kill`, or to an exec session's process.
    Signal {
        /// The kernel's number.
        signal: i32,
        /// The session, or the container's init.
        exec: Option<String>,
    },
    /// Sends `signal`, and SIGKILL once `grace_ms` have passed without an exit. Answered at once; the exit is announced elsewhere.
    /// The monitor appends the events `kill` and, with the exit, `stop`.
    Stop {
        /// The kernel's number.
        signal: i32,
        /// Milliseconds; `None` waits for ever.
        grace_ms: Option<u64>,
    },
    /// Stops probing the container's health, for it is frozen, or goes on with that.
    SuspendProbes(bool),
    /// Sets the size of the terminal.
    Resize {
        /// The session, or the container's own terminal.
        exec: Option<String>,
        /// Lines.
        rows: u16,
        /// Characters a line.
        columns: u16,
    },
    /// Joins a client to the container's own streams. Descriptor: one stream socket.
    Attach(Attach),
    /// Takes over the streams of another process in the container. Descriptors: the [`Exec`] document (memfd), the channel to its keeper,
    /// which an engine has started, then a stream if `attach` is given. Answered by [`Reply::ExecStarted`] or [`Reply::StartFailed`].
    Exec {
        /// The client that is attached from the first byte on.
        attach: Option<Attach>,
    },
    /// Replaces the monitor's program in place, keeping its pid, container and clients. Descriptor: the new program.
    Reexecute,
}

/// One client of the streams of a process.
///
/// The stream carries standard input towards the monitor as it is (half-close = end of input), and output towards the client:
/// as it is with a terminal, else in frames of Docker's attach protocol (one byte 1 = stdout or 2 = stderr, three zero bytes,
/// a big-endian 32-bit length, the bytes). The monitor closes it when the process has ended and everything was delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attach {
    /// Whether what the client sends reaches the process.
    pub stdin: bool,
    /// Whether the client gets standard output (with a terminal: all output).
    pub stdout: bool,
    /// Whether the client gets standard error.
    pub stderr: bool,
    /// For how many milliseconds a client that takes nothing may hold back the process before it is cut; `None` = for ever, as a pipe does.
    pub patience_ms: Option<u64>,
}

/// How a process is connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Streams {
    /// A pseudo-terminal instead of pipes.
    pub tty: bool,
    /// Standard input is a pipe that stays open (`-i`); else it is `/dev/null`.
    pub open_stdin: bool,
    /// Standard input ends with the first client that was attached to it.
    pub stdin_once: bool,
    /// The terminal's first size: rows, columns.
    pub size: Option<(u16, u16)>,
}

/// The document of [`Request::Start`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Start {
    /// What is started.
    pub launch: Launch,
    /// How it is connected.
    pub streams: Streams,
    /// Where its files are.
    pub paths: Paths,
    /// What becomes of its output.
    pub log: LogPlan,
    /// The attributes of its events (`image`, `name`, labels), as `corten events` shows them.
    pub event_attributes: BTreeMap<String, String>,
    /// The volumes that the container has: that it has them no more is told after its end.
    #[serde(default)]
    pub volumes: Vec<String>,
    /// The network that the container is on: that it is on it no more is told likewise.
    #[serde(default)]
    pub network: Option<ConnectedNetwork>,
    /// The cgroup of monitors, absolute within every hierarchy; joined before anything else, left alone where empty.
    pub monitor_cgroup: String,
    /// What is run after the exit of a container that is to be removed, to be brought back, or that has something outside of itself.
    pub reaper: Option<Reaper>,
    /// Who makes the container instead of the monitor itself.
    pub foreign: Option<Foreign>,
    /// How its health is probed, if it is.
    #[serde(default)]
    pub health: Option<HealthPlan>,
    /// Whether its restart policy brings the container back: for the journal.
    #[serde(default)]
    pub revived: bool,
}

/// A network as events tell of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectedNetwork {
    /// 64 hex digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What makes it: `bridge`, `host`, `null`.
    pub driver: String,
}

/// A runtime that makes a container of an OCI bundle: a program with runc's commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreign {
    /// Its path.
    pub program: PathBuf,
    /// The container's bundle; the runtime's own records of the container are in there.
    pub bundle: PathBuf,
    /// The container's id.
    pub container: String,
}

/// Directories on the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paths {
    /// The engine's root: holds the event file.
    pub root: PathBuf,
    /// `containers/<id>`: holds `journal` and `log`.
    pub container: PathBuf,
    /// The container's run directory: holds the control socket.
    pub run: PathBuf,
}

impl Paths {
    /// What a monitor writes in.
    pub(crate) fn written(&self) -> [PathBuf; 3] {
        [&self.root, &self.container, &self.run].map(Clone::clone)
    }
}

/// What becomes of the output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogPlan {
    /// It is not kept.
    None,
    /// Docker's json-file format in `<container>/log`.
    JsonFile(JsonFile),
    /// The system's journal.
    Journald(Journald),
}

/// A log in files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsonFile {
    /// Bytes at which the file is rotated; `None` = never.
    pub max_size: Option<u64>,
    /// How many files are kept.
    pub max_files: u32,
    /// Whether those that are written to no more are compressed.
    #[serde(default)]
    pub compress: bool,
    /// Whether bytes that are not UTF-8 are kept, in a form that Docker's does not have.
    #[serde(default)]
    pub all_bytes: bool,
    /// What stands beside each line, by name.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// How many bytes wait in memory while the file cannot be written; 0 = none do.
    #[serde(default)]
    pub patience: u64,
}

/// A log in the system's journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journald {
    /// Where the journal listens.
    pub socket: PathBuf,
    /// What every entry has beside its message, by name.
    pub fields: BTreeMap<String, String>,
    /// What no other run of a container has.
    pub epoch: String,
    /// How many bytes wait in memory for a slow journal before some are lost; `None` = the container waits.
    pub bound: Option<u64>,
}

/// Output that is not in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogGap {
    /// How many lines, or parts of long ones, were lost.
    pub entries: u64,
    /// What they held, in bytes.
    pub bytes: u64,
    /// Why, for a person.
    pub reason: String,
}

/// A program of the engine's, with its whole command line; its environment is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaper {
    /// Its path.
    pub program: PathBuf,
    /// Its arguments, without the zeroth.
    pub arguments: Vec<String>,
}

/// The document of [`Request::Exec`], and of a keeper's order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Exec {
    /// What is started.
    pub launch: ExecLaunch,
    /// How it is connected.
    pub streams: Streams,
    /// Where.
    pub container: Inhabited,
    /// Who has made the container, if not its monitor: makes this process too.
    pub foreign: Option<Foreign>,
}

/// A running container, as the keeper of one more process in it knows it; the init's pidfd comes beside this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inhabited {
    /// Its init, as the host numbers it: for errors.
    pub init: u32,
    /// Its own cgroup, absolute within every hierarchy.
    pub cgroup_path: String,
    /// The cgroup of monitors, where keepers are too.
    pub monitor_cgroup: String,
}

/// What a monitor answers or announces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// Before a container that awaits its network runs: its namespace can be connected. [`Request::NetworkReady`] lets it go on, the end
    /// of the connection ends it.
    NetworkDue {
        /// Its init, as the host numbers it; it is not reaped before the answer.
        pid: u32,
    },
    /// The container runs.
    Started {
        /// Its init, as the host numbers it.
        pid: u32,
    },
    /// The container or the session could not be started; nothing of it is left.
    StartFailed {
        /// 126 (cannot be invoked), 127 (not found) or 128 (everything else), as Docker's inspect shows it.
        exit_code: i32,
        /// What failed, for a person.
        message: String,
    },
    /// The container ended; its log is complete.
    Exited {
        /// 128 + signal where a signal ended it.
        exit_code: i32,
        /// Whether the kernel killed a process of it for want of memory.
        oom_killed: bool,
        /// When.
        at: Timestamp,
    },
    /// The session's process runs.
    ExecStarted {
        /// As the host numbers it.
        pid: u32,
    },
    /// A session's process ended; its output is on its way, and the end of its stream comes after the last byte.
    ExecExited {
        /// The session.
        exec: String,
        /// 128 + signal where a signal ended it.
        exit_code: i32,
    },
    /// What there is.
    Status {
        /// The init's pid, as the host numbers it.
        pid: u32,
        /// Clients attached to the container's own streams.
        clients: u32,
        /// Sessions whose process runs: id and pid.
        execs: Vec<(String, u32)>,
        /// The last sessions that ended, oldest first: id and exit code.
        ended: Vec<(String, i32)>,
        /// The last failure to write the log, the journal or the event file; what it lost is lost.
        trouble: Option<String>,
        /// What the log of this run has not.
        #[serde(default)]
        log_gap: Option<LogGap>,
    },
    /// It was done.
    Done,
    /// It was not done, and why.
    Refused {
        /// Which kind of refusal.
        kind: ErrorKind,
        /// For a person.
        message: String,
    },
}

/// [`Kind`] as it travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErrorKind {
    /// Nothing has that id.
    NotFound,
    /// The request makes no sense.
    Invalid,
    /// Not in this state.
    Conflict,
    /// Not for this user.
    Forbidden,
    /// This monitor does not know the version: a new request comes with a new one.
    NotImplemented,
    /// The kernel refused.
    Internal,
}

impl From<ErrorKind> for Kind {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::NotFound => Kind::NotFound,
            ErrorKind::Invalid => Kind::Invalid,
            ErrorKind::Conflict => Kind::Conflict,
            ErrorKind::Forbidden => Kind::Forbidden,
            ErrorKind::NotImplemented => Kind::NotImplemented,
            ErrorKind::Internal => Kind::Internal,
        }
    }
}
