//! From an order to a running container, and then to its end.
//!
//! The order of steps is the point of this file: what an engine may ask for as soon as it is told that the container runs stands
//! before that; what is announced has been written down.

use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use corten_cgroups::Cgroup;
use corten_runtime::Started;
use corten_spec::time::Timestamp;
use corten_sys::pidfd;
use corten_sys::signal::SignalFd;

use crate::birth::{Order, answer, identity};
use crate::chronicle::{Chronicle, Process};
use crate::clock;
use crate::confinement::confine;
use crate::control::{Connections, Listener, STARTER};
use crate::ending::EMPTYING;
use crate::equipment::Equipment;
use crate::failure::{Failure, doing};
use crate::filter::Filter;
use crate::foreign::{Attendant, Hold};
use crate::health::{Prober, Ward};
use crate::log::{Log, Means};
use crate::moment::Moment;
use crate::monitor::{Init, Monitor};
use crate::newborn::Newborn;
use crate::plan::Plan;
use crate::protocol::{Attach, Paths, Reply, Start};
use crate::reaper::Waiting;
use crate::sessions::Sessions;
use crate::stdio::Near;
use crate::streams::Multiplexer;

/// Names the process for `ps`.
pub(crate) const PROCESS_NAME: &std::ffi::CStr = c"corten-monitor";

/// Twice what a pipe holds by default (pipe(7)), and what the C library maps by itself instead of carving it out of the heap
/// (`M_MMAP_THRESHOLD`): pages that no read has reached yet are not there at all, and most containers write little.
const BUFFER: usize = 128 * 1024;

/// A container whose process sets itself up.
struct Born {
    process: Newborn,
    near: Near,
}

/// A container that runs.
struct Running {
    init: Init,
    cgroup: Cgroup,
    streams: Multiplexer,
    attendant: Option<Attendant>,
    started_at: Timestamp,
}

/// What the monitor has started and made before it gave its rights up.
struct Beside {
    reaper: Option<Waiting>,
    means: Means,
    prober: Option<Prober>,
}

/// Starts the container and looks after it. Returns the exit status. The starter's socket does not block.
pub(crate) fn lead(
    order: Order,
    starter: OwnedFd,
    signals: SignalFd,
    equipment: Result<Equipment, Failure>,
) -> i32 {
    let Order { start, lock, namespace, clients } = order;
    // The process sets itself up, half a millisecond's work, while this one makes everything else ready.
    let hold = Hold { lock: lock.as_fd(), network: namespace.as_ref() };
    let born = equipment.and_then(|Equipment { layout, filter }| {
        let (process, near) = Newborn::make(&start, &hold, &starter, &layout)?;
        Ok((Born { process, near }, filter))
    });
    // The process has its own copy; with the last one of its processes, the namespace is to go.
    drop(namespace);
    let mut chronicle = match Chronicle::open(&start.paths, identity(&start)) {
        Ok(chronicle) => chronicle,
        Err(error) => {
            // First nothing is left, then that is told.
            drop(born);
            return answer(&starter, &Failure::new(corten_error::chain(&error)));
        }
    };
    match born.and_then(|(born, filter)| bring_up(&start, born, &filter, clients, &mut chronicle)) {
        Err(failure) => {
            chronicle.start_failed(failure.exit_code, &failure.message, clock::now());
            answer(&starter, &failure)
        }
        Ok((
            Running { init, cgroup, streams, attendant, started_at },
            listener,
            Beside { reaper, means, prober },
        )) => {
            let mut monitor = Monitor {
                ward: prober.map(|prober| Ward::begin(prober, &init, &start.paths.run)),
                log: Log::open(&start.log, &start.paths, means),
                plan: Plan::new(start, started_at),
                chronicle,
                init,
                cgroup,
                streams,
                sessions: Sessions::default(),
                listener,
                connections: Connections::new(starter),
                signals,
                lock,
                kill_at: None,
                stopping: false,
                successor: None,
                rests_until: None,
                settles_at: Some(settling()),
                reaper,
                attendant,
                buffer: buffer(),
            };
            monitor.connections.reply(STARTER, &Reply::Started { pid: monitor.init.pid });
            live(monitor)
        }
    }
}

