//! A cgroup of a test's own, gone when the test ends; and which of this machine's hierarchies it is in.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use corten_spec::runtime::Resources;

use super::PATIENCE;
use crate::cgroup::Cgroup;
use crate::controller::Controller;
use crate::error::CgroupsError;
use crate::layout::{Hierarchies, Layout};
use crate::mounts::{self, Mounted};

/// A cgroup that is gone, with all that was in it, when the test ends.
pub(super) struct Scratch {
    pub(super) layout: Layout,
    pub(super) hierarchies: Arc<Hierarchies>,
    pub(super) path: String,
}

impl Scratch {
    fn new(layout: Layout) -> Scratch {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = format!("/corten-test-{}-{number}", std::process::id());
        Scratch { hierarchies: layout.hierarchies(), layout, path }
    }

    pub(super) fn create(&self, name: &str, resources: &Resources) -> Result<Cgroup, CgroupsError> {
        self.layout.create(&format!("{}/{name}", self.path), resources)
    }

    pub(super) fn directories(&self, cgroup: &Cgroup) -> Vec<PathBuf> {
        self.hierarchies.all().map(|one| cgroup.path().below(one.mount())).collect()
    }

    pub(super) fn file(&self, controller: Controller, cgroup: &Cgroup, name: &str) -> String {
        let one = self.hierarchies.all().find(|one| one.offers(controller)).unwrap();
        fs::read_to_string(cgroup.path().below(one.mount()).join(name)).unwrap().trim_end().to_owned()
    }

    /// A shell in the cgroup from its first command on; it says so, and then does what it is told.
    pub(super) fn run(&self, cgroup: &Cgroup, script: &str) -> Child {
        let files = self.directories(cgroup).into_iter().map(|directory| {
            let tasks = directory.join("tasks");
            if tasks.exists() { tasks } else { directory.join("cgroup.procs") }
        });
        let join = r#"for file in "$@"; do echo 0 > "$file" || exit 99; done; "#;
        Command::new("sh")
            .arg("-c")
            .arg(format!("{join}{script}"))
            .arg("sh")
            .args(files)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let root = self.layout.open(&self.path).unwrap();
        root.kill().unwrap();
        root.remove(PATIENCE).unwrap();
        for one in self.hierarchies.all() {
            assert!(!root.path().below(one.mount()).exists());
        }
    }
}

pub(super) fn here() -> Scratch {
    Scratch::new(Layout::detect().unwrap())
}

/// The v1 hierarchies of this machine without its v2, or the other way round.
fn only(wanted: impl Fn(&Mounted) -> bool) -> Option<Scratch> {
    let mountinfo = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let mounted: Vec<Mounted> = mounts::parse(&mountinfo).into_iter().filter(wanted).collect();
    match Layout::of(mounted, false) {
        Ok(layout) => Some(Scratch::new(layout)),
        Err(_) => {
            println!("skipped: this machine has no such hierarchy");
            None
        }
    }
}

pub(super) fn only_legacy() -> Option<Scratch> {
    only(|mounted| matches!(mounted, Mounted::Legacy { .. }))
}

pub(super) fn only_unified() -> Option<Scratch> {
    only(|mounted| matches!(mounted, Mounted::Unified { .. }))
}
