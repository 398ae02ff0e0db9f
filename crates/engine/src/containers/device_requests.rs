//! Devices that are asked for by name (`--device vendor.com/class=name`, `--gpus`): what their vendors' documents say that the
//! container needs.
//!
//! What it does not know how to give is refused by name.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use corten_cdi::{DeviceNode, Edits, Registry};
use corten_spec::runtime::{Device, DeviceKind, Hook, Hooks, Mount};

use super::config::DeviceRequestConfig;
use super::launch_plan::HostDevice;
use crate::error::EngineError;

/// Where documents are, the second outranking the first (CDI's `SPEC.md`).
const DIRECTORIES: [&str; 2] = ["/etc/cdi", "/var/run/cdi"];

/// The kinds that stand for "a GPU", the first that there is.
const GPUS: [&str; 2] = ["nvidia.com/gpu", "amd.com/gpu"];

/// What a container gets beside what its own configuration says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NamedDevices {
    /// `NAME=value`.
    pub(super) env: Vec<String>,
    /// Nodes.
    pub(super) devices: Vec<HostDevice>,
    /// Mounts.
    pub(super) mounts: Vec<Mount>,
    /// Groups.
    pub(super) groups: Vec<u32>,
    /// Programs that are run while the container is made.
    pub(super) hooks: Hooks,
}

/// Looks up what was asked for.
///
/// # Errors
/// Docker's texts for devices that there are none of; a document that asks for what is not built.
pub(super) fn named_devices(requests: &[DeviceRequestConfig]) -> Result<NamedDevices, EngineError> {
    if requests.is_empty() {
        return Ok(NamedDevices::default());
    }
    let registry = Registry::read(&DIRECTORIES.map(Path::new));
    let mut found = NamedDevices::default();
    for request in requests {
        let names = names(request, &|kind| registry.has_kind(kind))?;
        let edits = registry.edits(&names).map_err(|error| failed(&error.to_string()))?;
        refuse_unbuilt(&edits)?;
        found.env.extend(edits.env);
        found.groups.extend(edits.additional_gids);
        found.mounts.extend(edits.mounts.iter().map(mount));
        for hook in edits.hooks {
            add_hook(&mut found.hooks, hook)?;
        }
        for node in &edits.device_nodes {
            found.devices.push(device(node)?);
        }
    }
    Ok(found)
}

fn failed(why: &str) -> EngineError {
    EngineError::Invalid(format!("CDI device injection failed: {why}"))
}

/// The full names that a request stands for.
fn names(request: &DeviceRequestConfig, is_there: &dyn Fn(&str) -> bool) -> Result<Vec<String>, EngineError> {
    let DeviceRequestConfig { driver, count, ids, capabilities, options } = request;
    if driver == "cdi" {
        if *count != 0 {
            return Err(EngineError::Invalid("unexpected count in CDI device request".to_owned()));
        }
        if !options.is_empty() {
            return Err(EngineError::Invalid("unexpected options in CDI device request".to_owned()));
        }
        return Ok(ids.clone());
    }
    let asks_for_gpu = capabilities.iter().any(|list| list.iter().any(|capability| capability == "gpu"));
    let kind = GPUS.into_iter().find(|kind| {
        let vendor = kind.split('.').next().unwrap_or_default();
        (driver == vendor || (driver.is_empty() && asks_for_gpu)) && is_there(kind)
    });
    let Some(kind) = kind else {
        let lists: Vec<String> = capabilities.iter().map(|list| format!("[{}]", list.join(" "))).collect();
        return Err(EngineError::Invalid(format!(
            "could not select device driver {driver:?} with capabilities: [{}]",
            lists.join(" ")
        )));
    };
    if *count != 0 && !ids.is_empty() {
        return Err(EngineError::Invalid("cannot set both Count and DeviceIDs on device request".to_owned()));
    }
    let full = |id: String| if id.contains('=') { id } else { format!("{kind}={id}") };
    Ok(match count {
        0 => ids.iter().cloned().map(full).collect(),
        1.. => (0..*count).map(|number| full(number.to_string())).collect(),
        _ => vec![full("all".to_owned())],
    })
}

fn refuse_unbuilt(edits: &Edits) -> Result<(), EngineError> {
    let unbuilt = |what: String| {
        EngineError::NotImplemented(format!("CDI device injection failed: {what} is not built yet"))
    };
    match edits.others.iter().find(|(_, value)| !value.is_null()) {
        Some((name, _)) => Err(unbuilt(format!("`{name}`"))),
        None => Ok(()),
    }
}

