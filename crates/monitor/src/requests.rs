//! What each request does. Every one is answered at once, but for those whose answer is `None` here: it comes when it is known.

use std::os::fd::OwnedFd;

use corten_sys::{pidfd, pty};
use rustix::net::SocketType;
use rustix::net::sockopt::socket_type;

use crate::chronicle::Sender;
use crate::clock;
use crate::control::document;
use crate::moment::Moment;
use crate::monitor::Monitor;
use crate::protocol::{Attach, Exec, Reply, Request};
use crate::refusal::Refusal;
use crate::session::Session;

/// An answer, now or later.
type Answer = Result<Option<Reply>, Refusal>;

impl Monitor {
    /// Carries out a request that came over the connection `from`.
    pub(crate) fn serve(&mut self, from: u32, request: Request, descriptors: Vec<OwnedFd>) -> Answer {
        let descriptors = match request {
            Request::Attach(_) | Request::Exec { .. } | Request::Reexecute => descriptors,
            _ => exactly::<0>(descriptors)?.into(),
        };
        match request {
            Request::Start { .. } => Err(Refusal::conflict("this monitor has its container already")),
            Request::NetworkReady => Err(Refusal::conflict("this container does not wait for its network")),
            Request::Status => Ok(Some(self.status())),
            Request::Signal { signal, exec } => self.signal(signal, exec.as_deref()),
            Request::Stop { signal, grace_ms } => {
                self.end_by(signal, grace_ms, Sender::Stop).map(|()| Some(Reply::Done))
            }
            Request::SuspendProbes(suspended) => {
                self.suspend_probes(suspended);
                Ok(Some(Reply::Done))
            }
            Request::Resize { exec, rows, columns } => self.resize(exec.as_deref(), rows, columns),
            Request::Attach(wants) => self.attach(wants, descriptors),
            Request::Exec { attach } => self.exec(from, attach, descriptors),
            Request::Reexecute => self.reexecute(from, descriptors),
        }
    }

    fn status(&self) -> Reply {
        let running = |session: &Session| Some((session.id.clone(), session.process()?.0));
        let trouble = self.log.failure().or(self.chronicle.failure());
        Reply::Status {
            pid: self.init.pid,
            clients: u32::try_from(self.streams.clients()).unwrap_or(u32::MAX),
            execs: self.sessions.iter().filter_map(running).collect(),
            ended: self.sessions.ended().cloned().collect(),
            trouble: trouble.map(str::to_owned),
            log_gap: self.log.gap(),
        }
    }

    fn signal(&mut self, signal: i32, exec: Option<&str>) -> Answer {
        let Some(id) = exec else {
            self.signal_init(signal, Sender::Kill)?;
            return Ok(Some(Reply::Done));
        };
        let (_, process) = self.session(id)?.process().ok_or_else(|| not_running(id))?;
        pidfd::send_signal(process, signal).map_err(|error| refused_signal(signal, &error))?;
        Ok(Some(Reply::Done))
    }

    /// Told here and not by whoever asked: what the signal leads to is told after it.
    fn signal_init(&mut self, signal: i32, sender: Sender) -> Result<(), Refusal> {
        pidfd::send_signal(&self.init.pidfd, signal).map_err(|error| refused_signal(signal, &error))?;
        self.chronicle.killed(signal, sender, clock::now());
        Ok(())
    }

    /// Stops the container.
    pub(crate) fn end_by(
        &mut self,
        signal: i32,
        grace_ms: Option<u64>,
        sender: Sender,
    ) -> Result<(), Refusal> {
        self.signal_init(signal, sender)?;
        self.stopping = true;
        if signal == rustix::process::Signal::KILL.as_raw() {
            // Nothing is left to follow it with; what cannot be thawed is for whoever waits to find.
            let _ = self.cgroup.release_killed();
        } else if let Some(grace_ms) = grace_ms {
            let kill_at = Moment::now().plus_ms(grace_ms);
            // A second stop may be more urgent than the first, never less.
            self.kill_at = Some(self.kill_at.map_or(kill_at, |earlier| earlier.min(kill_at)));
        }
        Ok(())
    }

