//! The prober: the process that probes the health of one container for as long as that runs.
//!
//! A monitor that looks after a container with a health check starts it before it gives up its rights, for entering a container takes
//! nearly every one that there is. It obeys that monitor alone, ends with it, and judges nothing.

use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use corten_cgroups::Layout;
use corten_sys::{memory, packet, pidfd};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::rand::{GetRandomFlags, getrandom};

use super::attempt::{Attempt, Beginning, Place, Trial};
use super::connection::Connection;
use super::plan::{HealthPlan, Probe};
use super::schedule::Schedule;
use super::told::{Begun, News, ORDER, Order, Told};
use super::worker::{STREAMS, Worker};
use super::{file, http};
use crate::birth::take_stdin;
use crate::channel::{Heard, hear, tell};
use crate::confinement::spare_from_oom;
use crate::control::document;
use crate::failure::Failure;
use crate::moment::Moment;
use crate::poll::timespec;
use crate::process_name;
use crate::protocol::{Exec, Inhabited};

/// The second word of its command line.
pub(crate) const PROBE: &str = "--probe";

/// Names the process for `ps`.
const PROCESS_NAME: &std::ffi::CStr = c"corten-prober";

/// How a command ends that goes with its container.
const KILLED: i32 = 128 + 9;

/// How long the init of a container may take to end after the first thing that ended with it.
const DYING: Duration = Duration::from_millis(50);

/// Room for what a monitor says.
const MESSAGE: usize = crate::protocol::MAX_PACKET;

/// Whether a process in the cgroup of monitors is a prober: it ends with its monitor.
#[must_use]
pub fn is_prober(pid: u32) -> bool {
    process_name::is_of(PROCESS_NAME, pid)
}

/// The prober at work.
struct Prober {
    channel: OwnedFd,
    timeout: Duration,
    means: Means,
    place: Place,
    schedule: Schedule,
    attempt: Option<Attempt>,
}

/// What it probes with.
enum Means {
    Command(Box<Exec>),
    Connection { addresses: Vec<SocketAddr>, request: Option<Vec<u8>> },
    File(String),
}

/// Nobody wants to hear from it any more.
struct Over;

/// Is a prober. Returns the exit status.
pub(crate) fn run() -> i32 {
    let _ = rustix::thread::set_name(PROCESS_NAME);
    let Ok(channel) = take_stdin() else { return 1 };
    // As its monitor: it is as small, and without it nobody knows how the container is. What it starts has a score of its own.
    spare_from_oom();
    let Some(order) = receive(&channel) else { return 1 };
    memory::give_back();
    match Prober::await_container(channel, order) {
        Some(mut prober) => {
            while prober.turn().is_ok() {}
            // What still runs is not to outlive it.
            prober.attempt.iter_mut().for_each(Attempt::give_up);
            0
        }
        None => 1,
    }
}

fn receive(channel: &OwnedFd) -> Option<Order> {
    let mut word = [0; ORDER.len()];
    let packet = packet::receive(channel, &mut word).ok()?;
    let [description] = <[OwnedFd; 1]>::try_from(packet.descriptors).ok()?;
    if &word[..packet.length] == ORDER { document(description).ok() } else { None }
}

impl Prober {
    /// Waits until the container runs; `None` where it never does.
    fn await_container(channel: OwnedFd, order: Order) -> Option<Self> {
        // An interrupted poll only means that there is nothing to hear yet.
        let _ = poll(&mut [PollFd::new(&channel, PollFlags::IN)], None);
        let Heard::Said(Told::Go { pid }, beside) = hear(&channel, &mut vec![0; MESSAGE]) else {
            return None;
        };
        let init = beside.into_iter().next()?;
        let cgroup = Layout::detect().ok()?.open(&order.cgroup_path).ok()?;
        let Order { plan, cgroup_path, monitor_cgroup, foreign } = order;
        let since = Moment::now();
        let schedule = Schedule::begin(&plan, since);
        let HealthPlan { probe, timeout, .. } = plan;
        let means = match probe {
            Probe::Command(launch) => {
                let container = Inhabited { init: pid, cgroup_path, monitor_cgroup };
                let launch = *launch;
                Means::Command(Box::new(Exec { launch, streams: STREAMS, container, foreign }))
            }
            Probe::Http { addresses, authority, target } => {
                Means::Connection { addresses, request: Some(http::request(&authority, &target)) }
            }
            Probe::Tcp { addresses } => Means::Connection { addresses, request: None },
            Probe::File { path } => Means::File(path),
        };
        Some(Self {
            channel,
            timeout: Duration::from_nanos(timeout),
            means,
            place: Place { pid, init, cgroup, since },
            schedule,
            attempt: None,
        })
    }

