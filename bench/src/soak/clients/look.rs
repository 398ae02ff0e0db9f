//! What a daemon and its containers take, before and after much of the same.

use std::collections::HashSet;
use std::path::Path;
use std::thread;
use std::time::Duration;
use std::{fs, io};

use corten_testkit::host::{self, Snapshot};

use crate::error::Result;
use crate::soak::engine::Engine;
use crate::soak::footprint;
use crate::soak::served::{Served, Taken};
use crate::table::Table;

/// How long the daemon is left alone before it is looked at: longer than its threads and memory wait for the next rush.
const REST: Duration = Duration::from_secs(15);

/// How much more memory, in kB, is no growth: allocators give back late.
const SLACK: u64 = 4096;

/// How much more on disk, in kB, is no growth: the database keeps pages for later.
const DISK_SLACK: u64 = 8192;

/// The events of the last time, and of the time before: each file is replaced when it has grown to 16 MiB.
const EVENTS: [&str; 2] = ["events", "events.1"];

/// What both may take, in kB: a record more each, and what the file system rounds up.
const EVENTS_BOUND: u64 = 33 << 10;

/// What the daemon takes when it has had some time for itself.
pub(super) fn look(served: &Served<'_>, engine: &Engine) -> Result<Look> {
    thread::sleep(REST);
    let snapshot = Snapshot::take();
    let state = engine.corten().root().state();
    let kilobytes = |path: &Path| match footprint::disk(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        disk => disk.map(|bytes| bytes / 1024).map_err(|error| engine.found(error.to_string())),
    };
    let events = EVENTS.iter().map(|name| kilobytes(&state.join(name))).sum::<Result<u64>>()?;
    Ok(Look {
        taken: served.taken(),
        disk: kilobytes(&state)?.saturating_sub(events),
        events,
        kernel: snapshot.beyond(&Snapshot::default()).len(),
        namespaces: namespaces(),
    })
}

/// Those that some process of the machine is in.
fn namespaces() -> usize {
    let of = |pid: u32| fs::read_dir(format!("/proc/{pid}/ns")).into_iter().flatten().flatten();
    let links =
        host::processes().into_iter().flat_map(of).filter_map(|entry| fs::read_link(entry.path()).ok());
    links.collect::<HashSet<_>>().len()
}

/// See [`look`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    taken: Taken,
    /// Below the engine's root without the events, in kB.
    disk: u64,
    /// The events, in kB.
    events: u64,
    /// Mounts, links, control groups and processes of the whole machine.
    kernel: usize,
    namespaces: usize,
}

/// What has grown, if anything.
pub(super) fn grown([warm, end]: &[Look; 2]) -> Option<String> {
    let pairs = [
        ("memory, kB", warm.taken.memory + SLACK, end.taken.memory),
        ("disk, kB", warm.disk + DISK_SLACK, end.disk),
        ("events, kB", EVENTS_BOUND, end.events),
        ("descriptors", warm.taken.descriptors as u64, end.taken.descriptors as u64),
        ("threads", warm.taken.threads as u64, end.taken.threads as u64),
    ];
    let grown = pairs.iter().find(|(_, allowed, is)| is > allowed);
    grown.map(|(what, allowed, is)| format!("the engine grows: {what} {is}, not {allowed} at most"))
}

pub(super) fn table(looks: &[Look; 2]) -> Table {
    let mut table = Table::new(&[
        "",
        "memory, kB",
        "descriptors",
        "threads",
        "disk, kB",
        "events, kB",
        "objects of the kernel",
        "namespaces",
    ]);
    for (when, look) in ["after a fifth of the time", "in the end"].iter().zip(looks) {
        let Look { taken, disk, events, kernel, namespaces } = look;
        let counts = [taken.descriptors, taken.threads].map(|count| count as u64);
        let figures =
            [taken.memory, counts[0], counts[1], *disk, *events, *kernel as u64, *namespaces as u64];
        table.push([(*when).to_owned()].into_iter().chain(figures.map(|it| it.to_string())).collect());
    }
    table
}
