//! Limits to v1's files.

use corten_spec::runtime::{
    BlockIo, Cpu, HugepageLimit, Memory, Pids, Resources, ThrottleDevice, WeightDevice,
};
use expect_test::{Expect, expect};

use super::limits::plan;
use crate::controller::Controller;
use crate::plan::Missing;

fn check(resources: &Resources, memory_limit: Option<u64>, expected: &Expect) {
    let mut text = String::new();
    for controller in Controller::ALL {
        match plan(controller, resources, memory_limit) {
            Ok(writes) => {
                for write in writes {
                    let suffix = match write.missing {
                        Missing::Fail => String::new(),
                        Missing::Skip => " (or skip)".to_owned(),
                        Missing::Instead { file, value } => format!(" (or {file} = {value})"),
                    };
                    text.push_str(&format!("{} = {}{suffix}\n", write.file, write.value));
                }
            }
            Err(error) => text.push_str(&format!("{error}\n")),
        }
    }
    expected.assert_eq(&text);
}

fn memory(limit: i64, swap: Option<i64>) -> Resources {
    let memory = Memory { limit: Some(limit), swap, ..Memory::default() };
    Resources { memory: Some(memory), ..Resources::default() }
}

#[test]
fn a_new_cgroup_is_limited_downwards_memory_first() {
    check(
        &memory(1 << 20, Some(2 << 20)),
        None,
        &expect![[r#"
        memory.limit_in_bytes = 1048576
        memory.memsw.limit_in_bytes = 2097152
    "#]],
    );
}

#[test]
fn raising_memory_beyond_the_old_limit_of_both_raises_both_first() {
    check(
        &memory(3 << 20, Some(4 << 20)),
        Some(1 << 20),
        &expect![[r#"
        memory.memsw.limit_in_bytes = 4194304
        memory.limit_in_bytes = 3145728
    "#]],
    );
    check(
        &memory(1 << 20, Some(2 << 20)),
        Some(8 << 20),
        &expect![[r#"
        memory.limit_in_bytes = 1048576
        memory.memsw.limit_in_bytes = 2097152
    "#]],
    );
}

#[test]
fn unlimited_memory_lifts_the_limit_of_both_where_there_is_one() {
    check(
        &memory(-1, None),
        Some(1 << 20),
        &expect![[r#"
        memory.memsw.limit_in_bytes = -1 (or skip)
        memory.limit_in_bytes = -1
    "#]],
    );
}

#[test]
fn everything_has_its_file() {
    let throttle = |rate| vec![ThrottleDevice { major: 8, minor: 0, rate }];
    let resources = Resources {
        memory: Some(Memory {
            reservation: Some(4096),
            swappiness: Some(10),
            disable_oom_killer: Some(true),
            ..Memory::default()
        }),
        cpu: Some(Cpu {
            shares: Some(512),
            quota: Some(20_000),
            period: Some(100_000),
            burst: Some(0),
            cpus: "0-1".to_owned(),
            mems: "0".to_owned(),
            idle: Some(0),
            ..Cpu::default()
        }),
        pids: Some(Pids { limit: Some(100) }),
        block_io: Some(BlockIo {
            weight: Some(500),
            weight_device: vec![WeightDevice { major: 8, minor: 0, weight: Some(300), leaf_weight: None }],
            throttle_read_bps_device: throttle(1),
            throttle_write_iops_device: throttle(2),
            ..BlockIo::default()
        }),
        hugepage_limits: vec![HugepageLimit { page_size: "2MB".to_owned(), limit: 1 << 21 }],
        ..Resources::default()
    };
    check(
        &resources,
        None,
        &expect![[r#"
        blkio.weight = 500 (or blkio.bfq.weight = 500)
        blkio.weight_device = 8:0 300 (or blkio.bfq.weight_device = 8:0 300)
        blkio.throttle.read_bps_device = 8:0 1
        blkio.throttle.write_iops_device = 8:0 2
        cpu.shares = 512
        cpu.cfs_period_us = 100000
        cpu.cfs_burst_us = 0
        cpu.cfs_quota_us = 20000
        cpu.idle = 0
        cpuset.cpus = 0-1
        cpuset.mems = 0
        hugetlb.2MB.limit_in_bytes = 2097152
        hugetlb.2MB.rsvd.limit_in_bytes = 2097152 (or skip)
        memory.soft_limit_in_bytes = 4096
        memory.oom_control = 1
        memory.swappiness = 10
        pids.max = 100
    "#]],
    );
}

#[test]
fn values_that_make_no_sense_are_refused() {
    let cpu = |shares| Resources {
        cpu: Some(Cpu { shares: Some(shares), ..Cpu::default() }),
        ..Resources::default()
    };
    check(
        &cpu(1),
        None,
        &expect![[r#"
        the minimum allowed cpu-shares is 2
    "#]],
    );
    check(
        &cpu(262_145),
        None,
        &expect![[r#"
        the maximum allowed cpu-shares is 262144
    "#]],
    );
    let escape = Resources {
        hugepage_limits: vec![HugepageLimit { page_size: "../2MB".to_owned(), limit: 0 }],
        ..Resources::default()
    };
    check(
        &escape,
        None,
        &expect![[r#"
        invalid huge page size `../2MB`
    "#]],
    );
    let kernel = Memory { kernel: Some(1 << 20), swappiness: Some(101), ..Memory::default() };
    check(
        &Resources { memory: Some(kernel), ..Resources::default() },
        None,
        &expect![[r#"
        cannot set kernel memory: the kernel counts it as memory and has no limit of its own for it
    "#]],
    );
}