    /// Waits for the next thing to do, and does it.
    fn turn(&mut self) -> Result<(), Over> {
        if self.wait() {
            self.obey()?;
        }
        self.advance()?;
        self.expire()?;
        if self.attempt.is_none() && self.schedule.next().is_some_and(|next| next <= Moment::now()) {
            self.probe()?;
        }
        Ok(())
    }

    /// Whether there is something to hear.
    fn wait(&self) -> bool {
        let deadline = match &self.attempt {
            Some(attempt) => attempt.deadline(),
            None => self.schedule.next(),
        };
        let timeout = deadline.map(|deadline| timespec(deadline.from(Moment::now())));
        let mut set = vec![PollFd::new(&self.channel, PollFlags::IN)];
        set.extend(self.attempt.iter().flat_map(Attempt::descriptors));
        // An interrupted or failed poll only means one look more.
        let _ = poll(&mut set, timeout.as_ref());
        set.first().is_some_and(|channel| !channel.revents().is_empty())
    }

    fn obey(&mut self) -> Result<(), Over> {
        match hear(&self.channel, &mut vec![0; MESSAGE]) {
            Heard::Nothing => {}
            Heard::Said(Told::Suspend, _) => {
                self.attempt.iter_mut().for_each(Attempt::give_up);
                self.schedule.suspend();
            }
            Heard::Said(Told::Resume, _) => self.schedule.resume(Moment::now()),
            Heard::Said(Told::Go { .. }, _) | Heard::End => return Err(Over),
        }
        Ok(())
    }

    fn probe(&mut self) -> Result<(), Over> {
        self.schedule.probing();
        let beginning = Beginning::now(&self.place);
        let (started, begun) = self.try_it();
        let result = match started {
            Ok(trial) => {
                self.attempt = Some(Attempt::new(trial, beginning, self.timeout));
                None
            }
            Err(failure) => {
                self.schedule.probed(false, Moment::now());
                Some(beginning.failed(failure))
            }
        };
        if begun.is_some() || result.is_some() {
            self.tell(&News { begun, result, ..News::default() })?;
        }
        // What needs nobody else is over at once.
        self.advance()
    }

    /// Begins what it probes with; of a session in the container, there is something to tell.
    fn try_it(&mut self) -> (Result<Trial, Failure>, Option<Begun>) {
        match &mut self.means {
            Means::Command(exec) => {
                exec.launch.id = session_id();
                let started = Worker::command(exec, &self.place, &self.channel);
                let command = exec.launch.process.args.join(" ");
                let begun = Begun { exec: exec.launch.id.clone(), command, runs: started.is_ok() };
                (started.map(Trial::Process), Some(begun))
            }
            Means::Connection { addresses, request } => {
                let connection = Connection::begin(&self.place.init, addresses, request.clone());
                (connection.map(Trial::Connection), None)
            }
            Means::File(path) => (file::begin(&self.place, path).map(Trial::Process), None),
        }
    }

    /// Goes on with a probe, and tells how it has ended.
    fn advance(&mut self) -> Result<(), Over> {
        let Some(attempt) = &mut self.attempt else { return Ok(()) };
        let Some(mut outcome) = attempt.advance() else { return Ok(()) };
        self.attempt = None;
        let may_be_dying = outcome.exit_code == KILLED || outcome.exec.is_none() && outcome.exit_code != 0;
        if outcome.result.is_some()
            && may_be_dying
            && pidfd::ends_within(&self.place.init, DYING).unwrap_or(false)
        {
            // It went with its container: that says nothing of its health.
            outcome.result = None;
        }
        if let Some((result, _)) = &outcome.result {
            self.schedule.probed(result.exit_code == 0, Moment::now());
        }
        let ended = outcome.exec.map(|exec| (exec, outcome.exit_code));
        if ended.is_none() && outcome.result.is_none() {
            return Ok(());
        }
        self.tell(&News { ended, result: outcome.result, ..News::default() })
    }

    /// Tells of a probe that took too long at once: its process may be one that takes long to die.
    fn expire(&mut self) -> Result<(), Over> {
        let now = Moment::now();
        let Some(result) = self.attempt.as_mut().and_then(|attempt| attempt.expire(now)) else {
            return Ok(());
        };
        self.schedule.probed(false, now);
        self.tell(&News { result: Some(result), ..News::default() })?;
        self.advance()
    }

    fn tell(&self, news: &News) -> Result<(), Over> {
        tell(self.channel.as_fd(), news, &[]).map_err(|_| Over)
    }
}

/// 64 hex digits, as every session has.
fn session_id() -> String {
    let mut bytes = [0u8; 32];
    // So few bytes are had at once, and whole (getrandom(2)).
    let _ = getrandom(&mut bytes, GetRandomFlags::empty());
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
