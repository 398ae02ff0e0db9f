//! Limits that v1 and v2 write in the same way.

use corten_spec::runtime::{Cpu, Memory, Rdma, Resources};

use crate::error::CgroupsError;
use crate::plan::Write;

/// Most tasks at once; anything below 1 means no limit, as Docker has it.
pub(crate) fn pids(resources: &Resources) -> Vec<Write> {
    let limit = resources.pids.as_ref().and_then(|pids| pids.limit);
    let value = limit.map(|limit| if limit > 0 { limit.to_string() } else { "max".to_owned() });
    value.map(|value| Write::new("pids.max", value)).into_iter().collect()
}

/// CPUs and memory nodes.
pub(crate) fn cpu_set(limits: &Cpu) -> Vec<Write> {
    [("cpuset.cpus", &limits.cpus), ("cpuset.mems", &limits.mems)]
        .into_iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(file, list)| Write::new(file, list))
        .collect()
}

/// Limits of huge pages in use and, where the kernel tells them apart, reserved.
pub(crate) fn huge_pages(resources: &Resources, suffix: &str) -> Result<Vec<Write>, CgroupsError> {
    let mut writes = Vec::new();
    for limit in &resources.hugepage_limits {
        let size = &limit.page_size;
        // It becomes part of a file's name.
        let digits = size.trim_end_matches(|c: char| c.is_ascii_uppercase());
        if digits.is_empty() || digits == size || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(CgroupsError::Value(format!("invalid huge page size `{size}`")));
        }
        writes.push(Write::new(format!("hugetlb.{size}.{suffix}"), limit.limit));
        writes.push(Write::new(format!("hugetlb.{size}.rsvd.{suffix}"), limit.limit).or_skip());
    }
    Ok(writes)
}

/// Limits of RDMA devices.
pub(crate) fn rdma(resources: &Resources) -> Result<Vec<Write>, CgroupsError> {
    let line = |(device, limits): (&String, &Rdma)| {
        word("RDMA device", device)?;
        let mut line = device.clone();
        for (key, value) in [("hca_handle", limits.hca_handles), ("hca_object", limits.hca_objects)] {
            if let Some(value) = value {
                line.push_str(&format!(" {key}={value}"));
            }
        }
        Ok(Write::new("rdma.max", line))
    };
    resources.rdma.iter().map(line).collect()
}

/// Refuses what would end a line or a word early.
pub(crate) fn word(what: &str, text: &str) -> Result<(), CgroupsError> {
    if text.is_empty() || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(CgroupsError::Value(format!("invalid {what} `{text}`")));
    }
    Ok(())
}

/// Kernel memory has counted as memory since Linux 5.11 and has no limit of its own any more.
pub(crate) fn refuse_kernel_memory(limits: &Memory) -> Result<(), CgroupsError> {
    let refuse = |limit: &str| CgroupsError::Unsupported {
        limit: limit.to_owned(),
        reason: "the kernel counts it as memory and has no limit of its own for it",
    };
    match limits {
        Memory { kernel: Some(1..), .. } => Err(refuse("kernel memory")),
        Memory { kernel_tcp: Some(1..), .. } => Err(refuse("kernel memory for TCP buffers")),
        Memory { use_hierarchy: Some(false), .. } => Err(CgroupsError::Unsupported {
            limit: "memory use that does not count towards parents".to_owned(),
            reason: "the kernel always counts it",
        }),
        _ => Ok(()),
    }
}
