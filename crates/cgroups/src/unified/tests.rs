//! Limits to v2's files, and those files in a directory that stands in for a host with v2 alone.

use std::fs;
use std::path::Path;
use std::time::Duration;

use corten_error::{Classified as _, Kind, chain};
use corten_spec::runtime::{BlockIo, Cpu, Memory, Pids, Resources, ThrottleDevice};
use expect_test::{Expect, expect};
use tempfile::TempDir;

use super::limits::{plan, verbatim};
use crate::controller::Controller;
use crate::error::CgroupsError;
use crate::layout::{Description, Layout};
use crate::mounts::Mounted;
use crate::stats::{BlockIoEntry, BlockIoStats, CpuStats, MemoryStats, PidsStats, Stats};

fn check(resources: &Resources, expected: &Expect) {
    let plans = Controller::ALL.into_iter().map(|controller| plan(controller, resources));
    let mut text = String::new();
    for outcome in plans.chain([verbatim(resources)]) {
        match outcome {
            Ok(writes) => {
                writes.iter().for_each(|write| text.push_str(&format!("{} = {}\n", write.file, write.value)));
            }
            Err(error) => text.push_str(&format!("{error}\n")),
        }
    }
    expected.assert_eq(&text);
}

fn memory(limit: Option<i64>, swap: Option<i64>) -> Resources {
    Resources { memory: Some(Memory { limit, swap, ..Memory::default() }), ..Resources::default() }
}