    fn resize(&mut self, exec: Option<&str>, rows: u16, columns: u16) -> Answer {
        let streams = match exec {
            None => &self.streams,
            Some(id) => self.session(id)?.streams().ok_or_else(|| not_running(id))?,
        };
        // Clients ask without knowing whether there is one; Docker's engine has nothing against that.
        if let Some(terminal) = streams.terminal() {
            pty::set_size(terminal, rows, columns)
                .map_err(|error| Refusal::internal("resize the terminal", &error))?;
        }
        Ok(Some(Reply::Done))
    }

    fn attach(&mut self, wants: Attach, descriptors: Vec<OwnedFd>) -> Answer {
        let [stream] = exactly(descriptors)?;
        require_stream(&stream)?;
        if !self.streams.has_room() {
            return Err(Refusal::conflict("the container has too many attached clients"));
        }
        self.streams.attach(wants, stream, Moment::now());
        Ok(Some(Reply::Done))
    }

    fn exec(&mut self, from: u32, attach: Option<Attach>, descriptors: Vec<OwnedFd>) -> Answer {
        let (description, keeper, client) = match attach {
            None => {
                let [description, keeper] = exactly(descriptors)?;
                (description, keeper, None)
            }
            Some(wants) => {
                let [description, keeper, stream] = exactly(descriptors)?;
                require_stream(&stream)?;
                (description, keeper, Some((wants, stream)))
            }
        };
        if !matches!(socket_type(&keeper), Ok(SocketType::SEQPACKET)) {
            return Err(Refusal::invalid("the channel to a keeper has to be a socket of packets"));
        }
        let exec: Exec = document(&description)?;
        if self.sessions.by_id(&exec.launch.id).is_some() {
            return Err(Refusal::conflict(format!("exec session `{}` exists already", exec.launch.id)));
        }
        if !self.sessions.has_room() {
            return Err(Refusal::conflict("the container has too many exec sessions"));
        }
        let keys = (self.sessions.next_key(), from);
        self.sessions.add(Session::new(keys, exec, keeper, client));
        Ok(None)
    }

    /// Only noted here: the loop carries it out when no session is half-way started.
    fn reexecute(&mut self, from: u32, descriptors: Vec<OwnedFd>) -> Answer {
        let [program] = exactly(descriptors)?;
        if self.successor.is_some() {
            return Err(Refusal::conflict("a re-execution is under way already"));
        }
        self.successor = Some((from, program));
        Ok(None)
    }

    fn session(&self, id: &str) -> Result<&Session, Refusal> {
        self.sessions.by_id(id).ok_or_else(|| Refusal::not_found(format!("no exec session `{id}`")))
    }
}

fn exactly<const N: usize>(descriptors: Vec<OwnedFd>) -> Result<[OwnedFd; N], Refusal> {
    <[OwnedFd; N]>::try_from(descriptors)
        .map_err(|came| Refusal::invalid(format!("the request takes {N} descriptors, {} came", came.len())))
}

/// Only a socket can be told for each call that it must not block; changing the mode of anything else would change it for
/// whoever shares it.
pub(crate) fn require_stream(descriptor: &OwnedFd) -> Result<(), Refusal> {
    match socket_type(descriptor) {
        Ok(SocketType::STREAM) => Ok(()),
        _ => Err(Refusal::invalid("a client's stream has to be a stream socket")),
    }
}

fn not_running(id: &str) -> Refusal {
    Refusal::conflict(format!("exec session `{id}` is not running"))
}

fn refused_signal(signal: i32, error: &std::io::Error) -> Refusal {
    match error.raw_os_error().map(rustix::io::Errno::from_raw_os_error) {
        Some(rustix::io::Errno::INVAL) => Refusal::invalid(format!("there is no signal {signal}")),
        Some(rustix::io::Errno::SRCH) => Refusal::conflict("the process has ended"),
        _ => Refusal::internal(&format!("send signal {signal}"), error),
    }
}
