//! Whether one upper directory is mounted twice at once, which overlay does not survive.
//!
//! Seen in two ways: in the mount tables of all processes, again and again, and in the kernel's log, where overlay complains.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::sync::atomic::{AtomicBool, Ordering};

use corten_testkit::host;
use rustix::fs::{OFlags, SeekFrom, seek};

use crate::error::Result;
use crate::soak::engine::Engine;

/// What overlayfs says when it mounts an upper directory that is one already.
const COMPLAINT: &str = "is in-use as upperdir";

/// Who has mounted what: mount namespace and process by upper directory.
type Mounted = BTreeMap<String, BTreeMap<u64, u32>>;

/// Looks until it is over, and returns how often it has looked.
pub(super) fn watch(engine: &Engine, over: &AtomicBool) -> Result<u64> {
    let below = engine.corten().root().scratch().display().to_string();
    let mut looks = 0;
    while !over.load(Ordering::Relaxed) {
        looks += 1;
        for (directory, holders) in look(&below).iter().filter(|(_, holders)| holders.len() > 1) {
            // Tables are read one after another: the first container may have ended before the second began. Only if the
            // first is still there now were both there at once.
            if still_mounted(directory, holders) {
                return Err(engine.found(format!("`{directory}` is mounted in {} namespaces", holders.len())));
            }
        }
    }
    Ok(looks)
}

fn look(below: &str) -> Mounted {
    let mut mounted = Mounted::new();
    for pid in host::processes() {
        let Some(namespace) = mount_namespace(pid) else { continue };
        for directory in upper_directories(&table(pid)).filter(|directory| directory.starts_with(below)) {
            mounted.entry(directory.to_owned()).or_default().insert(namespace, pid);
        }
    }
    mounted
}

fn still_mounted(directory: &str, holders: &BTreeMap<u64, u32>) -> bool {
    holders.iter().all(|(namespace, pid)| {
        let table = table(*pid);
        mount_namespace(*pid) == Some(*namespace) && upper_directories(&table).any(|other| other == directory)
    })
}

fn mount_namespace(pid: u32) -> Option<u64> {
    fs::metadata(format!("/proc/{pid}/ns/mnt")).ok().map(|metadata| metadata.ino())
}

/// Empty for a process that has ended.
fn table(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/mountinfo")).unwrap_or_default()
}

fn upper_directories(table: &str) -> impl Iterator<Item = &str> {
    let overlays = table.lines().filter(|line| line.contains(" - overlay "));
    overlays.filter_map(|line| line.split([',', ' ']).find_map(|option| option.strip_prefix("upperdir=")))
}

/// The kernel's log from now on (kmsg(4) of the kernel's documentation). Where it cannot be read, the tables have to do.
pub(super) struct KernelLog(Option<OwnedFd>);

impl KernelLog {
    pub(super) fn open() -> KernelLog {
        let flags = OFlags::NONBLOCK.bits() as i32;
        let file =
            OpenOptions::new().read(true).custom_flags(flags).open("/dev/kmsg").ok().map(OwnedFd::from);
        KernelLog(file.filter(|file| seek(file, SeekFrom::End(0)).is_ok()))
    }

    /// What overlay said since. It names no directory, so a neighbour's mistake shows here too.
    pub(super) fn complaints(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut record = [0; 8192];
        while let Some(length) = self.0.as_ref().and_then(|log| rustix::io::read(log, &mut record).ok()) {
            let text = String::from_utf8_lossy(&record[..length]).trim().to_owned();
            if text.contains(COMPLAINT) {
                found.push(format!("the kernel says: {text}"));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upper_directories_are_read_from_overlays_alone() {
        let table = "40 1 0:50 / / rw - overlay overlay rw,lowerdir+=/l,upperdir=/c/1/upper,workdir=/c/1/work\n\
                     41 1 0:51 / /data rw - ext4 /dev/upperdir=/x rw\n";
        assert_eq!(upper_directories(table).collect::<Vec<_>>(), ["/c/1/upper"]);
    }
}
