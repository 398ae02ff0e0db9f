//! A scope of systemd's around one container (`--systemd-cgroup`).
//!
//! systemd owns what is set on the scope itself, and sets it back when it reloads its units. So the container has a cgroup of its own
//! below, where nobody else sets anything: its limits are no properties of the unit. The scope ends by itself with its last process.

use std::process;
use std::thread;
use std::time::{Duration, Instant};

use corten_cgroups::Layout;
use corten_error::{Classified as _, Kind};

use super::error::CommandError;

/// Where a scope lies that the configuration puts nowhere, and how its name begins: runc's slice, and our name.
const SLICE: &str = "system.slice";
const PREFIX: &str = "corten-runtime";

/// The container's cgroup in its scope.
const CONTAINER: &str = "container";

/// That of the runtime, which has to be in the scope for it to begin, and must not be in its own cgroup for that to have
/// cgroups with controllers below.
const RUNTIME: &str = "runtime";

/// How long a scope of the same name, whose container has just ended, may take to be gone.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(5);

/// A scope by its names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scope {
    slice: String,
    unit: String,
    /// The slice's cgroup; empty for the root.
    above: String,
}

impl Scope {
    /// Reads `slice:prefix:name`, as which callers give a cgroup's path where it is systemd's; empty means one of `id`.
    ///
    /// # Errors
    /// A path of another form, or a name that is no slice's.
    pub(super) fn new(cgroups_path: &str, id: &str) -> Result<Self, CommandError> {
        let parts: Vec<&str> = cgroups_path.split(':').collect();
        let (slice, prefix, name) = match parts.as_slice() {
            [""] => (SLICE, PREFIX, id),
            ["", prefix, name] => (SLICE, *prefix, *name),
            [slice, prefix, name] => (*slice, *prefix, *name),
            _ => {
                return Err(CommandError::Usage(format!(
                    "expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got {cgroups_path:?} instead"
                )));
            }
        };
        let unit = if prefix.is_empty() { format!("{name}.scope") } else { format!("{prefix}-{name}.scope") };
        Ok(Self { slice: slice.to_owned(), unit, above: expand(slice)? })
    }

    /// The container's cgroup.
    pub(super) fn cgroup_path(&self) -> String {
        format!("{}/{}/{CONTAINER}", self.above, self.unit)
    }

    /// Has systemd make the scope, and moves this process, which has one thread, into it.
    ///
    /// # Errors
    /// The tree of cgroups is not systemd's, or systemd refuses.
    pub(super) fn enter(&self) -> Result<(), CommandError> {
        let path = format!("{}/{}", self.above, self.unit);
        let entering = || CommandError::cgroup(format!("enter cgroup `{path}`"));
        let layout = Layout::detect().map_err(entering())?;
        if layout.unit(&path).map_err(entering())?.is_none() {
            let why = "`--systemd-cgroup` (systemd and cgroup v2 do not manage this host)";
            return Err(CommandError::Unsupported(why.into()));
        }
        let scope = corten_systemd::Scope {
            unit: &self.unit,
            description: "A container of corten runtime",
            slice: &self.slice,
        };
        let deadline = Instant::now() + PATIENCE;
        loop {
            match corten_systemd::start_scope(&scope, process::id()) {
                Err(error) if error.kind() == Kind::AlreadyExists && Instant::now() < deadline => {
                    // Nobody tells when a unit's name is free again.
                    thread::sleep(PAUSE);
                }
                started => {
                    started.map_err(|cause| CommandError::Scope { unit: self.unit.clone(), cause })?;
                    return layout.occupy(&format!("{path}/{RUNTIME}")).map_err(entering());
                }
            }
        }
    }
}

/// The cgroup of a slice, whose name has those above it in it: `a-b.slice` lies in `a.slice` (systemd.slice(5)).
fn expand(slice: &str) -> Result<String, CommandError> {
    let invalid = || CommandError::Usage(format!("invalid slice name {slice:?}"));
    let name = slice.strip_suffix(".slice").ok_or_else(invalid)?;
    if name == "-" {
        return Ok(String::new());
    }
    let mut path = String::new();
    let mut above = String::new();
    for part in name.split('-') {
        if part.is_empty() || part.contains('/') {
            return Err(invalid());
        }
        above = if above.is_empty() { part.to_owned() } else { format!("{above}-{part}") };
        path.push_str(&format!("/{above}.slice"));
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(given: &str) -> Result<String, String> {
        Scope::new(given, "one").map(|scope| scope.cgroup_path()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_scope_lies_in_the_slices_that_the_name_of_its_slice_tells() {
        assert_eq!(path("").unwrap(), "/system.slice/corten-runtime-one.scope/container");
        assert_eq!(path("machine.slice:libpod:1").unwrap(), "/machine.slice/libpod-1.scope/container");
        assert_eq!(
            path("kubepods-pod1.slice:cri:2").unwrap(),
            "/kubepods.slice/kubepods-pod1.slice/cri-2.scope/container"
        );
        assert_eq!(path("-.slice::3").unwrap(), "/3.scope/container");
    }

    #[test]
    fn what_is_no_slice_is_refused() {
        let format = "expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"/docker/1\" instead";
        assert_eq!(path("/docker/1").unwrap_err(), format);
        for slice in ["x", "a--b.slice", "-a.slice", "../a.slice"] {
            assert_eq!(path(&format!("{slice}:p:n")).unwrap_err(), format!("invalid slice name {slice:?}"));
        }
    }
}
