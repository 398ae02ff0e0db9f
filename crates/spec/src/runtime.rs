//! The OCI runtime specification's documents: `config.json` of a bundle and the state of a container.
//! Linux sections only; a field unknown to us is passed over, as the specification demands of a reader.
//!
//! Source: OCI runtime-spec 1.2 (`config.md`, `config-linux.md`, `runtime.md`) with the fields that 1.3 added to
//! the Linux section, so that a runtime can refuse what it does not do instead of not seeing it.

pub mod capability;
mod defaults;
mod device;
mod hooks;
mod id_map;
mod linux;
mod mount;
mod namespace;
mod process;
mod resources;
mod rlimit;
mod scheduling;
mod seccomp;
mod spec;
mod state;
mod sysctl;

pub use defaults::{default_masked_paths, default_readonly_paths, thermal_throttle_paths};
pub use device::{Device, DeviceKind, DeviceRule};
pub use hooks::{Hook, Hooks};
pub use id_map::{IdMap, InvalidIdMap};
pub use linux::{
    IntelRdt, Linux, MemoryPolicy, NetDevice, Personality, PersonalityDomain, RootfsPropagation, TimeOffset,
};
pub use mount::{Mount, Root};
pub use namespace::{IdMapping, Namespace, NamespaceKind};
pub use process::{Capabilities, ConsoleSize, Process, Rlimit, User};
pub use resources::{
    BlockIo, Cpu, HugepageLimit, InterfacePriority, Memory, Network, Pids, Rdma, Resources, ThrottleDevice,
    WeightDevice,
};
pub use rlimit::rlimit_kind;
pub use scheduling::{CpuAffinity, IoPriority, IoPriorityClass, Scheduler, SchedulerFlag, SchedulerPolicy};
pub use seccomp::{
    Seccomp, SeccompAction, SeccompArch, SeccompArg, SeccompFlag, SeccompOperator, SeccompSyscall,
};
pub use spec::{OCI_VERSION, Spec};
pub use state::{ContainerProcessState, SECCOMP_FD_NAME, State, Status};
pub use sysctl::is_namespaced;

#[cfg(test)]
mod tests;
