//! The controllers that limits need, and which limits ask for which.

use std::fmt;

use corten_spec::runtime::Resources;

/// A controller, by what it limits. Its name differs between v1 and v2 for block devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // The names are the kernel's.
pub enum Controller {
    BlockIo,
    Cpu,
    CpuAccounting,
    CpuSet,
    Devices,
    Freezer,
    HugePages,
    Memory,
    NetClass,
    NetPriority,
    Pids,
    Rdma,
}

impl Controller {
    /// All of them.
    pub(crate) const ALL: [Controller; 12] = [
        Controller::BlockIo,
        Controller::Cpu,
        Controller::CpuAccounting,
        Controller::CpuSet,
        Controller::Devices,
        Controller::Freezer,
        Controller::HugePages,
        Controller::Memory,
        Controller::NetClass,
        Controller::NetPriority,
        Controller::Pids,
        Controller::Rdma,
    ];

    /// The name among v1's mount options.
    pub(crate) fn legacy_name(self) -> &'static str {
        match self {
            Controller::BlockIo => "blkio",
            Controller::Cpu => "cpu",
            Controller::CpuAccounting => "cpuacct",
            Controller::CpuSet => "cpuset",
            Controller::Devices => "devices",
            Controller::Freezer => "freezer",
            Controller::HugePages => "hugetlb",
            Controller::Memory => "memory",
            Controller::NetClass => "net_cls",
            Controller::NetPriority => "net_prio",
            Controller::Pids => "pids",
            Controller::Rdma => "rdma",
        }
    }

    /// The name in v2's `cgroup.controllers`; nothing for what v2 does without a controller, or not at all.
    pub(crate) fn unified_name(self) -> Option<&'static str> {
        match self {
            Controller::BlockIo => Some("io"),
            Controller::Cpu
            | Controller::CpuSet
            | Controller::HugePages
            | Controller::Memory
            | Controller::Pids
            | Controller::Rdma => Some(self.legacy_name()),
            Controller::CpuAccounting
            | Controller::Devices
            | Controller::Freezer
            | Controller::NetClass
            | Controller::NetPriority => None,
        }
    }
}

impl fmt::Display for Controller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.legacy_name())
    }
}

/// The controllers that some limits need, each with the words for what is limited.
pub(crate) fn asked_for(resources: &Resources) -> Vec<(Controller, &'static str)> {
    let cpu = resources.cpu.clone().unwrap_or_default();
    let cpu_set = !cpu.cpus.is_empty() || !cpu.mems.is_empty();
    let network = resources.network.clone().unwrap_or_default();
    let time = [cpu.shares.is_some(), cpu.quota.is_some(), cpu.period.is_some(), cpu.burst.is_some()];
    let real_time = cpu.realtime_period.is_some() || cpu.realtime_runtime.is_some();
    let all = [
        (resources.memory.is_some(), Controller::Memory, "memory"),
        (time.contains(&true) || real_time || cpu.idle.is_some(), Controller::Cpu, "CPU time"),
        (cpu_set, Controller::CpuSet, "CPUs"),
        (resources.pids.as_ref().is_some_and(|pids| pids.limit.is_some()), Controller::Pids, "processes"),
        (!resources.devices.is_empty(), Controller::Devices, "devices"),
        (resources.block_io.is_some(), Controller::BlockIo, "block I/O"),
        (!resources.hugepage_limits.is_empty(), Controller::HugePages, "huge pages"),
        (network.class_id.is_some(), Controller::NetClass, "network class"),
        (!network.priorities.is_empty(), Controller::NetPriority, "network priorities"),
        (!resources.rdma.is_empty(), Controller::Rdma, "RDMA"),
    ];
    all.into_iter().filter(|(asked, ..)| *asked).map(|(_, controller, limit)| (controller, limit)).collect()
}