/// What everything is read into.
pub(crate) fn buffer() -> Box<[u8]> {
    vec![0; BUFFER].into_boxed_slice()
}

/// When the process gives back what only its beginning needed. A container that ends before that does not pay for it.
pub(crate) fn settling() -> Moment {
    Moment::now().plus_ms(200)
}

/// Looks after a running container until it has ended. Returns the exit status.
pub(crate) fn live(mut monitor: Monitor) -> i32 {
    match monitor.run() {
        Ok(exit) => {
            monitor.conclude(exit);
            0
        }
        // Blind and deaf: ending ends the container with it, and engines find that it was lost.
        Err(_) => {
            monitor.reaper.iter_mut().for_each(Waiting::release);
            1
        }
    }
}

/// Everything from there to a container that runs, is written down and can be asked; whatever fails, nothing is left.
fn bring_up(
    start: &Start,
    born: Born,
    filter: &Filter,
    clients: Vec<(Attach, OwnedFd)>,
    chronicle: &mut Chronicle,
) -> Result<(Running, Listener, Beside), Failure> {
    let listener = doing("bind the control socket", Listener::bind(&start.paths.run))?;
    // While the container's process still sets itself up: it is awaited anyway, and nothing of the container runs yet.
    let prepared = give_up_rights(start, born.process.cgroup(), filter);
    match prepared.and_then(|beside| Ok((run(born, start.streams.stdin_once, clients, chronicle)?, beside))) {
        Ok((running, beside)) => Ok((running, listener, beside)),
        Err(failure) => {
            // A name that stays is replaced by the next monitor.
            let _ = listener.remove();
            Err(failure)
        }
    }
}

/// Starts the last processes that this one ever starts, then gives up what starting takes.
fn give_up_rights(start: &Start, cgroup: Option<&Cgroup>, filter: &Filter) -> Result<Beside, Failure> {
    let reaper = start.reaper.as_ref().map(Waiting::start).transpose();
    let reaper = doing("start the reaper", reaper)?;
    let means = doing("prepare the log", Means::make(&start.log, &start.paths))?;
    let prober = start.health.as_ref().map(|plan| Prober::start(start, plan)).transpose();
    let prober = doing("start the prober", prober)?;
    doing("confine the monitor", confine(&places(&start.paths, cgroup), filter))?;
    Ok(Beside { reaper, means, prober })
}

/// Where a monitor writes, makes and removes: its directories, and what its container's cgroup lies in.
pub(crate) fn places(paths: &Paths, cgroup: Option<&Cgroup>) -> Vec<PathBuf> {
    let cgroups = cgroup.into_iter().flat_map(Cgroup::directories);
    let above = cgroups.filter_map(|directory| directory.parent().map(Path::to_owned));
    paths.written().into_iter().chain(above).collect()
}

fn run(
    Born { process, near }: Born,
    stdin_once: bool,
    clients: Vec<(Attach, OwnedFd)>,
    chronicle: &mut Chronicle,
) -> Result<Running, Failure> {
    let recorded = Process::of(process.pid());
    let (Started { pid, pidfd, pty, cgroup }, attendant) = process.run()?;
    let started_at = clock::now();
    let init = Init { pid, pidfd };
    let connected = doing(
        "connect the container's streams",
        near.ends(pty).and_then(|ends| Multiplexer::new(ends, stdin_once)),
    );
    // The journal has the container, or nobody has.
    let written = connected.and_then(|streams| {
        doing("write the container down", chronicle.started(recorded, started_at)).map(|()| streams)
    });
    match written {
        Ok(mut streams) => {
            let now = Moment::now();
            for (wants, stream) in clients {
                streams.attach(wants, stream, now);
            }
            Ok(Running { init, cgroup, streams, attendant, started_at })
        }
        Err(failure) => {
            undo(&init, attendant, &cgroup);
            Err(failure)
        }
    }
}

/// Ends a container that nobody has heard of. What cannot be undone is found by `system check`.
fn undo(init: &Init, attendant: Option<Attendant>, cgroup: &Cgroup) {
    let _ = pidfd::send_signal(&init.pidfd, rustix::process::Signal::KILL.as_raw());
    let _ = pidfd::wait(&init.pidfd);
    drop(attendant);
    let _ = cgroup.remove(EMPTYING);
}
