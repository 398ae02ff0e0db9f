//! What Docker's own types have and their JSON has not: Go's names of fields, and fields that JSON leaves out when empty.
//!
//! A template over a Go type sees `.ID` and `.State.Health`; over JSON it would see only `Id`, and an error.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use gotmpl::Value;

/// A value for a field that the JSON left out.
#[derive(Debug, Clone, Copy)]
enum Zero {
    /// A pointer to a number or switch.
    Nil,
    /// A pointer to an object: false in a condition, and an error when a field of it is asked for.
    Object,
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
    /// Whether `null` means an empty list, unless the field is known to be something else.
    typed: bool,
}

/// Fields of which `null` is a missing number or switch,
const POINTERS: &[&str] = &["MemorySwappiness", "OomKillDisable", "PidsLimit", "Init", "StopTimeout"];
/// a missing object,
const OBJECTS: &[&str] = &["IPAMConfig", "RegistryConfig"];
/// an empty map.
const MAPS: &[&str] =
    &["Labels", "Volumes", "DriverOpts", "Options", "Data", "Runtimes", "Tmpfs", "Sysctls", "PortBindings"];

/// Fields that are maps for Go, whose keys need not be there.
pub(super) const KEYED: &[&str] =
    &["Labels", "Attributes", "Options", "DriverOpts", "Data", "Networks", "Details"];

/// An empty list is false and has no fields; this one list stands for a pointer to nothing, and for a list that is not there.
fn absent() -> &'static Arc<[Value]> {
    static ABSENT: OnceLock<Arc<[Value]>> = OnceLock::new();
    ABSENT.get_or_init(|| Arc::from([]))
}

fn absent_object() -> Value {
    Value::List(Arc::clone(absent()))
}

/// The same for maps.
fn absent_map() -> &'static Arc<BTreeMap<Arc<str>, Value>> {
    static ABSENT: OnceLock<Arc<BTreeMap<Arc<str>, Value>>> = OnceLock::new();
    ABSENT.get_or_init(Arc::default)
}

/// Whether a value stands for nothing, which is `null` in JSON.
pub(super) fn is_absent(value: &Value) -> bool {
    match value {
        Value::List(list) => Arc::ptr_eq(list, absent()),
        Value::Map(map) => Arc::ptr_eq(map, absent_map()),
        _ => false,
    }
}

impl Shape {
    /// Nothing but the JSON.
    pub(crate) const NONE: Self = Self { aliases: &[], zeros: &[], typed: false };

    /// Adds what the object at `path` lacks, and gives `null` the meaning that it has for Go's type of the field.
    pub(super) fn complete(self, path: &str, map: &mut BTreeMap<Arc<str>, Value>) {
        for (field, value) in map.iter_mut().filter(|(_, value)| self.typed && matches!(value, Value::Nil)) {
            *value = match field.as_ref() {
                field if POINTERS.contains(&field) => Value::Nil,
                field if OBJECTS.contains(&field) => absent_object(),
                field if MAPS.contains(&field) => Value::Map(Arc::clone(absent_map())),
                _ => absent_object(),
            };
        }
        for (_, field, zero) in self.zeros.iter().filter(|(object, ..)| *object == path) {
            map.entry(Arc::from(*field)).or_insert_with(|| match zero {
                Zero::Nil => Value::Nil,
                Zero::Object | Zero::List => absent_object(),
                Zero::Text => Value::String(Arc::from("")),
                Zero::Number => Value::Int(0),
                Zero::Map => Value::Map(Arc::clone(absent_map())),
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
    typed: true,
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
        ("", "ImageManifestDescriptor", Zero::Object),
        ("State", "Health", Zero::Object),
        ("Config", "ExposedPorts", Zero::Map),
        ("Config", "Healthcheck", Zero::Object),
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
    typed: true,
    aliases: &[("", "ID", "Id")],
    zeros: &[
        ("", "Created", Zero::Text),
        ("", "Variant", Zero::Text),
        ("", "OsVersion", Zero::Text),
        ("", "VirtualSize", Zero::Number),
        ("", "Descriptor", Zero::Object),
        ("Config", "User", Zero::Text),
        ("Config", "ExposedPorts", Zero::Map),
        ("Config", "Env", Zero::List),
        ("Config", "Entrypoint", Zero::List),
        ("Config", "Cmd", Zero::List),
        ("Config", "Volumes", Zero::Map),
        ("Config", "WorkingDir", Zero::Text),
        ("Config", "Labels", Zero::Map),
        ("Config", "StopSignal", Zero::Text),
        ("Config", "Healthcheck", Zero::Object),
        ("Config", "OnBuild", Zero::List),
        ("Config", "Shell", Zero::List),
    ],
};

/// An inspected network.
pub(crate) const NETWORK: Shape = Shape {
    typed: true,
    aliases: &[("", "ID", "Id")],
    zeros: &[("", "Peers", Zero::List), ("", "Services", Zero::Map)],
};

/// An inspected volume.
pub(crate) const VOLUME: Shape = Shape {
    typed: true,
    aliases: &[],
    zeros: &[
        ("", "CreatedAt", Zero::Text),
        ("", "Status", Zero::Map),
        ("", "ClusterVolume", Zero::Object),
        ("", "UsageData", Zero::Object),
    ],
};

/// A message of `events`.
pub(crate) const EVENT: Shape = Shape {
    typed: true,
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

/// What `version` tells.
pub(crate) const VERSION: Shape = Shape {
    typed: false,
    aliases: &[("Client", "APIVersion", "ApiVersion"), ("Server", "APIVersion", "ApiVersion")],
    zeros: &[("Client", "Platform", Zero::Nil)],
};

/// What `info` tells.
pub(crate) const INFO: Shape = Shape {
    typed: true,
    aliases: &[
        ("", "CPUCfsPeriod", "CpuCfsPeriod"),
        ("", "CPUCfsQuota", "CpuCfsQuota"),
        ("", "HTTPProxy", "HttpProxy"),
        ("", "HTTPSProxy", "HttpsProxy"),
    ],
    zeros: &[
        ("", "CgroupVersion", Zero::Text),
        ("", "ProductLicense", Zero::Text),
        ("", "FirewallBackend", Zero::Object),
        ("", "Containerd", Zero::Object),
        ("", "ServerErrors", Zero::List),
        ("", "ClientErrors", Zero::List),
    ],
};
