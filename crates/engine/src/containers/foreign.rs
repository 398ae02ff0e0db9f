//! Containers that another runtime makes (`--runtime`): which runtimes there are, and what one of their containers cannot have.
//!
//! It starts nothing: the monitor has an attendant for that.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use corten_monitor::protocol::Foreign;
use corten_spec::runtime::Seccomp;

use super::config::HostConfig;
use super::prepare::resolved_profile;
use super::{Container, Inner};
use crate::error::EngineError;

/// Our own, which makes containers where nobody asks for another.
pub(crate) const OWN: &str = "corten";

/// Programs that can be asked for by name alone: runtimes with runc's commands. Any other is asked for by its path, so that a name that
/// happens to be a program's starts nothing.
const NAMES: [&str; 8] =
    ["crun", "crun-vm", "crun-wasm", "krun", "nvidia-container-runtime", "runc", "runsc", "youki"];

/// Where programs with those names are looked for, in this order.
const DIRECTORIES: [&str; 6] =
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// The runtimes that can be asked for by name, and their programs. Ours is not among them.
pub(crate) fn available() -> BTreeMap<String, PathBuf> {
    NAMES.iter().filter_map(|name| Some(((*name).to_owned(), find(name)?))).collect()
}

/// The program of the runtime that a container asks for; `None` is ours.
///
/// # Errors
/// Docker's text for one that is not there.
pub(super) fn program(host: &HostConfig) -> Result<Option<PathBuf>, EngineError> {
    let name = host.runtime.as_str();
    if matches!(name, "" | OWN) {
        return Ok(None);
    }
    let found = if name.starts_with('/') {
        Some(PathBuf::from(name)).filter(|path| is_program(path))
    } else {
        NAMES.contains(&name).then(|| find(name)).flatten()
    };
    let unknown = || EngineError::Invalid(format!("unknown or invalid runtime name: {name}"));
    found.map(Some).ok_or_else(unknown)
}

/// Refuses a runtime that is not there, and what another than ours cannot be told.
///
/// # Errors
/// [`EngineError::Invalid`] and [`EngineError::NotImplemented`].
pub(super) fn validate(host: &HostConfig) -> Result<(), EngineError> {
    let is_foreign = program(host)?.is_some();
    if is_foreign && !matches!(host.userns_mode.as_str(), "" | "host") {
        let name = &host.runtime;
        let why = format!("--userns is not built yet for containers of another runtime ({name})");
        return Err(EngineError::NotImplemented(why));
    }
    Ok(())
}

impl Inner {
    /// Who makes this container, if not its monitor.
    ///
    /// # Errors
    /// As [`program`]: it may have been taken away since the container was created.
    pub(crate) fn foreign(&self, container: &Container) -> Result<Option<Foreign>, EngineError> {
        let program = program(&container.config.host)?;
        Ok(program.map(|program| Foreign {
            program,
            bundle: self.home.bundle(&container.id),
            container: container.id.to_string(),
        }))
    }
}

/// The filter of a container for a runtime that compiles it itself.
pub(super) fn seccomp(host: &HostConfig, foreign: bool) -> Result<Option<Seccomp>, EngineError> {
    if foreign { resolved_profile(host) } else { Ok(None) }
}

fn find(name: &str) -> Option<PathBuf> {
    DIRECTORIES.iter().map(|directory| Path::new(directory).join(name)).find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|status| status.is_file() && status.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(runtime: &str) -> HostConfig {
        HostConfig { runtime: runtime.to_owned(), ..HostConfig::default() }
    }

    #[test]
    fn a_runtime_is_ours_or_a_program_or_unknown() {
        assert_eq!(program(&host("")).unwrap(), None);
        assert_eq!(program(&host(OWN)).unwrap(), None);
        assert_eq!(program(&host("/bin/sh")).unwrap(), Some(PathBuf::from("/bin/sh")));
        // Programs that are none, a directory, and a path that depends on where somebody is.
        for unknown in ["sh", "nosuch", "/etc/passwd", "/", "./runc", "io.containerd.runc.v2"] {
            let text = program(&host(unknown)).unwrap_err().to_string();
            assert_eq!(text, format!("unknown or invalid runtime name: {unknown}"));
        }
    }

    #[test]
    fn user_namespaces_are_for_our_own_runtime() {
        let with_ids = |runtime| HostConfig { userns_mode: "auto".to_owned(), ..host(runtime) };
        validate(&with_ids("")).unwrap();
        assert!(validate(&with_ids("/bin/sh")).unwrap_err().to_string().contains("--userns"));
    }
}
