//! What Docker's own types have and their JSON has not: Go's names of fields, and fields that JSON leaves out when empty.
//!
//! A template over a Go type sees `.ID` and `.State.Health`; over JSON it would see only `Id`, and an error.

use std::collections::BTreeMap;
use std::sync::Arc;

use gotmpl::Value;

/// A value for a field that the JSON left out.
#[derive(Debug, Clone, Copy)]
enum Zero {
    Nil,
    Text,
    Number,
    Map,
    List,
}

/// One kind of answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// Path of the object, Go's name, JSON's name.
    aliases: &'static [(&'static str, &'static str, &'static str)],
    /// Path of the object, field, value.
    zeros: &'static [(&'static str, &'static str, Zero)],
}

impl Shape {
    /// Nothing but the JSON.
    pub(crate) const NONE: Self = Self { aliases: &[], zeros: &[] };

    /// Adds what the object at `path` lacks.
    pub(super) fn complete(self, path: &str, map: &mut BTreeMap<Arc<str>, Value>) {
        for (_, field, zero) in self.zeros.iter().filter(|(object, ..)| *object == path) {
            map.entry(Arc::from(*field)).or_insert_with(|| match zero {
                Zero::Nil => Value::Nil,
                Zero::Text => Value::String(Arc::from("")),
                Zero::Number => Value::Int(0),
                Zero::Map => Value::Map(Arc::default()),
                Zero::List => Value::List(Arc::from([])),
            });
        }
        for (_, go, json) in self.aliases.iter().filter(|(object, ..)| *object == path) {
            if let Some(value) = map.get(*json).cloned() {
                map.entry(Arc::from(*go)).or_insert(value);
            }
        }
    }
}

/// An inspected container.
pub(crate) const CONTAINER: Shape = Shape {
    aliases: &[
        ("", "ID", "Id"),
        ("HostConfig", "CPUShares", "CpuShares"),
        ("HostConfig", "NanoCPUs", "NanoCpus"),
        ("HostConfig", "CPUPeriod", "CpuPeriod"),
        ("HostConfig", "CPUQuota", "CpuQuota"),
        ("HostConfig", "CPURealtimePeriod", "CpuRealtimePeriod"),
        ("HostConfig", "CPURealtimeRuntime", "CpuRealtimeRuntime"),
        ("HostConfig", "CPUCount", "CpuCount"),
        ("HostConfig", "CPUPercent", "CpuPercent"),
        ("HostConfig", "DNS", "Dns"),
        ("HostConfig", "DNSOptions", "DnsOptions"),
        ("HostConfig", "DNSSearch", "DnsSearch"),
    ],
    zeros: &[
        ("", "SizeRw", Zero::Nil),
        ("", "SizeRootFs", Zero::Nil),
        ("", "ImageManifestDescriptor", Zero::Nil),
        ("State", "Health", Zero::Nil),
        ("Config", "ExposedPorts", Zero::Map),
        ("Config", "Healthcheck", Zero::Nil),
        ("Config", "MacAddress", Zero::Text),
        ("Config", "StopSignal", Zero::Text),
        ("Config", "StopTimeout", Zero::Nil),
        ("Config", "Shell", Zero::List),
        ("HostConfig", "Annotations", Zero::Map),
        ("HostConfig", "StorageOpt", Zero::Map),
        ("HostConfig", "Tmpfs", Zero::Map),
        ("HostConfig", "Sysctls", Zero::Map),
        ("HostConfig", "Runtime", Zero::Text),
        ("HostConfig", "KernelMemory", Zero::Number),
        ("HostConfig", "KernelMemoryTCP", Zero::Number),
        ("HostConfig", "Mounts", Zero::List),
        ("HostConfig", "Init", Zero::Nil),
        ("Mounts", "Name", Zero::Text),
        ("Mounts", "Driver", Zero::Text),
    ],
};

/// An inspected image.
pub(crate) const IMAGE: Shape = Shape {
    aliases: &[("", "ID", "Id")],
    zeros: &[
        ("", "Created", Zero::Text),
        ("", "Variant", Zero::Text),
        ("", "OsVersion", Zero::Text),
        ("", "VirtualSize", Zero::Number),
        ("", "Descriptor", Zero::Nil),
        ("Config", "User", Zero::Text),
        ("Config", "ExposedPorts", Zero::Map),
        ("Config", "Env", Zero::List),
        ("Config", "Entrypoint", Zero::List),
        ("Config", "Cmd", Zero::List),
        ("Config", "Volumes", Zero::Map),
        ("Config", "WorkingDir", Zero::Text),
        ("Config", "Labels", Zero::Map),
        ("Config", "StopSignal", Zero::Text),
        ("Config", "Healthcheck", Zero::Nil),
        ("Config", "OnBuild", Zero::List),
        ("Config", "Shell", Zero::List),
    ],
};

/// A message of `events`.
pub(crate) const EVENT: Shape = Shape {
    aliases: &[
        ("", "Status", "status"),
        ("", "ID", "id"),
        ("", "From", "from"),
        ("", "Scope", "scope"),
        ("", "Time", "time"),
        ("", "TimeNano", "timeNano"),
    ],
    zeros: &[
        ("", "status", Zero::Text),
        ("", "id", Zero::Text),
        ("", "from", Zero::Text),
        ("", "scope", Zero::Text),
        ("", "time", Zero::Number),
        ("", "timeNano", Zero::Number),
    ],
};

/// What `info` tells.
pub(crate) const INFO: Shape = Shape {
    aliases: &[
        ("", "CPUCfsPeriod", "CpuCfsPeriod"),
        ("", "CPUCfsQuota", "CpuCfsQuota"),
        ("", "HTTPProxy", "HttpProxy"),
        ("", "HTTPSProxy", "HttpsProxy"),
    ],
    zeros: &[
        ("", "CgroupVersion", Zero::Text),
        ("", "ProductLicense", Zero::Text),
        ("", "FirewallBackend", Zero::Nil),
        ("", "Containerd", Zero::Nil),
        ("", "ServerErrors", Zero::List),
        ("", "ClientErrors", Zero::List),
    ],
};
