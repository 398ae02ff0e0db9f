//! Fields of requests that have no name in `api-types`: which of them are refused.
//!
//! Docker ignores what it does not know, and clients count on that: they send the query's parameters and options of their own along. But it reads
//! a name in capitals or small letters alike, so one that differs from a field's in nothing else asks for something.

use corten_api_types::Unknown;
use serde_json::Value;

use crate::failure::Failure;

/// The fields of one object of a request, as API 1.51 has them.
#[derive(Debug)]
pub(crate) struct Fields {
    /// Where the object stands, as the start of a field's full name.
    within: &'static str,
    names: &'static [&'static str],
    /// Fields that another object brings along.
    more: &'static [&'static str],
}

const fn fields(within: &'static str, names: &'static [&'static str]) -> Fields {
    Fields { within, names, more: &[] }
}

const CONFIG: &[&str] = &[
    "Hostname",
    "Domainname",
    "User",
    "AttachStdin",
    "AttachStdout",
    "AttachStderr",
    "ExposedPorts",
    "Tty",
    "OpenStdin",
    "StdinOnce",
    "Env",
    "Cmd",
    "Healthcheck",
    "ArgsEscaped",
    "Image",
    "Volumes",
    "WorkingDir",
    "Entrypoint",
    "NetworkDisabled",
    "MacAddress",
    "OnBuild",
    "Labels",
    "StopSignal",
    "StopTimeout",
    "Shell",
];

const RESOURCES: &[&str] = &[
    "CpuShares",
    "Memory",
    "NanoCpus",
    "CgroupParent",
    "BlkioWeight",
    "BlkioWeightDevice",
    "BlkioDeviceReadBps",
    "BlkioDeviceWriteBps",
    "BlkioDeviceReadIOps",
    "BlkioDeviceWriteIOps",
    "CpuPeriod",
    "CpuQuota",
    "CpuRealtimePeriod",
    "CpuRealtimeRuntime",
    "CpusetCpus",
    "CpusetMems",
    "Devices",
    "DeviceCgroupRules",
    "DeviceRequests",
    "KernelMemory",
    "KernelMemoryTCP",
    "MemoryReservation",
    "MemorySwap",
    "MemorySwappiness",
    "OomKillDisable",
    "PidsLimit",
    "Ulimits",
    "CpuCount",
    "CpuPercent",
    "IOMaximumIOps",
    "IOMaximumBandwidth",
];

/// `POST /containers/create`.
pub(crate) const CREATE: Fields =
    Fields { within: "", names: &["HostConfig", "NetworkingConfig"], more: CONFIG };
/// `HostConfig` of that.
pub(crate) const HOST_CONFIG: Fields = Fields {
    within: "HostConfig.",
    names: &[
        "Binds",
        "ContainerIDFile",
        "LogConfig",
        "NetworkMode",
        "PortBindings",
        "RestartPolicy",
        "AutoRemove",
        "VolumeDriver",
        "VolumesFrom",
        "ConsoleSize",
        "Annotations",
        "CapAdd",
        "CapDrop",
        "CgroupnsMode",
        "Dns",
        "DnsOptions",
        "DnsSearch",
        "ExtraHosts",
        "GroupAdd",
        "IpcMode",
        "Cgroup",
        "Links",
        "OomScoreAdj",
        "PidMode",
        "Privileged",
        "PublishAllPorts",
        "ReadonlyRootfs",
        "SecurityOpt",
        "StorageOpt",
        "Tmpfs",
        "UTSMode",
        "UsernsMode",
        "ShmSize",
        "Sysctls",
        "Runtime",
        "Isolation",
        "Mounts",
        "MaskedPaths",
        "ReadonlyPaths",
        "Init",
    ],
    more: RESOURCES,
};
/// An endpoint in `NetworkingConfig`.
pub(crate) const ENDPOINT: Fields = fields(
    "EndpointSettings.",
    &[
        "IPAMConfig",
        "Links",
        "Aliases",
        "MacAddress",
        "DriverOpts",
        "GwPriority",
        "NetworkID",
        "EndpointID",
        "Gateway",
        "IPAddress",
        "IPPrefixLen",
        "IPv6Gateway",
        "GlobalIPv6Address",
        "GlobalIPv6PrefixLen",
        "DNSNames",
    ],
);
/// One of `HostConfig.Mounts`.
pub(crate) const MOUNT: Fields = fields(
    "Mounts.",
    &[
        "Type",
        "Source",
        "Target",
        "ReadOnly",
        "Consistency",
        "BindOptions",
        "VolumeOptions",
        "ImageOptions",
        "TmpfsOptions",
        "ClusterOptions",
    ],
);
/// Its `BindOptions`.
pub(crate) const BIND_OPTIONS: Fields = fields(
    "Mounts.BindOptions.",
    &["Propagation", "NonRecursive", "CreateMountpoint", "ReadOnlyNonRecursive", "ReadOnlyForceRecursive"],
);
/// Its `VolumeOptions`.
pub(crate) const VOLUME_OPTIONS: Fields =
    fields("Mounts.VolumeOptions.", &["NoCopy", "Labels", "Subpath", "DriverConfig"]);
/// `DriverConfig` of those.
pub(crate) const DRIVER_CONFIG: Fields = fields("Mounts.VolumeOptions.DriverConfig.", &["Name", "Options"]);
/// Its `TmpfsOptions`.
pub(crate) const TMPFS_OPTIONS: Fields = fields("Mounts.TmpfsOptions.", &["SizeBytes", "Mode", "Options"]);
/// `POST /containers/{id}/update`.
pub(crate) const UPDATE: Fields = Fields { within: "", names: &["RestartPolicy"], more: RESOURCES };
/// `POST /containers/{id}/exec`.
pub(crate) const EXEC_CREATE: Fields = fields(
    "",
    &[
        "User",
        "Privileged",
        "Tty",
        "ConsoleSize",
        "AttachStdin",
        "AttachStderr",
        "AttachStdout",
        "DetachKeys",
        "Env",
        "WorkingDir",
        "Cmd",
        "Detach",
    ],
);
/// `POST /exec/{id}/start`.
pub(crate) const EXEC_START: Fields = fields("", &["Detach", "Tty", "ConsoleSize"]);
/// `POST /volumes/create`.
pub(crate) const VOLUME_CREATE: Fields =
    fields("", &["Name", "Driver", "DriverOpts", "Labels", "ClusterVolumeSpec"]);

/// Refuses fields that Docker would read and that are written otherwise here, unless they say nothing (`null`, empty, zero, false).
pub(crate) fn refuse_unknown(fields: &Fields, unknown: &Unknown) -> Result<(), Failure> {
    let known = |key: &str| {
        fields.names.iter().chain(fields.more).find(|name| name.eq_ignore_ascii_case(key)).copied()
    };
    for (key, _) in unknown.iter().filter(|(_, value)| says_something(value)) {
        if let Some(name) = known(key) {
            let within = fields.within;
            return Err(Failure::not_implemented(format!(
                "`{within}{key}` has to be written `{within}{name}`"
            )));
        }
    }
    Ok(())
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use corten_api_types::container::{
        CreateRequest, ExecCreateRequest, ExecStartRequest, HostConfig, UpdateRequest,
    };
    use corten_api_types::mount::{BindOptions, Driver, Mount, TmpfsOptions, VolumeOptions};
    use corten_api_types::network::EndpointSettings;
    use corten_api_types::volume;
    use serde::de::DeserializeOwned;
    use serde_json::json;

    use super::*;

    /// What is left without a name when every field of the table is there.
    fn left<T: DeserializeOwned>(fields: &Fields, unknown: impl Fn(T) -> Unknown) -> Vec<String> {
        let all =
            fields.names.iter().chain(fields.more).map(|name| ((*name).to_owned(), Value::Null)).collect();
        unknown(serde_json::from_value(Value::Object(all)).unwrap())
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    }

    #[test]
    fn every_field_of_dockers_has_a_name_in_the_types() {
        let none: &[String] = &[];
        assert_eq!(left(&CREATE, |it: CreateRequest| it.unknown), none);
        assert_eq!(left(&HOST_CONFIG, |it: HostConfig| it.unknown), none);
        assert_eq!(left(&ENDPOINT, |it: EndpointSettings| it.unknown), none);
        assert_eq!(left(&MOUNT, |it: Mount| it.unknown), none);
        assert_eq!(left(&BIND_OPTIONS, |it: BindOptions| it.unknown), none);
        assert_eq!(left(&VOLUME_OPTIONS, |it: VolumeOptions| it.unknown), none);
        assert_eq!(left(&DRIVER_CONFIG, |it: Driver| it.unknown), none);
        assert_eq!(left(&TMPFS_OPTIONS, |it: TmpfsOptions| it.unknown), none);
        assert_eq!(left(&UPDATE, |it: UpdateRequest| it.unknown), none);
        assert_eq!(left(&EXEC_CREATE, |it: ExecCreateRequest| it.unknown), none);
        assert_eq!(left(&EXEC_START, |it: ExecStartRequest| it.unknown), none);
        assert_eq!(left(&VOLUME_CREATE, |it: volume::CreateRequest| it.unknown), none);
    }

    fn refused(fields: &Fields, body: Value) -> Option<String> {
        let Value::Object(unknown) = body else { panic!("{body}") };
        refuse_unknown(fields, &unknown).err().map(|failure| failure.message)
    }

    #[test]
    fn what_docker_does_not_know_is_ignored() {
        assert_eq!(
            refused(&CREATE, json!({"name": "web", "platform": "linux/amd64", "Dns": ["8.8.8.8"]})),
            None
        );
        assert_eq!(refused(&EXEC_START, json!({"hijack": true, "stdin": true, "OutputCapacity": 100})), None);
        assert_eq!(refused(&VOLUME_CREATE, json!({"Mountpoint": "/somewhere"})), None);
    }

    #[test]
    fn a_field_in_other_letters_is_refused_where_it_asks_for_something() {
        let asked = refused(&HOST_CONFIG, json!({"memory": 5}));
        assert_eq!(asked.unwrap(), "`HostConfig.memory` has to be written `HostConfig.Memory`");
        assert_eq!(refused(&HOST_CONFIG, json!({"memory": 0, "utsMode": "", "binds": []})), None);
    }
}
