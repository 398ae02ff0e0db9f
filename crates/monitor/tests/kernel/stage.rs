//! One container's directories, control groups and root file system, and the search for what was left of them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use corten_cgroups::Layout;
use corten_journal::{Event, EventReader, FileLock, JournalReader, Record};
use corten_logs::{LogReader, Query};
use corten_monitor::client::{ClientError, Connection, Entrance, Holdings, Origin, launch};
use corten_monitor::health::{self, HealthPlan, OnFailure, Probe, Report};
use corten_monitor::protocol::{
    Attach, Exec, Inhabited, JsonFile, LogPlan, Paths, Reply, Request, Start, Streams,
};
use corten_runtime::launch::{ExecLaunch, Launch, RootSource, SeccompSource, UserSource};
use corten_spec::runtime::{Linux, Mount, Namespace, NamespaceKind, Process, Resources, Root, Spec};
use corten_sys::pidfd;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tempfile::TempDir;

/// Everything about one container of one test.
pub(crate) struct Stage {
    directory: TempDir,
    cgroups: String,
    /// What is started; tests change it before [`Stage::launch`].
    pub(crate) start: Start,
}

/// A client that gets and sends everything, for ever.
pub(crate) const PATIENT: Attach = Attach { stdin: true, stdout: true, stderr: true, patience_ms: None };

/// How long anything here may take before the test fails; nothing waits for it in vain.
const PATIENCE: Duration = Duration::from_secs(300);

/// [`PATIENCE`] from now.
pub(crate) fn deadline() -> Instant {
    Instant::now() + PATIENCE
}

impl Stage {
    /// A container that will run the testbed with these words.
    pub(crate) fn new(words: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for name in ["root", "container", "run", "rootfs", "rootfs/proc", "rootfs/dev"] {
            fs::create_dir(at(name)).unwrap();
        }
        // By another process: a child that a test beside this one forks meanwhile would hold what we write open, and no kernel runs
        // a program that somebody may write to.
        let copied = Command::new("cp").arg(testbed()).arg(at("rootfs/testbed")).status().unwrap();
        assert!(copied.success());
        fs::hard_link(at("rootfs/testbed"), at("program")).unwrap();
        let name = directory.path().file_name().unwrap().to_str().unwrap().trim_start_matches('.').to_owned();
        let cgroups = format!("/corten-monitor-{name}");
        let monitors = format!("{cgroups}/monitors");
        Layout::detect().unwrap().create(&monitors, &Resources::default()).unwrap();
        let start = Start {
            launch: Launch {
                id: name,
                spec: spec(words),
                root: RootSource::Directory(at("rootfs")),
                user: UserSource::Spec,
                cgroup_path: format!("{cgroups}/container"),
                seccomp: SeccompSource::Unconfined,
                init: false,
                joined: Vec::new(),
                awaits_network: false,
                bundle: None,
            },
            streams: Streams { tty: false, open_stdin: true, stdin_once: true, size: None },
            paths: Paths { root: at("root"), container: at("container"), run: at("run") },
            log: LogPlan::JsonFile(plain_file()),
            event_attributes: BTreeMap::from([("image".to_owned(), "testbed".to_owned())]),
            volumes: Vec::new(),
            network: None,
            monitor_cgroup: monitors,
            reaper: None,
            foreign: None,
            health: None,
            revived: false,
        };
        Self { directory, cgroups, start }
    }

    /// The same, and its health is probed a hundred times a second by the testbed with these words.
    pub(crate) fn probed(mut self, words: &[&str]) -> Self {
        let launch = ExecLaunch {
            id: String::new(),
            process: process(words),
            user: UserSource::Spec,
            seccomp: SeccompSource::Unconfined,
        };
        let (interval, timeout) = (10_000_000, 10_000_000_000);
        self.start.health = Some(HealthPlan {
            probe: Probe::Command(Box::new(launch)),
            interval,
            timeout,
            start_period: 0,
            start_interval: interval,
            retries: 1,
            on_failure: OnFailure::None,
        });
        self
    }

