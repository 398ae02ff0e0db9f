//! Where an engine keeps things: the paths below its root and its run directory, and the small binary laid down under the root.
//!
//! It makes directories and that one file; what stands in them belongs to the services.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use corten_cgroups::Layout;
use corten_spec::id::ContainerId;
use corten_spec::time::Timestamp;

use crate::error::EngineError;

/// The name of the lock of a container's root file system, in the container's directory.
pub(crate) const ROOTFS_LOCK: &str = "rootfs.lock";

/// The small binary, as the program that embeds it hands it over.
#[derive(Debug, Clone, Copy)]
pub struct MonitorProgram {
    /// The ELF file.
    pub bytes: &'static [u8],
    /// Hexadecimal digits that no other content has; part of the file name.
    pub hash: &'static str,
}

/// Everybody may execute it who is handed it open: as `--init` it is a process of the container's user. Its directory is the engine's
/// alone.
const MODE: u32 = 0o555;

impl MonitorProgram {
    /// Writes the small binary under its content's name, unless it is there already, and returns its path.
    ///
    /// # Errors
    /// When the directory cannot be made or the file cannot be written.
    pub fn lay_down(&self, directory: &Path) -> Result<PathBuf, EngineError> {
        make_directory(directory, 0o700)?;
        let path = directory.join(format!("corten-monitor-{}", self.hash));
        let complete = fs::metadata(&path).is_ok_and(|found| {
            found.len() == self.bytes.len() as u64 && found.permissions().mode() & 0o777 == MODE
        });
        if !complete {
            write_whole(&path, self.bytes, MODE)?;
        }
        Ok(path)
    }
}

/// The directories of one engine.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    root: PathBuf,
    run: PathBuf,
    name: String,
    cgroup: String,
    monitor: PathBuf,
}

impl Home {
    /// Opens, and makes where missing, the directories of an engine.
    ///
    /// # Errors
    /// When a directory cannot be made or the small binary cannot be written.
    pub(crate) fn open(
        root: &Path,
        run: &Path,
        monitor: MonitorProgram,
        cgroups: &Layout,
    ) -> Result<Self, EngineError> {
        make_directory(root, 0o700)?;
        make_directory(run, 0o711)?;
        let root = canonical(root)?;
        let run = canonical(run)?;
        make_directory(&root.join("containers"), 0o700)?;
        make_directory(&run.join("containers"), 0o711)?;
        let name = format!("corten-{}", short_hash(&root));
        let cgroup = cgroups.home(&name)?.to_string();
        let monitor = monitor.lay_down(&root.join("bin"))?;
        Ok(Self { root, run, name, cgroup, monitor })
    }

    /// The root directory.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The run directory.
    pub(crate) fn run(&self) -> &Path {
        &self.run
    }

    /// The small binary.
    pub(crate) fn monitor_program(&self) -> &Path {
        &self.monitor
    }

    /// `containers/<id>`: what outlives a run.
    pub(crate) fn container(&self, id: &ContainerId) -> PathBuf {
        self.root.join("containers").join(id.to_string())
    }

    /// The journal of a container.
    pub(crate) fn journal(&self, id: &ContainerId) -> PathBuf {
        self.container(id).join("journal")
    }

    /// The log of a container.
    pub(crate) fn log(&self, id: &ContainerId) -> PathBuf {
        self.container(id).join("log")
    }

    /// The lock of a container's root file system.
    pub(crate) fn rootfs_lock(&self, id: &ContainerId) -> PathBuf {
        self.container(id).join(ROOTFS_LOCK)
    }

    /// The lock of whoever has frozen a container for a moment: where it is free, that one was killed.
    pub(crate) fn frozen_lock(&self, id: &ContainerId) -> PathBuf {
        self.run_directory(id).join("frozen.lock")
    }

    /// There while a container is being frozen or thawed, under the lock of that: where nobody holds that one, the last to do so was killed.
    pub(crate) fn freezing_mark(&self, id: &ContainerId) -> PathBuf {
        self.run_directory(id).join("freezing")
    }

    /// A container's files of this boot: the control socket, `hosts`, `hostname`, `resolv.conf`.
    pub(crate) fn run_directory(&self, id: &ContainerId) -> PathBuf {
        self.run.join("containers").join(id.to_string())
    }

    /// What is written to has whoever waits to bring a container back look at it at once.
    pub(crate) fn bell(&self, id: &ContainerId) -> PathBuf {
        self.run_directory(id).join("revival")
    }

