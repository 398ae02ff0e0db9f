//! What a request to create a container means in the version of the API that its client speaks. Pure.
//!
//! Fields that a version does not know are dropped, defaults that have changed since are the old ones, and what would be dangerous to
//! drop is refused: as Docker's engine has it (`api/server/router/container`). One default is not the old one: containers
//! have a cgroup namespace of their own on every host and for every client.

use corten_api_types::container::{Config, CreateRequest, HostConfig};
use corten_api_types::mount::Mount;
use corten_api_types::{ApiVersion, v1};

use crate::failure::Failure;

/// Docker's words for a field that has moved.
const MAC_ADDRESS_MOVED: &str = "The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead.";

/// Makes `asked` say in the newest version what it says in `version`. Returns what the user should know.
///
/// # Errors
/// Invalid for what `version` does not have and cannot be dropped, and for what only older versions let pass.
pub(super) fn translate(asked: &mut CreateRequest, version: ApiVersion) -> Result<Vec<String>, Failure> {
    let host = asked.host_config.get_or_insert_default();
    host_defaults(host, version);
    for mount in host.mounts.iter_mut().flatten() {
        if version < v1(42) {
            drop_mount_options(mount, version);
        } else {
            check_mount_options(mount)?;
        }
        check_mount_age(mount, version)?;
    }
    config_defaults(&mut asked.config, version);
    endpoints(asked, version)
}

fn host_defaults(host: &mut HostConfig, version: ApiVersion) {
    if version < v1(25) {
        host.auto_remove = false;
    }
    if version < v1(40) {
        host.resources.kernel_memory_tcp = 0;
        if host.ipc_mode.is_empty() {
            "shareable".clone_into(&mut host.ipc_mode);
        }
    }
    if version < v1(42) {
        host.console_size = [0, 0];
    } else {
        host.resources.kernel_memory = 0;
    }
    if version < v1(43) {
        host.annotations = None;
    }
    if version < v1(44) {
        shallow_read_only(host);
    }
}

/// Before 1.44, what was mounted below a read-only bind stayed writable.
fn shallow_read_only(host: &mut HostConfig) {
    host.shallow_read_only_binds = true;
    for mount in host.mounts.iter_mut().flatten().filter(|mount| mount.kind == "bind" && mount.read_only) {
        mount.bind_options.get_or_insert_default().read_only_non_recursive = true;
    }
}

fn config_defaults(config: &mut Config, version: ApiVersion) {
    if let Some(probe) = config.healthcheck.as_mut().filter(|_| version < v1(44)) {
        probe.start_interval = 0;
    }
}

/// Options of another kind of mount were let pass.
fn drop_mount_options(mount: &mut Mount, version: ApiVersion) {
    if mount.kind != "volume" {
        mount.volume_options = None;
    }
    if mount.kind != "tmpfs" {
        mount.tmpfs_options = None;
    }
    if let Some(options) = &mut mount.bind_options {
        options.create_mountpoint = false;
        options.non_recursive &= version >= v1(40);
    }
}

fn check_mount_options(mount: &Mount) -> Result<(), Failure> {
    let given = [
        ("volume", "VolumeOptions", mount.volume_options.is_some()),
        ("bind", "BindOptions", mount.bind_options.is_some()),
        ("tmpfs", "TmpfsOptions", mount.tmpfs_options.is_some()),
    ];
    match given.iter().find(|(kind, _, given)| *given && mount.kind != *kind) {
        Some((_, field, _)) => {
            Err(Failure::invalid(format!("{field} must not be specified on mount type \"{}\"", mount.kind)))
        }
        None => Ok(()),
    }
}

fn check_mount_age(mount: &Mount, version: ApiVersion) -> Result<(), Failure> {
    let forced = mount.bind_options.as_ref().is_some_and(|options| options.read_only_force_recursive);
    let subpath = mount.volume_options.as_ref().is_some_and(|options| !options.subpath.is_empty());
    let asked = [
        ("BindOptions.ReadOnlyForceRecursive", 44, mount.kind == "bind" && forced),
        ("VolumeOptions.Subpath", 45, subpath),
        ("Mount type \"Image\"", 48, mount.kind == "image"),
    ];
    match asked.iter().find(|(_, minor, asked)| *asked && version < v1(*minor)) {
        Some((what, minor, _)) => Err(Failure::invalid(format!("{what} needs API v{} or newer", v1(*minor)))),
        None => Ok(()),
    }
}