fn add_hook(hooks: &mut Hooks, hook: corten_cdi::Hook) -> Result<(), EngineError> {
    let point = match hook.hook_name.as_str() {
        "prestart" => &mut hooks.prestart,
        "createRuntime" => &mut hooks.create_runtime,
        "createContainer" => &mut hooks.create_container,
        "startContainer" => &mut hooks.start_container,
        "poststart" => &mut hooks.poststart,
        "poststop" => &mut hooks.poststop,
        unknown => return Err(failed(&format!("invalid CDI hook name {unknown:?}"))),
    };
    point.push(Hook { path: hook.path, args: hook.args, env: hook.env, timeout: hook.timeout });
    Ok(())
}

fn mount(mount: &corten_cdi::Mount) -> Mount {
    let mut options = mount.options.clone();
    let bound = options.iter().any(|option| option == "bind" || option == "rbind");
    if mount.kind.is_empty() && !bound {
        options.push("rbind".to_owned());
    }
    Mount {
        destination: mount.container_path.clone(),
        kind: if mount.kind.is_empty() { "bind".to_owned() } else { mount.kind.clone() },
        source: mount.host_path.clone(),
        options,
        ..Mount::default()
    }
}

/// What the document leaves open is as it is on the host.
fn device(node: &DeviceNode) -> Result<HostDevice, EngineError> {
    let path = if node.host_path.is_empty() { &node.path } else { &node.host_path };
    let given = match node.kind.as_str() {
        "b" => Some(DeviceKind::Block),
        "c" | "u" => Some(DeviceKind::Char),
        "p" => return Err(failed(&format!("the device node {path:?} is a pipe"))),
        _ => None,
    };
    let (kind, major, minor, mode) = match given.filter(|_| node.major != 0) {
        Some(kind) => (kind, node.major, node.minor, None),
        None => on_host(path)?,
    };
    if given.is_some_and(|given| given != kind) {
        return Err(failed(&format!(
            "CDI device ({path:?}), host type mismatch ({:?}, {kind:?})",
            node.kind
        )));
    }
    let permissions = if node.permissions.is_empty() { "rwm" } else { &node.permissions };
    let node = Device {
        path: node.path.clone(),
        kind,
        major,
        minor,
        file_mode: node.file_mode.or(mode),
        uid: node.uid,
        gid: node.gid,
    };
    Ok(HostDevice { node, access: permissions.to_owned() })
}

fn on_host(path: &str) -> Result<(DeviceKind, i64, i64, Option<u32>), EngineError> {
    let metadata = fs::metadata(path)
        .map_err(|error| failed(&format!("failed to stat CDI host device {path:?}: {error}")))?;
    let kind = match metadata.file_type() {
        kind if kind.is_char_device() => DeviceKind::Char,
        kind if kind.is_block_device() => DeviceKind::Block,
        _ => return Err(failed(&format!("{path:?} is not a device node"))),
    };
    let number = metadata.rdev();
    let (major, minor) = (rustix::fs::major(number), rustix::fs::minor(number));
    Ok((kind, major.into(), minor.into(), Some(metadata.mode() & 0o7777)))
}

#[cfg(test)]
mod tests {
    use super::names;
    use crate::containers::config::DeviceRequestConfig;

    fn gpu(count: i64, ids: &[&str]) -> DeviceRequestConfig {
        DeviceRequestConfig {
            count,
            ids: ids.iter().map(ToString::to_string).collect(),
            capabilities: vec![vec!["gpu".to_owned()]],
            ..DeviceRequestConfig::default()
        }
    }

    #[test]
    fn gpus_are_devices_of_the_vendor_that_is_there() {
        let amd = |request: &DeviceRequestConfig| names(request, &|kind| kind == "amd.com/gpu").unwrap();
        assert_eq!(amd(&gpu(-1, &[])), ["amd.com/gpu=all"]);
        assert_eq!(amd(&gpu(2, &[])), ["amd.com/gpu=0", "amd.com/gpu=1"]);
        assert_eq!(amd(&gpu(0, &["x", "v.com/c=y"])), ["amd.com/gpu=x", "v.com/c=y"]);
    }

    #[test]
    fn what_nobody_has_is_refused_in_dockers_words() {
        let text = |request: &DeviceRequestConfig| names(request, &|_| false).unwrap_err().to_string();
        assert_eq!(text(&gpu(1, &[])), "could not select device driver \"\" with capabilities: [[gpu]]");
        let cdi = DeviceRequestConfig { driver: "cdi".to_owned(), ..gpu(1, &["v.com/c=x"]) };
        assert_eq!(text(&cdi), "unexpected count in CDI device request");
        let both = names(&gpu(1, &["0"]), &|_| true).unwrap_err().to_string();
        assert_eq!(both, "cannot set both Count and DeviceIDs on device request");
    }
}