    /// Waits until the report of its health is as `wanted` says, and takes it away once the container has ended.
    pub(crate) fn await_report(&self, wanted: impl Fn(&Report) -> bool) -> Report {
        let until = deadline();
        loop {
            match health::read(&self.start.paths.run) {
                Some(report) if wanted(&report) => return report,
                other => assert!(Instant::now() < until, "{other:?}"),
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Takes away the report of its health, which an engine does with the container.
    pub(crate) fn forget_report(&self) {
        fs::remove_file(self.start.paths.run.join("health")).unwrap();
    }

    /// A path of this stage.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The monitor's program.
    pub(crate) fn program(&self) -> PathBuf {
        self.path("program")
    }

    /// Where its monitors are.
    pub(crate) fn monitor_cgroup(&self) -> &str {
        &self.start.monitor_cgroup
    }

    pub(crate) fn lock(&self) -> FileLock {
        FileLock::exclusive(&self.path("rootfs.lock"), deadline()).unwrap()
    }

    /// Starts the container; its reply is still to come.
    pub(crate) fn launch(&self, attach: Vec<(Attach, OwnedFd)>) -> Connection {
        self.launch_by(self.program().as_path().into(), attach)
    }

    /// Starts the container by a process of this origin.
    pub(crate) fn launch_by(&self, origin: Origin<'_>, attach: Vec<(Attach, OwnedFd)>) -> Connection {
        launch(origin, &self.start, Holdings { lock: self.lock(), network: None }, attach).unwrap()
    }

    /// Starts the container with these clients; it runs when this returns.
    pub(crate) fn started(&self, attach: Vec<(Attach, OwnedFd)>) -> (Connection, u32) {
        let mut connection = self.launch(attach);
        match connection.reply(deadline()).unwrap() {
            Reply::Started { pid } => (connection, pid),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn connect(&self) -> Connection {
        Connection::connect(&self.start.paths.run).unwrap()
    }

    /// An exec session that runs the testbed with these words.
    pub(crate) fn exec(&self, id: &str, words: &[&str], streams: Streams) -> Exec {
        let container = Inhabited {
            init: self.init(),
            cgroup_path: self.start.launch.cgroup_path.clone(),
            monitor_cgroup: self.start.monitor_cgroup.clone(),
        };
        exec(id, words, streams, container)
    }

    /// Starts a session over this connection, as an engine does.
    pub(crate) fn run(
        &self,
        session: &mut Connection,
        exec: &Exec,
        client: Option<(Attach, OwnedFd)>,
    ) -> Result<Reply, ClientError> {
        self.run_by(self.program().as_path().into(), session, exec, client)
    }

    /// Starts a session by a process of this origin.
    pub(crate) fn run_by(
        &self,
        origin: Origin<'_>,
        session: &mut Connection,
        exec: &Exec,
        client: Option<(Attach, OwnedFd)>,
    ) -> Result<Reply, ClientError> {
        let init = pidfd::open(exec.container.init).unwrap();
        session.exec(Entrance { origin, init: init.as_fd() }, exec, client, deadline())
    }

    /// The container's first process, as the monitor tells it.
    fn init(&self) -> u32 {
        match self.connect().request(Request::Status, &[], deadline()).unwrap() {
            Reply::Status { pid, .. } => pid,
            other => panic!("{other:?}"),
        }
    }

    /// What is in the log.
    pub(crate) fn log(&self) -> Vec<u8> {
        let mut reader = LogReader::open(&self.path("container/log"), Query::default()).unwrap();
        let mut all = Vec::new();
        while let Some(entry) = reader.next().unwrap() {
            all.extend_from_slice(entry.bytes);
        }
        all
    }

    pub(crate) fn journal(&self) -> Vec<Record> {
        JournalReader::read_from(&self.path("container/journal"), 0).unwrap().0
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        let mut reader = EventReader::from_start(&self.path("root")).unwrap();
        std::iter::from_fn(|| reader.next().unwrap()).collect()
    }

    /// What an engine does when it finds that a monitor was killed.
    pub(crate) fn clear_up_after_a_killed_monitor(&self) {
        drop(self.lock());
        let cgroup = Layout::detect().unwrap().open(&self.start.launch.cgroup_path).unwrap();
        cgroup.remove(PATIENCE).unwrap();
        fs::remove_file(self.start.paths.run.join("monitor.sock")).unwrap();
    }

    /// After a failure: the monitor, and with it the container.
    fn kill_what_is_left(&self) {
        if let Ok(connection) = Connection::connect(&self.start.paths.run) {
            let _ = pidfd::open(monitor_of(&connection)).and_then(|monitor| pidfd::send_signal(monitor, 9));
        }
    }

    /// Ends the container by SIGKILL and waits for the announcement.
    pub(crate) fn kill(&self, connection: &mut Connection) {
        let signal = Request::Signal { signal: 9, exec: None };
        self.connect().request(signal, &[], deadline()).unwrap();
        assert!(matches!(connection.announcement(deadline()).unwrap(), Reply::Exited { exit_code: 137, .. }));
    }
}

impl Drop for Stage {
    /// The monitor lets go of the lock last.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.kill_what_is_left();
            return;
        }
        drop(self.lock());
        wait_until_no_process_runs(&self.program());
        let layout = Layout::detect().unwrap();
        let left = cgroups_named(&format!("{}/container", self.cgroups));
        for group in [format!("{}/monitors", self.cgroups), self.cgroups.clone()] {
            layout.open(&group).unwrap().remove(PATIENCE).unwrap();
        }
        assert_eq!(left, Vec::<PathBuf>::new());
        assert_eq!(fs::read_dir(self.path("run")).unwrap().count(), 0, "the run directory is not empty");
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        assert!(!mounts.contains(self.directory.path().to_str().unwrap()), "a mount was left");
    }
}

/// The directories of a control group, in whichever hierarchies it is.
fn cgroups_named(path: &str) -> Vec<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    let mounted = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        let (at, kind) = (fields.next()?, fields.next()?);
        kind.starts_with("cgroup").then(|| PathBuf::from(format!("{at}{path}")))
    });
    mounted.filter(|path| path.exists()).collect()
}