/// Before 1.44 a container had one network and one hardware address, which stood among its own settings.
fn endpoints(asked: &mut CreateRequest, version: ApiVersion) -> Result<Vec<String>, Failure> {
    let mac = asked.config.mac_address.clone();
    let configured = asked.networking_config.as_mut().and_then(|config| config.endpoints_config.as_mut());
    let Some(endpoints) = configured else { return Ok(moved(&mac, version)) };
    if version < v1(44) && endpoints.len() > 1 {
        let names: Vec<&str> = endpoints.keys().map(String::as_str).collect();
        return Err(Failure::invalid(format!(
            "Container cannot be created with multiple network endpoints: {}",
            names.join(", ")
        )));
    }
    for settings in endpoints.values_mut().flatten() {
        if version < v1(48) {
            settings.gw_priority = 0;
        }
        if version < v1(44) {
            settings.mac_address.clone_from(&mac);
        } else if !mac.is_empty() && !settings.mac_address.is_empty() && settings.mac_address != mac {
            return Err(Failure::invalid(
                "the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be left empty",
            ));
        }
    }
    Ok(moved(&mac, version))
}

fn moved(mac: &str, version: ApiVersion) -> Vec<String> {
    let warns = version >= v1(44) && !mac.is_empty();
    warns.then(|| MAC_ADDRESS_MOVED.to_owned()).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use corten_api_types::container::CreateRequest;
    use corten_api_types::v1;
    use serde_json::{Value, json};

    use super::translate;

    /// What is left of `asked` in version 1.`minor`, or why it is refused.
    fn in_version(minor: u32, asked: Value) -> Result<(CreateRequest, Vec<String>), String> {
        let mut asked: CreateRequest = serde_json::from_value(asked).unwrap();
        let warnings = translate(&mut asked, v1(minor)).map_err(|failure| failure.message)?;
        Ok((asked, warnings))
    }

    fn host(minor: u32, host: &Value) -> corten_api_types::container::HostConfig {
        in_version(minor, json!({"Image": "a", "HostConfig": host})).unwrap().0.host_config.unwrap()
    }

    #[test]
    fn fields_count_from_their_version_on() {
        let asked = json!({"AutoRemove": true, "Annotations": {"a": "b"}, "ConsoleSize": [24, 80]});
        let old = host(24, &asked);
        assert!(!old.auto_remove && old.annotations.is_none() && old.console_size == [0, 0]);
        assert_eq!(old.ipc_mode, "shareable");
        let new = host(51, &asked);
        assert!(new.auto_remove && new.annotations.is_some() && new.console_size == [24, 80]);
        assert_eq!(new.ipc_mode, "");
    }

    #[test]
    fn read_only_went_deep_with_1_44() {
        let asked = json!({"Mounts": [{"Type": "bind", "Source": "/a", "Target": "/b", "ReadOnly": true}]});
        let is_shallow = |minor| {
            let host = host(minor, &asked);
            let options = host.mounts.unwrap().remove(0).bind_options.unwrap_or_default();
            (host.shallow_read_only_binds, options.read_only_non_recursive)
        };
        assert_eq!(is_shallow(43), (true, true));
        assert_eq!(is_shallow(44), (false, false));
    }

    #[test]
    fn options_of_another_kind_of_mount_are_refused_since_1_42() {
        let mounts = json!([{"Type": "bind", "Source": "/a", "Target": "/b", "TmpfsOptions": {}}]);
        let asked = json!({"Image": "a", "HostConfig": {"Mounts": mounts}});
        assert!(in_version(41, asked.clone()).is_ok());
        let refused = in_version(42, asked).unwrap_err();
        assert_eq!(refused, "TmpfsOptions must not be specified on mount type \"bind\"");
    }

    #[test]
    fn what_would_be_dangerous_to_drop_is_refused() {
        let with = |mount: Value| json!({"Image": "a", "HostConfig": {"Mounts": [mount]}});
        let subpath = with(json!({"Type": "volume", "Target": "/b", "VolumeOptions": {"Subpath": "c"}}));
        let refused = in_version(44, subpath).unwrap_err();
        assert_eq!(refused, "VolumeOptions.Subpath needs API v1.45 or newer");
        let image = with(json!({"Type": "image", "Source": "a", "Target": "/b"}));
        assert_eq!(in_version(47, image).unwrap_err(), "Mount type \"Image\" needs API v1.48 or newer");
    }

    #[test]
    fn the_hardware_address_moved_to_the_network_with_1_44() {
        let asked = |own: &str, of_network: &str| {
            json!({"Image": "a", "MacAddress": own,
                "NetworkingConfig": {"EndpointsConfig": {"bridge": {"MacAddress": of_network}}}})
        };
        let (old, warnings) = in_version(43, asked("", "02:42:00:00:00:01")).unwrap();
        let endpoints = old.networking_config.unwrap().endpoints_config.unwrap();
        assert_eq!(endpoints["bridge"].as_ref().unwrap().mac_address, "");
        assert!(warnings.is_empty());
        let (_, warnings) = in_version(44, asked("02:42:00:00:00:01", "")).unwrap();
        assert_eq!(warnings.len(), 1);
        assert!(in_version(44, asked("02:42:00:00:00:01", "02:42:00:00:00:02")).is_err());
    }
}
