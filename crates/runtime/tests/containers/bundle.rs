//! A bundle in a directory of its own, and the runtime called on it as its users call it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use corten_spec::runtime::{Linux, Process, Spec};

use crate::probe;

/// A bundle, the state directory of its containers, and their cgroup. All are gone when it is.
pub(crate) struct Bundle {
    directory: tempfile::TempDir,
    pub(crate) spec: Spec,
    /// Also the container's id.
    pub(crate) name: String,
}

impl Bundle {
    /// With the runtime's own template, this program as `/probe`, and these words for it.
    pub(crate) fn new(words: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let rootfs = directory.path().join("rootfs");
        fs::create_dir(&rootfs).unwrap();
        let own = std::env::current_exe().unwrap();
        fs::hard_link(&own, rootfs.join("probe"))
            .or_else(|_| fs::copy(&own, rootfs.join("probe")).map(drop))
            .unwrap();
        let name = format!(
            "test-{}",
            directory.path().file_name().unwrap().to_str().unwrap().trim_start_matches('.')
        );
        let mut bundle = Self { directory, spec: Spec::default(), name };
        assert_eq!(bundle.run(&["spec", "--bundle", bundle.path().to_str().unwrap()]).status, 0);
        bundle.spec = serde_json::from_slice(&fs::read(bundle.path().join("config.json")).unwrap()).unwrap();
        bundle.process().terminal = false;
        bundle.process().args =
            [&[probe::PATH], words].concat().iter().map(|word| (*word).to_owned()).collect();
        bundle
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn rootfs(&self) -> PathBuf {
        self.path().join("rootfs")
    }

    pub(crate) fn process(&mut self) -> &mut Process {
        self.spec.process.get_or_insert_default()
    }

    pub(crate) fn linux(&mut self) -> &mut Linux {
        self.spec.linux.get_or_insert_default()
    }

    pub(crate) fn write(&self) {
        fs::write(self.path().join("config.json"), serde_json::to_vec(&self.spec).unwrap()).unwrap();
    }

    /// Writes the configuration and runs a container of it to its end.
    pub(crate) fn run_container(&self) -> Ran {
        self.write();
        self.run(&["run", "--bundle", self.path().to_str().unwrap(), &self.name])
    }

    /// Calls the runtime.
    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        let state = self.path().join("state");
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["runtime", "--root", state.to_str().unwrap()])
            .args(words)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Ran::from(output)
    }

    /// Calls the runtime without pipes, which the container would hold open; the exit status.
    pub(crate) fn detached(&self, words: &[&str]) -> i32 {
        let state = self.path().join("state");
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["runtime", "--root", state.to_str().unwrap()]).args(words);
        let null = Stdio::null;
        command.stdin(null()).stdout(null()).stderr(null()).status().unwrap().code().unwrap_or(-1)
    }

    /// Where the container's cgroup would be in every hierarchy (v2 alone has its root there), as far as it is there.
    pub(crate) fn cgroups(&self) -> Vec<PathBuf> {
        let top = PathBuf::from("/sys/fs/cgroup");
        let hierarchies = fs::read_dir(&top).unwrap().map(|entry| entry.unwrap().path());
        let own =
            hierarchies.chain([top]).map(|hierarchy| hierarchy.join(format!("corten-runtime-{}", self.name)));
        own.filter(|path| path.exists()).collect()
    }

    /// Nothing of the container is left: no state, no cgroup.
    pub(crate) fn assert_clean(&self) {
        assert_eq!(self.cgroups(), Vec::<PathBuf>::new());
        assert_eq!(self.run(&["list", "--quiet"]).stdout, "");
    }
}

impl Drop for Bundle {
    fn drop(&mut self) {
        // For a test that failed half-way.
        self.run(&["delete", "--force", &self.name]);
    }
}

/// What a call of the runtime came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// This program as a hook: appends what it reads to the file.
pub(crate) fn hook(file: &str) -> i32 {
    let mut to = fs::File::options().append(true).create(true).open(file).unwrap();
    std::io::copy(&mut std::io::stdin(), &mut to).map_or(1, |_| 0)
}
