//! The cgroup of monitors: the way in, making it where it is missing, and tidying it away.
//!
//! Where the tree of cgroups is systemd's, a root's cgroups lie in one scope that systemd delegates. A scope lives as long as a process
//! is in it, so one is kept there ([`crate::holder`]): else every start after an idle moment would pay for a new one.

use std::process;
use std::thread;
use std::time::{Duration, Instant};

use corten_cgroups::{CgroupPath, JoinHandles, Layout};
use corten_error::{Classified as _, Kind};
use corten_spec::runtime::Resources;
use corten_systemd::Scope;

use crate::failure::{Failure, doing};
use crate::holder;

/// How long somebody else's scope may take to be ready, or to be gone.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a scope may be without its cgroup while it begins or ends.
const LOST: Duration = Duration::from_secs(1);

/// Nobody tells when a unit's name is free again, or a cgroup of v1 empty.
const PAUSE: Duration = Duration::from_millis(2);

/// How long the last process of the cgroup may take to leave it once it is not listed any more.
const EXIT_PATIENCE: Duration = Duration::from_secs(1);

/// How long systemd may take to remove a scope whose last process was killed.
const REMOVAL_PATIENCE: Duration = Duration::from_secs(5);

/// The way into the cgroup of monitors, where there is one; makes it for the first monitor of this boot, and for the first after
/// the last one's was tidied away. The calling process has one thread, and may be moved.
///
/// # Errors
/// When the control groups cannot be read, made, or had from systemd.
pub(crate) fn enter(path: &str) -> Result<Option<JoinHandles>, Failure> {
    if path.is_empty() {
        return Ok(None);
    }
    let layout = doing("detect the control groups", Layout::detect())?;
    let mut wait = Wait { until: Instant::now() + PATIENCE, without_cgroup: None };
    loop {
        match layout.open(path).and_then(|cgroup| cgroup.join_handles()) {
            Err(error) if error.kind() == Kind::NotFound => make(&layout, path, &mut wait)?,
            handles => return doing(&format!("open cgroup `{path}`"), handles).map(Some),
        }
    }
}

/// How long a scope that exists already is waited for.
struct Wait {
    until: Instant,
    /// Since when it has had no cgroup.
    without_cgroup: Option<Instant>,
}

/// Makes the cgroup, or gives whoever makes it at this moment some time.
fn make(layout: &Layout, path: &str, wait: &mut Wait) -> Result<(), Failure> {
    let making = format!("make cgroup `{path}`");
    let Some(unit) = doing(&making, layout.unit(path))? else {
        return doing(&making, layout.create(path, &Resources::default())).map(drop);
    };
    let slice = unit.parent();
    let scope = Scope {
        unit: unit.name(),
        description: "Containers of Corten",
        slice: slice.as_ref().map_or("-.slice", CgroupPath::name),
    };
    match corten_systemd::start_scope(&scope, process::id()) {
        Err(error) if error.kind() == Kind::AlreadyExists && Instant::now() < wait.until => {
            thread::sleep(PAUSE);
            wait.end_lost(layout, &unit)
        }
        started => {
            doing(&format!("start `{}`", unit.name()), started)?;
            doing(&making, furnish(layout, &unit, path))
        }
    }
}

impl Wait {
    /// Ends a unit whose cgroup somebody has removed: systemd counts it as running for ever, and its name is never free.
    fn end_lost(&mut self, layout: &Layout, unit: &CgroupPath) -> Result<(), Failure> {
        let gone = layout.open(unit.as_str()).and_then(|cgroup| cgroup.join_handles());
        if !gone.is_err_and(|error| error.kind() == Kind::NotFound) {
            self.without_cgroup = None;
            return Ok(());
        }
        if self.without_cgroup.get_or_insert_with(Instant::now).elapsed() < LOST {
            return Ok(());
        }
        self.without_cgroup = None;
        doing(
            &format!("end `{}`, which has lost its cgroup", unit.name()),
            corten_systemd::stop_scope(unit.name()),
        )
    }
}

/// Readies a new scope, in whose own cgroup this process is: v2 hands controllers down only from a cgroup without processes. The
/// cgroup of monitors comes last: that it exists tells everybody that the scope is ready.
fn furnish(layout: &Layout, unit: &CgroupPath, path: &str) -> Result<(), corten_cgroups::CgroupsError> {
    layout.occupy(&holder::cgroup(unit))?;
    holder::start(path);
    layout.create(path, &Resources::default()).map(drop)
}

/// Removes the cgroup of monitors and what kept it, unless there is a monitor.
///
/// # Errors
/// What the kernel says, other than that somebody is in it.
pub fn settle(layout: &Layout, path: &str) -> Result<(), corten_cgroups::CgroupsError> {
    if remove(layout, path)?
        && let Some(unit) = layout.unit(path)?
    {
        layout.open(&holder::cgroup(&unit))?.kill()?;
        // The scope ends with its last process, and systemd removes its cgroup with all that is in it.
        layout.open(unit.as_str())?.await_removal(REMOVAL_PATIENCE)?;
    }
    Ok(())
}

/// Removes the cgroup of monitors unless somebody is in it. A process that ends is no longer listed a moment before the kernel counts
/// its cgroup as empty.
fn remove(layout: &Layout, path: &str) -> Result<bool, corten_cgroups::CgroupsError> {
    let deadline = Instant::now() + EXIT_PATIENCE;
    loop {
        if layout.remove_empty(path)? {
            return Ok(true);
        }
        if Instant::now() >= deadline || !layout.open(path)?.pids()?.is_empty() {
            return Ok(false);
        }
        thread::sleep(PAUSE);
    }
}
