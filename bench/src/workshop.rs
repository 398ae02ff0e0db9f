//! What the contenders run and run in: a root file system around one static program of ours, as a directory, a bundle and an image.
//!
//! Everything lies in one temporary directory that goes with it.

mod bundle;
mod large_image;
mod registry;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use corten_image_archive::{Archive, Compression, Config, Entry, Layer};
use corten_seccomp::{Arch, Circumstances, KernelVersion, Profile, compile};
use corten_spec::runtime::{Seccomp, capability};
use tempfile::TempDir;

use crate::error::{Error, Result};
pub use bundle::Bundle;
pub use large_image::LargeImage;
pub use registry::Registry;

/// The image's name, in all stores that it is loaded into.
pub const IMAGE: &str = "corten-bench:latest";

/// The program inside.
pub const PAYLOAD: &str = "/payload";

/// What an image has to have for others to mount on.
const DIRECTORIES: [&str; 5] = ["dev", "etc", "proc", "sys", "tmp"];

/// The programs of this package and the one under test.
#[derive(Debug, Clone)]
pub struct Programs {
    /// `bench-floor`.
    pub floor: PathBuf,
    /// `bench-payload`.
    pub payload: PathBuf,
    /// `bench-runner`.
    pub runner: PathBuf,
    /// `corten`.
    pub corten: PathBuf,
}

impl Programs {
    /// Those in the directory of the running program. Whether `corten` is there shows when it is needed.
    ///
    /// # Errors
    /// [`Error::NotBuilt`].
    pub fn beside_this_one() -> Result<Programs> {
        let own = std::env::current_exe().map_err(Error::file("find", "/proc/self/exe"))?;
        let beside = |name: &str| own.with_file_name(name);
        let programs = Programs {
            floor: beside("bench-floor"),
            payload: beside("bench-payload"),
            runner: beside("bench-runner"),
            corten: beside("corten"),
        };
        for path in [&programs.floor, &programs.payload, &programs.runner] {
            if !path.exists() {
                return Err(Error::NotBuilt { path: path.clone(), package: "corten-bench" });
            }
        }
        Ok(programs)
    }
}

/// See the module.
#[derive(Debug)]
pub struct Workshop {
    /// What it was made of.
    pub programs: Programs,
    directory: TempDir,
    seccomp: Seccomp,
}

impl Workshop {
    /// Lays everything down.
    ///
    /// # Errors
    /// [`Error::File`]; [`Error::Seccomp`].
    pub fn new(programs: Programs) -> Result<Workshop> {
        let made = tempfile::Builder::new().prefix("corten-bench-").tempdir();
        let directory = made.map_err(Error::file("create a directory in", std::env::temp_dir()))?;
        let workshop = Workshop { programs, directory, seccomp: default_seccomp()? };
        workshop.lay_down_root()?;
        let filter = compile(&workshop.seccomp, Arch::HOST)?.to_bytes();
        write(&workshop.filter(), &filter)?;
        workshop.lay_down_archive()?;
        Ok(workshop)
    }

    /// A place of one's own in the temporary directory; nothing is made there.
    #[must_use]
    pub fn place(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The root file system, unpacked.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.place("rootfs")
    }

    /// Docker's default seccomp profile, compiled.
    #[must_use]
    pub fn filter(&self) -> PathBuf {
        self.place("filter")
    }

    /// The image, as an OCI archive.
    #[must_use]
    pub fn archive(&self) -> PathBuf {
        self.place("image.oci.tar")
    }

    /// The large image; it is kept beside the programs.
    ///
    /// # Errors
    /// As [`LargeImage::ready`].
    pub fn large_image(&self) -> Result<LargeImage> {
        LargeImage::ready(&self.programs.floor.with_file_name("bench-large-image"))
    }

    /// Makes an OCI bundle of the root file system that runs the payload with `arguments`.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn bundle(&self, name: &str, arguments: &[&str]) -> Result<PathBuf> {
        let directory = self.place(name);
        fs::create_dir_all(&directory).map_err(Error::file("create", &directory))?;
        let bundle = Bundle {
            root: self.root(),
            command: [&[PAYLOAD], arguments].concat().iter().map(|&word| word.to_owned()).collect(),
            cgroup: format!("{}/{name}", cgroup_home()),
            seccomp: self.seccomp.clone(),
        };
        let text = serde_json::to_vec_pretty(&bundle.config())?;
        write(&directory.join("config.json"), &text)?;
        Ok(directory)
    }

    fn lay_down_root(&self) -> Result<()> {
        let root = self.root();
        for name in DIRECTORIES {
            let path = root.join(name);
            fs::create_dir_all(&path).map_err(Error::file("create", &path))?;
        }
        let payload = root.join("payload");
        fs::copy(&self.programs.payload, &payload).map_err(Error::file("copy to", &payload))?;
        fs::set_permissions(&payload, fs::Permissions::from_mode(0o755))
            .map_err(Error::file("make executable", &payload))
    }

    fn lay_down_archive(&self) -> Result<()> {
        let payload = &self.programs.payload;
        let bytes = fs::read(payload).map_err(Error::file("read", payload))?;
        let mut entries: Vec<Entry> = DIRECTORIES.map(Entry::directory).into();
        entries.push(Entry::program("payload", bytes));
        let archive = Layer::new(&entries, Compression::Gzip).and_then(|layer| {
            let config =
                Config { command: vec![PAYLOAD.to_owned(), "true".to_owned()], ..Config::for_this_machine() };
            Archive { name: IMAGE.to_owned(), config, layers: vec![layer] }.to_bytes()
        });
        let path = self.archive();
        write(&path, &archive.map_err(Error::file("write", &path))?)
    }
}

/// The cgroup below which the bundles' containers are, in every hierarchy.
#[must_use]
pub fn cgroup_home() -> String {
    format!("/corten-bench-{}", std::process::id())
}

/// Removes it; runtimes remove only the container's own.
pub fn remove_cgroup_home() {
    let home = cgroup_home();
    let below = format!("{home}/");
    let all = corten_testkit::host::cgroups();
    // Parents are listed before their children.
    for path in all.iter().rev().filter(|path| path.ends_with(&home) || path.contains(&below)) {
        // What a process is still in is a leak of a contender's, and the next to look at the machine will see it.
        let _ = fs::remove_dir(path);
    }
}

/// Docker's default profile for Docker's default capabilities, on a kernel that has all that it asks for.
fn default_seccomp() -> Result<Seccomp> {
    let circumstances = Circumstances {
        capabilities: &capability::DOCKER_DEFAULT,
        arch: Arch::HOST,
        kernel: KernelVersion { major: 6, minor: 1 },
    };
    Profile::docker_default().resolve(&circumstances)?.ok_or(Error::NoFilter)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).map_err(Error::file("write", path))
}