#[test]
fn swap_is_what_both_together_leave() {
    check(
        &memory(Some(100), Some(300)),
        &expect![[r#"
        memory.swap.max = 200
        memory.max = 100
    "#]],
    );
    check(
        &memory(Some(100), Some(100)),
        &expect![[r#"
        memory.swap.max = 0
        memory.max = 100
    "#]],
    );
    check(
        &memory(Some(100), Some(-1)),
        &expect![[r#"
        memory.swap.max = max
        memory.max = 100
    "#]],
    );
    check(
        &memory(Some(100), None),
        &expect![[r#"
        memory.max = 100
    "#]],
    );
    check(
        &memory(Some(-1), None),
        &expect![[r#"
        memory.swap.max = max
        memory.max = max
    "#]],
    );
    check(
        &memory(None, Some(300)),
        &expect![[r#"
        unable to set swap limit without memory limit
    "#]],
    );
    check(
        &memory(Some(300), Some(100)),
        &expect![[r#"
        memory+swap limit should be >= memory limit
    "#]],
    );
}

#[test]
fn shares_become_weights_on_the_newer_curve() {
    let weight = |shares| {
        let cpu = Cpu { shares: Some(shares), ..Cpu::default() };
        let writes = plan(Controller::Cpu, &Resources { cpu: Some(cpu), ..Resources::default() }).unwrap();
        writes[0].value.parse::<u64>().unwrap()
    };
    let curve = [1, 2, 10, 256, 512, 1024, 2048, 262_143, 262_144, 1 << 40].map(weight);
    assert_eq!(curve, [1, 1, 4, 35, 59, 100, 174, 10_000, 10_000, 10_000]);
}

#[test]
fn cpu_time_is_one_file() {
    let cpu = |quota, period| Resources {
        cpu: Some(Cpu { quota, period, ..Cpu::default() }),
        ..Resources::default()
    };
    check(
        &cpu(Some(20_000), None),
        &expect![[r#"
        cpu.max = 20000 100000
    "#]],
    );
    check(
        &cpu(Some(-1), Some(50_000)),
        &expect![[r#"
        cpu.max = max 50000
    "#]],
    );
    check(&cpu(Some(0), Some(0)), &expect![""]);
}

#[test]
fn no_limit_of_processes_is_max() {
    let pids = |limit| Resources { pids: Some(Pids { limit: Some(limit) }), ..Resources::default() };
    check(
        &pids(-1),
        &expect![[r#"
        pids.max = max
    "#]],
    );
    check(
        &pids(0),
        &expect![[r#"
        pids.max = max
    "#]],
    );
    check(
        &pids(7),
        &expect![[r#"
        pids.max = 7
    "#]],
    );
}

#[test]
fn block_io_and_verbatim_files() {
    let block_io = BlockIo {
        weight: Some(500),
        throttle_read_bps_device: vec![ThrottleDevice { major: 8, minor: 0, rate: 1 }],
        ..BlockIo::default()
    };
    let unified = [("memory.high", "1048576"), ("cgroup.max.depth", "3")];
    check(
        &Resources {
            block_io: Some(block_io),
            unified: unified.map(|(file, value)| (file.to_owned(), value.to_owned())).into(),
            ..Resources::default()
        },
        &expect![[r#"
            io.bfq.weight = 500
            io.max = 8:0 rbps=1
            cgroup.max.depth = 3
            memory.high = 1048576
        "#]],
    );
    for file in ["../memory.max", "a/b", "cgroup.procs", "cgroup.kill", "tasks", ".."] {
        let unified = [(file.to_owned(), "1".to_owned())].into();
        assert!(verbatim(&Resources { unified, ..Resources::default() }).is_err(), "{file}");
    }
}

#[test]
fn what_v2_does_not_have_is_refused() {
    check(
        &Resources {
            memory: Some(Memory { swappiness: Some(60), ..Memory::default() }),
            cpu: Some(Cpu { realtime_runtime: Some(1000), ..Cpu::default() }),
            ..Resources::default()
        },
        &expect![[r#"
            cannot set real-time CPU time: cgroup v2 does not have it
            cannot set memory swappiness: cgroup v2 does not have it
        "#]],
    );
}

/// A directory that looks like v2 with a cgroup `/corten/one`, whose files are given.
fn stand_in(files: &[(&str, &str)]) -> (TempDir, Layout) {
    let root = tempfile::tempdir().unwrap();
    let leaf = root.path().join("corten/one");
    fs::create_dir_all(&leaf).unwrap();
    fs::write(root.path().join("cgroup.controllers"), "cpuset cpu io memory pids\n").unwrap();
    for directory in [root.path(), &root.path().join("corten")] {
        fs::write(directory.join("cgroup.subtree_control"), "").unwrap();
    }
    for (name, content) in files {
        fs::write(leaf.join(name), content).unwrap();
    }
    let layout = Layout::of(vec![Mounted::Unified { mount: root.path().to_owned() }], false).unwrap();
    (root, layout)
}

fn content(root: &Path, name: &str) -> String {
    fs::read_to_string(root.join("corten/one").join(name)).unwrap()
}

#[test]
fn a_cgroup_gets_every_controller_and_its_limits() {
    let (root, layout) =
        stand_in(&[("memory.max", ""), ("memory.swap.max", ""), ("pids.max", ""), ("cpu.max", "")]);
    assert_eq!(layout.describe(), Description { version: 2, hybrid: false, driver: "cgroupfs" });
    let resources = Resources {
        pids: Some(Pids { limit: Some(5) }),
        cpu: Some(Cpu { quota: Some(10_000), ..Cpu::default() }),
        ..memory(Some(4096), Some(4096))
    };
    layout.create("/corten/one", &resources).unwrap();
    assert_eq!(content(root.path(), "memory.max"), "4096");
    assert_eq!(content(root.path(), "memory.swap.max"), "0");
    assert_eq!(content(root.path(), "pids.max"), "5");
    assert_eq!(content(root.path(), "cpu.max"), "10000 100000");
    for directory in ["", "corten"] {
        let control = fs::read_to_string(root.path().join(directory).join("cgroup.subtree_control")).unwrap();
        assert_eq!(control, "+io +cpu +cpuset +memory +pids");
    }
}

#[test]
fn a_kernel_without_swap_meets_a_limit_of_no_swap() {
    let (root, layout) = stand_in(&[("memory.max", "")]);
    layout.create("/corten/one", &memory(Some(4096), Some(4096))).unwrap();
    assert_eq!(content(root.path(), "memory.max"), "4096");
    let refused = layout.create("/corten/one", &memory(Some(4096), Some(8192))).unwrap_err();
    assert_eq!(chain(&refused), "cannot set `memory.swap.max`: this kernel does not offer it here");
}

#[test]
fn block_weights_fall_back_to_the_scheduler_that_is_there() {
    let (root, layout) = stand_in(&[("io.weight", "")]);
    let block_io = BlockIo { weight: Some(500), ..BlockIo::default() };
    let resources = Resources { block_io: Some(block_io), ..Resources::default() };
    layout.create("/corten/one", &resources).unwrap();
    assert_eq!(content(root.path(), "io.weight"), "4950");
}

#[test]
fn a_limit_without_its_controller_is_refused_before_anything_is_made() {
    let (root, layout) = stand_in(&[]);
    let hugepage_limits = vec![corten_spec::runtime::HugepageLimit { page_size: "2MB".to_owned(), limit: 0 }];
    let resources = Resources { hugepage_limits, ..Resources::default() };
    let refused = layout.create("/corten/two", &resources).unwrap_err();
    assert!(matches!(refused, CgroupsError::NoController { controller: Controller::HugePages, .. }));
    assert!(!root.path().join("corten/two").exists());
}

#[test]
fn what_was_made_is_removed_when_a_limit_fails() {
    let (root, layout) = stand_in(&[]);
    // A directory made here has no files, as if the controllers had not been handed down.
    let refused = layout.create("/corten/new/deep", &memory(Some(4096), None)).unwrap_err();
    assert_eq!(chain(&refused), "cannot set `memory.max`: this kernel does not offer it here");
    assert!(!root.path().join("corten/new").exists());
    assert!(root.path().join("corten/one").exists());
}

#[test]
fn an_update_below_what_is_in_use_is_refused_where_that_was_asked_for() {
    let (root, layout) = stand_in(&[("memory.max", "max\n"), ("memory.current", "8192\n")]);
    let cgroup = layout.open("/corten/one").unwrap();
    let mut lower = memory(Some(8192), None);
    lower.memory.as_mut().unwrap().check_before_update = Some(true);
    assert_eq!(cgroup.update(&lower).unwrap_err().to_string(), "rejecting memory limit 8192 <= usage 8192");
    assert_eq!(content(root.path(), "memory.max"), "max\n");
    cgroup.update(&memory(Some(8192), None)).unwrap();
    assert_eq!(content(root.path(), "memory.max"), "8192");
}

#[test]
fn use_is_read() {
    let (_root, layout) = stand_in(&[
        ("memory.current", "1000\n"),
        ("memory.max", "max\n"),
        ("memory.stat", "anon 5\ninactive_file 300\n"),
        ("memory.events", "low 0\noom 3\noom_kill 2\n"),
        (
            "cpu.stat",
            "usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 4\nnr_throttled 2\nthrottled_usec 7\n",
        ),
        ("io.stat", "8:0 rbytes=512 wbytes=7 rios=1 wios=2 dbytes=0 dios=0\n8:16\n"),
        ("pids.current", "4\n"),
        ("pids.max", "9\n"),
    ]);
    let cgroup = layout.open("/corten/one").unwrap();
    let entry =
        |operation: &str, value| BlockIoEntry { major: 8, minor: 0, operation: operation.to_owned(), value };
    let entries = |read, written| vec![entry("read", read), entry("write", written)];
    let expected = Stats {
        memory: Some(MemoryStats {
            current: 1000,
            failures: 3,
            details: [("anon".to_owned(), 5), ("inactive_file".to_owned(), 300)].into(),
            ..MemoryStats::default()
        }),
        cpu: Some(CpuStats {
            total: 30_000,
            user: 20_000,
            system: 10_000,
            periods: 4,
            throttled_periods: 2,
            throttled: 7_000,
            ..CpuStats::default()
        }),
        pids: Some(PidsStats { current: 4, limit: Some(9) }),
        block_io: Some(BlockIoStats { bytes: entries(512, 7), operations: entries(1, 2) }),
    };
    assert_eq!(cgroup.stats().unwrap(), expected);
    assert_eq!(cgroup.oom_kills().unwrap(), 2);
}

/// A directory that looks like v2 under systemd, with a scope that was given two controllers.
fn managed() -> (TempDir, Layout) {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("system.slice/a.scope/one")).unwrap();
    for (directory, controllers) in [("", "cpu io memory hugetlb"), ("system.slice/a.scope", "cpu memory")] {
        fs::write(root.path().join(directory).join("cgroup.controllers"), controllers).unwrap();
    }
    for directory in ["", "system.slice", "system.slice/a.scope"] {
        fs::write(root.path().join(directory).join("cgroup.subtree_control"), "").unwrap();
    }
    let layout = Layout::of(vec![Mounted::Unified { mount: root.path().to_owned() }], true).unwrap();
    (root, layout)
}

#[test]
fn below_a_unit_controllers_are_handed_down_and_above_it_nothing_is_touched() {
    let (root, layout) = managed();
    layout.create("/system.slice/a.scope/one", &Resources::default()).unwrap();
    let control = |directory| fs::read_to_string(root.path().join(directory).join("cgroup.subtree_control"));
    assert_eq!(control("system.slice/a.scope").unwrap(), "+cpu +memory");
    assert_eq!(control("system.slice").unwrap(), "");
    assert_eq!(control("").unwrap(), "");
}

#[test]
fn a_unit_that_does_not_run_is_not_made() {
    let (root, layout) = managed();
    let path = layout.home("corten-1a").unwrap();
    assert_eq!(path.as_str(), "/system.slice/corten-1a.scope");
    let inside = format!("{path}/monitors");
    assert_eq!(layout.unit(&inside).unwrap(), Some(path.clone()));
    for missing in [inside, format!("{path}/deep/er")] {
        let refused = layout.create(&missing, &Resources::default()).unwrap_err();
        assert_eq!(refused.kind(), Kind::NotFound, "{missing}");
        assert_eq!(layout.occupy(&missing).unwrap_err().kind(), Kind::NotFound, "{missing}");
    }
    assert!(!root.path().join(&path.as_str()[1..]).exists());
}

#[test]
fn what_is_in_a_unit_goes_and_the_unit_is_left_to_systemd() {
    let (root, layout) = managed();
    let unit = root.path().join("system.slice/b.slice/b.scope");
    fs::create_dir_all(unit.join("inner/monitors")).unwrap();
    assert!(layout.remove_empty("/system.slice/b.slice/b.scope/inner/monitors").unwrap());
    assert!(unit.exists() && !unit.join("inner").exists());
    let cgroup = layout.open("/system.slice/b.slice/b.scope").unwrap();
    assert!(matches!(cgroup.await_removal(Duration::ZERO), Err(CgroupsError::Late { .. })));
    fs::remove_dir(unit).unwrap();
    cgroup.await_removal(Duration::ZERO).unwrap();
    // Cgroups of files, as these are, cannot be removed: the same as with processes in them.
    assert!(!layout.remove_empty("/system.slice/a.scope").unwrap());
}

#[test]
fn without_systemd_a_home_is_at_the_top() {
    let (_root, layout) = stand_in(&[]);
    assert_eq!(layout.home("corten-1a").unwrap().as_str(), "/corten-1a");
    assert_eq!(layout.unit("/system.slice/corten-1a.scope/monitors").unwrap(), None);
}