    /// Where a container's OCI bundle is, if it needs one.
    pub(crate) fn bundle(&self, id: &ContainerId) -> PathBuf {
        self.run_directory(id).join("bundle")
    }

    /// What containers see of a volume.
    pub(crate) fn volume_data(&self, name: &str) -> PathBuf {
        self.root.join("volumes").join(name).join("_data")
    }

    /// Where a volume is mounted that has to be.
    pub(crate) fn volume_mount(&self, name: &str) -> PathBuf {
        self.run.join("volumes").join(name)
    }

    /// Compiled seccomp programs, by content.
    pub(crate) fn seccomp_cache(&self) -> PathBuf {
        self.run.join("seccomp")
    }

    /// The lock of what all containers share of the network.
    pub(crate) fn network_lock(&self) -> PathBuf {
        self.run.join("network.lock")
    }

    /// Held by the guard of the firewall's table.
    pub(crate) fn guard_lock(&self) -> PathBuf {
        self.run.join("guard.lock")
    }

    /// There since this engine let the host forward packets of that version of IP, in this boot.
    pub(crate) fn forwarding_mark(&self, version: u8) -> PathBuf {
        self.run.join(format!("forwarding{version}"))
    }

    /// The name of a bridge that no other root has, at most 15 bytes (`IFNAMSIZ`).
    pub(crate) fn bridge_name(&self, number: u32) -> String {
        format!("{}-{number}", self.name.replacen('-', "", 1).get(..12).unwrap_or(&self.name))
    }

    /// Bytes that no other root has.
    pub(crate) fn identity(&self) -> [u8; 5] {
        let digits = self.name.rsplit('-').next().unwrap_or_default();
        let [a, b, c, d] = u32::from_str_radix(digits, 16).unwrap_or_default().to_be_bytes();
        [0xc0, a, b, c, d]
    }

    /// When the root was made; where the file system does not know, when something was last made in it.
    pub(crate) fn made_at(&self) -> Timestamp {
        let found = fs::metadata(&self.root);
        let made = found.and_then(|found| found.created().or_else(|_| found.modified()));
        made.map_or(Timestamp::ZERO, Timestamp::from_system_time)
    }

    /// A name that no other root has.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The engine's own cgroup, absolute within every hierarchy: different for every root.
    pub(crate) fn cgroup(&self) -> &str {
        &self.cgroup
    }

    /// The cgroup of the monitors: outside every container's own.
    pub(crate) fn monitor_cgroup(&self) -> String {
        format!("{}/monitors", self.cgroup)
    }

    /// The cgroup of a container below `parent` (empty = the engine's own).
    pub(crate) fn container_cgroup(&self, parent: &str, id: &ContainerId) -> String {
        if parent.is_empty() {
            format!("{}/{id}", self.cgroup)
        } else {
            format!("/{}/{id}", parent.trim_matches('/'))
        }
    }
}

/// Makes a directory and its parents; an existing one is left as it is.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn make_directory(path: &Path, mode: u32) -> Result<(), EngineError> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(path)
        .map_err(|source| EngineError::MakeDirectory { path: path.to_owned(), source })
}

fn canonical(path: &Path) -> Result<PathBuf, EngineError> {
    path.canonicalize().map_err(|source| EngineError::OpenDirectory { path: path.to_owned(), source })
}

/// Eight hexadecimal digits that tell roots apart (FNV-1a: names a directory, protects nothing).
fn short_hash(path: &Path) -> String {
    let hash = path.as_os_str().as_encoded_bytes().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff))
}

/// Writes a file that other processes may read at any moment: it appears whole, by a rename.
///
/// # Errors
/// When it cannot be written; nothing of it is left then.
pub(crate) fn write_whole(path: &Path, bytes: &[u8], mode: u32) -> Result<(), EngineError> {
    let temporary = path.with_added_extension(format!("{}", std::process::id()));
    write_with_mode(&temporary, bytes, mode)
        .and_then(|()| fs::rename(&temporary, path))
        .inspect_err(|_| drop(fs::remove_file(&temporary)))
        .map_err(|source| EngineError::WriteFile { path: path.to_owned(), source })
}

fn write_with_mode(path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.set_permissions(Permissions::from_mode(mode))
}

#[cfg(test)]
mod tests {
    use super::short_hash;
    use std::path::Path;

    #[test]
    fn different_roots_have_different_cgroups() {
        assert_ne!(short_hash(Path::new("/var/lib/corten")), short_hash(Path::new("/srv/corten")));
        assert_eq!(short_hash(Path::new("/var/lib/corten")).len(), 8);
    }
}
