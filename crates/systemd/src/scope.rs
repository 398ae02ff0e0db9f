//! A transient scope: processes that somebody else started, in a cgroup whose inside systemd leaves to them.
//!
//! org.freedesktop.systemd1(5), `StartTransientUnit()`, `StopUnit()` and `JobRemoved`; systemd.scope(5).

use std::time::{Duration, Instant};

use crate::connection::{Connection, Peer};
use crate::error::SystemdError;
use crate::message::{Call, Incoming, Kind};
use crate::wire::{Reader, Writer};

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The unit's name, ending in `.scope`.
    pub unit: &'a str,
    /// For people.
    pub description: &'a str,
    /// The slice that it lies in: its cgroup is `<slice's cgroup>/<unit>`.
    pub slice: &'a str,
}

/// How long systemd may take. It answers in milliseconds; a machine that is just booting may keep it busy.
const PATIENCE: Duration = Duration::from_secs(20);

const NO_SUCH_UNIT: &str = "org.freedesktop.systemd1.NoSuchUnit";

const SYSTEMD: &str = "org.freedesktop.systemd1";
const MANAGER: &str = "org.freedesktop.systemd1.Manager";
const BUS: &str = "org.freedesktop.DBus";

/// Starts a scope and moves process `pid` into its cgroup; returns once both have happened. The scope ends by itself when no process
/// is left in it.
///
/// Its cgroup is delegated with every controller that systemd knows, and has no limit of tasks (units have one by default).
///
/// # Errors
/// [`SystemdError::Exists`] where a scope of this name runs, or has just ended and is still being cleared away; else [`SystemdError`].
pub fn start_scope(scope: &Scope<'_>, pid: u32) -> Result<(), SystemdError> {
    start_over(Connection::open(Instant::now() + PATIENCE)?, scope, pid)
}

fn start_over(connection: Connection, scope: &Scope<'_>, pid: u32) -> Result<(), SystemdError> {
    run_job(connection, scope.unit, &start_transient_unit(scope, pid))
}

/// Ends a scope, with every process in it; returns once it has ended. Content with one that there is not.
///
/// # Errors
/// [`SystemdError`].
pub fn stop_scope(unit: &str) -> Result<(), SystemdError> {
    stop_over(Connection::open(Instant::now() + PATIENCE)?, unit)
}

fn stop_over(connection: Connection, unit: &str) -> Result<(), SystemdError> {
    match run_job(connection, unit, &stop_unit(unit)) {
        Err(SystemdError::Refused { name, .. }) if name == NO_SUCH_UNIT => Ok(()),
        stopped => stopped,
    }
}

/// Calls a method that begins a job, and waits for the job's end.
fn run_job(mut connection: Connection, unit: &str, call: &Call<'_>) -> Result<(), SystemdError> {
    if connection.peer() == Peer::Bus {
        connection.send(&hello())?;
        // Before the start: its end must not be missed.
        connection.send(&add_match())?;
    }
    let begun = connection.send(call)?;
    let mut job = None;
    let mut ended: Vec<(String, String)> = Vec::new();
    loop {
        let message = connection.receive()?;
        match message.kind {
            Kind::Error => return Err(refusal(unit, &message)),
            Kind::Return if message.reply_to == Some(begun) => {
                job = Some(Reader::new(&message.body).string()?.to_owned());
            }
            Kind::Signal if message.member == "JobRemoved" => ended.push(job_removed(&message)?),
            Kind::Return | Kind::Signal | Kind::Other => {}
        }
        let end = job.as_ref().and_then(|job| ended.iter().find(|(ended, _)| ended == job));
        if let Some((_, result)) = end {
            return match result.as_str() {
                "done" => Ok(()),
                _ => Err(SystemdError::Job { unit: unit.to_owned(), result: result.clone() }),
            };
        }
    }
}

fn hello() -> Call<'static> {
    Call {
        destination: BUS,
        path: "/org/freedesktop/DBus",
        interface: BUS,
        member: "Hello",
        signature: "",
        body: Vec::new(),
    }
}

fn add_match() -> Call<'static> {
    let mut rule = Writer::default();
    rule.string(&format!("type='signal',sender='{SYSTEMD}',interface='{MANAGER}',member='JobRemoved'"));
    Call { member: "AddMatch", signature: "s", body: rule.into_bytes(), ..hello() }
}

fn start_transient_unit(scope: &Scope<'_>, pid: u32) -> Call<'static> {
    let mut body = Writer::default();
    body.string(scope.unit);
    // A second scope of the same name is an error and does not replace the first.
    body.string("fail");
    body.array(8, |all| {
        property(all, "Description", "s", |value| value.string(scope.description));
        property(all, "Slice", "s", |value| value.string(scope.slice));
        property(all, "Delegate", "b", |value| value.u32(1));
        property(all, "TasksMax", "t", |value| value.u64(u64::MAX));
        // A scope that failed (its processes had to be killed) would keep its name otherwise.
        property(all, "CollectMode", "s", |value| value.string("inactive-or-failed"));
        property(all, "PIDs", "au", |value| value.array(4, |pids| pids.u32(pid)));
    });
    // No auxiliary units.
    body.array(8, |_| {});
    Call {
        destination: SYSTEMD,
        path: "/org/freedesktop/systemd1",
        interface: MANAGER,
        member: "StartTransientUnit",
        signature: "ssa(sv)a(sa(sv))",
        body: body.into_bytes(),
    }
}

fn stop_unit(unit: &str) -> Call<'static> {
    let mut body = Writer::default();
    body.string(unit);
    body.string("replace");
    Call {
        destination: SYSTEMD,
        path: "/org/freedesktop/systemd1",
        interface: MANAGER,
        member: "StopUnit",
        signature: "ss",
        body: body.into_bytes(),
    }
}

fn property(all: &mut Writer, name: &str, signature: &str, value: impl FnOnce(&mut Writer)) {
    all.align(8);
    all.string(name);
    all.signature(signature);
    value(all);
}

/// The path and the result of a job that has ended: `uoss`, of which the third is the unit's name.
fn job_removed(message: &Incoming) -> Result<(String, String), SystemdError> {
    let mut body = Reader::new(&message.body);
    let (_id, job, _unit, result) = (body.u32()?, body.string()?, body.string()?, body.string()?);
    Ok((job.to_owned(), result.to_owned()))
}

fn refusal(unit: &str, message: &Incoming) -> SystemdError {
    if message.error == "org.freedesktop.systemd1.UnitExists" {
        return SystemdError::Exists { unit: unit.to_owned() };
    }
    let text = message.signature.starts_with('s').then(|| Reader::new(&message.body).string().ok()).flatten();
    SystemdError::Refused { name: message.error.clone(), message: text.unwrap_or_default().to_owned() }
}

#[cfg(test)]
mod tests;