/// Monitors end on their own after they let go of the lock; what does not is a leftover.
fn wait_until_no_process_runs(program: &Path) {
    for entry in fs::read_dir("/proc").unwrap() {
        let entry = entry.unwrap();
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        if fs::read_link(entry.path().join("exe")).is_ok_and(|exe| exe == program) {
            let Ok(process) = pidfd::open(pid) else { continue };
            assert!(ends(&process), "process {pid} is left");
        }
    }
}

/// The process that listens at the other end.
pub(crate) fn monitor_of(connection: &Connection) -> u32 {
    connection.monitor().unwrap()
}

/// Waits for a process to end; false where it does not.
pub(crate) fn ends(process: &OwnedFd) -> bool {
    let timeout = Timespec { tv_sec: PATIENCE.as_secs() as i64, tv_nsec: 0 };
    poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&timeout)).unwrap() == 1
}

/// The example beside the test's own binary; Cargo builds both together.
/// A log that is never rotated.
pub(crate) fn plain_file() -> JsonFile {
    let attributes = BTreeMap::new();
    JsonFile { max_size: None, max_files: 1, compress: false, all_bytes: false, attributes, patience: 0 }
}

fn testbed() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let program = own.parent().unwrap().parent().unwrap().join("examples/testbed");
    assert!(program.exists(), "`{}` is missing: build the package's examples", program.display());
    program
}

fn spec(words: &[&str]) -> Spec {
    let kinds = [NamespaceKind::Pid, NamespaceKind::Mount, NamespaceKind::Ipc, NamespaceKind::Uts];
    let mount = |destination: &str, kind: &str, options: &[&str]| Mount {
        destination: destination.to_owned(),
        kind: kind.to_owned(),
        source: kind.to_owned(),
        options: options.iter().map(|&word| word.to_owned()).collect(),
        ..Mount::default()
    };
    Spec {
        oci_version: "1.2.1".to_owned(),
        process: Some(process(words)),
        root: Some(Root { path: String::new(), readonly: false }),
        mounts: vec![
            mount("/proc", "proc", &[]),
            mount("/dev", "tmpfs", &["nosuid", "mode=755", "size=65536k"]),
            mount("/dev/pts", "devpts", &["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]),
        ],
        linux: Some(Linux { namespaces: kinds.map(Namespace::new).to_vec(), ..Linux::default() }),
        ..Spec::default()
    }
}

fn process(words: &[&str]) -> Process {
    let args = ["/testbed"].iter().chain(words).map(|&word| word.to_owned()).collect();
    Process { args, cwd: "/".to_owned(), ..Process::default() }
}

/// An exec session that runs the testbed with these words.
fn exec(id: &str, words: &[&str], streams: Streams, container: Inhabited) -> Exec {
    let process = Process { terminal: streams.tty, ..process(words) };
    let launch =
        ExecLaunch { id: id.to_owned(), process, user: UserSource::Spec, seccomp: SeccompSource::Unconfined };
    Exec { launch, streams, container, foreign: None }
}

/// A client's end, and the monitor's.
pub(crate) fn stream() -> (UnixStream, OwnedFd) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_read_timeout(Some(PATIENCE)).unwrap();
    (ours, theirs.into())
}

/// The bytes of all frames of standard output.
pub(crate) fn unframe(stream: &mut impl Read) -> Vec<u8> {
    let mut all = Vec::new();
    let mut header = [0; 8];
    loop {
        let mut got = 0;
        while got < 8 {
            match stream.read(&mut header[got..]).unwrap() {
                0 if got == 0 => return all,
                0 => panic!("the stream ends within a frame"),
                count => got += count,
            }
        }
        assert_eq!(header[..4], [1, 0, 0, 0], "not a frame of standard output");
        let length = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
        let before = all.len();
        stream.take(length.into()).read_to_end(&mut all).unwrap();
        assert_eq!(all.len() - before, length as usize);
    }
}

/// Bytes in a line of `pour`.
pub(crate) const LINE: usize = 128;

/// What `pour` writes.
pub(crate) fn poured(lines: u64) -> Vec<u8> {
    let mut all = Vec::with_capacity(lines as usize * LINE);
    for number in 0..lines {
        all.extend_from_slice(format!("{number:0127}\n").as_bytes());
    }
    all
}
