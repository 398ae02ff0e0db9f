//! Reading and writing `config.json` and state.
//! No kernel and no runtime is involved.

use serde_json::{Value, json};

use super::*;

/// A document that uses every section; reading and writing it must lose nothing.
fn everything() -> Value {
    json!({
        "ociVersion": "1.2.1",
        "process": {
            "terminal": true,
            "consoleSize": {"height": 24, "width": 80},
            "user": {"uid": 1000, "gid": 100, "umask": 18, "additionalGids": [5, 6]},
            "args": ["sh", "-c", "true"],
            "env": ["PATH=/bin", "TERM=xterm"],
            "cwd": "/home",
            "capabilities": {
                "bounding": ["CAP_KILL"], "effective": ["CAP_KILL"], "inheritable": ["CAP_KILL"],
                "permitted": ["CAP_KILL"], "ambient": ["CAP_KILL"],
            },
            "rlimits": [{"type": "RLIMIT_NOFILE", "hard": u64::MAX, "soft": 1024}],
            "noNewPrivileges": true,
            "apparmorProfile": "docker-default",
            "oomScoreAdj": -500,
            "scheduler": {"policy": "SCHED_DEADLINE", "flags": ["SCHED_FLAG_RECLAIM"], "runtime": 1, "deadline": 2, "period": 3},
            "selinuxLabel": "system_u:system_r:container_t:s0",
            "ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 4},
            "execCPUAffinity": {"initial": "0", "final": "0-3,7"},
        },
        "root": {"path": "rootfs", "readonly": true},
        "hostname": "box",
        "domainname": "example",
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid"]},
            {
                "destination": "/data", "source": "/srv", "options": ["rbind", "idmap"],
                "uidMappings": [{"containerID": 0, "hostID": 1000, "size": 1}],
                "gidMappings": [{"containerID": 0, "hostID": 1000, "size": 1}],
            },
        ],
        "hooks": {
            "prestart": [{"path": "/a", "args": ["a", "b"], "env": ["K=v"], "timeout": 5}],
            "createRuntime": [{"path": "/b"}], "createContainer": [{"path": "/c"}], "startContainer": [{"path": "/d"}],
            "poststart": [{"path": "/e"}], "poststop": [{"path": "/f"}],
        },
        "annotations": {"org.example/key": "value"},
        "linux": {
            "uidMappings": [{"containerID": 0, "hostID": 100_000, "size": 65_536}],
            "gidMappings": [{"containerID": 0, "hostID": 100_000, "size": 65_536}],
            "sysctl": {"net.ipv4.ip_forward": "1"},
            "resources": resources(),
            "cgroupsPath": "/corten/x",
            "namespaces": [
                {"type": "pid"}, {"type": "network", "path": "/proc/7/ns/net"}, {"type": "mount"}, {"type": "ipc"},
                {"type": "uts"}, {"type": "user"}, {"type": "cgroup"}, {"type": "time"},
            ],
            "devices": [{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 438, "uid": 0, "gid": 0}],
            "netDevices": {"eth0": {"name": "net0"}},
            "seccomp": {
                "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1, "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32"],
                "flags": ["SECCOMP_FILTER_FLAG_LOG"], "listenerPath": "/run/s", "listenerMetadata": "m",
                "syscalls": [{
                    "names": ["clone"], "action": "SCMP_ACT_ALLOW", "errnoRet": 38,
                    "args": [{"index": 0, "value": 2_114_060_288_u64, "valueTwo": 1, "op": "SCMP_CMP_MASKED_EQ"}],
                }],
            },
            "rootfsPropagation": "rslave",
            "maskedPaths": ["/proc/kcore"],
            "readonlyPaths": ["/proc/sys"],
            "mountLabel": "system_u:object_r:container_file_t:s0",
            "intelRdt": {
                "closID": "c", "schemata": ["MB:0=50"], "l3CacheSchema": "L3:0=f", "memBwSchema": "MB:0=20",
                "enableMonitoring": true, "enableCMT": true, "enableMBM": true,
            },
            "memoryPolicy": {"mode": "MPOL_BIND", "nodes": "0-1", "flags": ["MPOL_F_STATIC_NODES"]},
            "personality": {"domain": "LINUX32"},
            "timeOffsets": {"monotonic": {"secs": -172_800, "nanosecs": 7}},
        },
    })
}

fn resources() -> Value {
    json!({
        "devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "minor": 3, "access": "rwm"}],
        "memory": {
            "limit": 536_870_912, "reservation": 1, "swap": -1, "kernel": 2, "kernelTCP": 3, "swappiness": 60,
            "disableOOMKiller": false, "useHierarchy": true, "checkBeforeUpdate": true,
        },
        "cpu": {
            "shares": 1024, "quota": 20_000, "burst": 1, "period": 100_000, "realtimeRuntime": 2, "realtimePeriod": 3,
            "cpus": "0-1", "mems": "0", "idle": 1,
        },
        "pids": {"limit": 100},
        "blockIO": {
            "weight": 10, "leafWeight": 11,
            "weightDevice": [{"major": 8, "minor": 0, "weight": 500, "leafWeight": 300}],
            "throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 600}],
            "throttleWriteBpsDevice": [{"major": 8, "minor": 0, "rate": 601}],
            "throttleReadIOPSDevice": [{"major": 8, "minor": 0, "rate": 602}],
            "throttleWriteIOPSDevice": [{"major": 8, "minor": 0, "rate": 603}],
        },
        "hugepageLimits": [{"pageSize": "2MB", "limit": 9_223_372_036_854_771_712_u64}],
        "network": {"classID": 1_048_577, "priorities": [{"name": "eth0", "priority": 500}]},
        "rdma": {"mlx5_1": {"hcaHandles": 3, "hcaObjects": 10_000}},
        "unified": {"io.max": "259:0 rbps=2097152"},
    })
}

fn error_of(change: impl FnOnce(&mut Value)) -> String {
    let mut document = everything();
    change(&mut document);
    serde_json::from_value::<Spec>(document).unwrap_err().to_string()
}

#[test]
fn a_document_with_every_section_is_written_as_it_was_read() {
    let spec: Spec = serde_json::from_value(everything()).unwrap();
    assert_eq!(serde_json::to_value(&spec).unwrap(), everything());
}

#[test]
fn the_least_document_stays_the_least() {
    let least = json!({"ociVersion": "1.0.0"});
    let spec: Spec = serde_json::from_value(least.clone()).unwrap();
    assert_eq!(serde_json::to_value(&spec).unwrap(), least);
}

#[test]
fn fields_that_are_not_known_are_passed_over() {
    let mut document = everything();
    document["windows"] = json!({"layerFolders": []});
    document["process"]["commandLine"] = json!("x");
    document["linux"]["someday"] = json!([1, 2]);
    let spec: Spec = serde_json::from_value(document).unwrap();
    assert_eq!(serde_json::to_value(&spec).unwrap(), everything());
}

#[test]
fn what_is_required_must_be_there() {
    assert!(error_of(|d| d["root"] = json!({})).contains("missing field `path`"));
    assert!(error_of(|d| d["mounts"] = json!([{"type": "proc"}])).contains("missing field `destination`"));
    assert!(error_of(|d| d["process"] = json!({"args": ["sh"]})).contains("missing field `cwd`"));
}

#[test]
fn words_that_no_specification_has_are_refused_by_name() {
    let error = error_of(|d| d["linux"]["namespaces"] = json!([{"type": "net"}]));
    assert!(error.contains("unknown variant `net`, expected one of `pid`, `network`"), "{error}");
    let error = error_of(|d| d["linux"]["seccomp"]["defaultAction"] = json!("SCMP_ACT_MAYBE"));
    assert!(error.contains("SCMP_ACT_MAYBE"), "{error}");
    let error = error_of(|d| d["process"]["user"]["uid"] = json!(-1));
    assert!(error.contains("-1"), "{error}");
}

#[test]
fn a_state_leaves_out_the_pid_of_what_has_ended() {
    let mut state = State {
        oci_version: "1.2.1".to_owned(),
        id: "box".to_owned(),
        status: Status::Running,
        pid: Some(42),
        bundle: "/b".to_owned(),
        annotations: [("k".to_owned(), "v".to_owned())].into(),
    };
    let running = json!({
        "ociVersion": "1.2.1", "id": "box", "status": "running", "pid": 42, "bundle": "/b", "annotations": {"k": "v"},
    });
    assert_eq!(serde_json::to_value(&state).unwrap(), running);
    assert_eq!(serde_json::from_value::<State>(running).unwrap(), state);
    (state.status, state.pid) = (Status::Stopped, None);
    state.annotations.clear();
    let stopped = json!({"ociVersion": "1.2.1", "id": "box", "status": "stopped", "bundle": "/b"});
    assert_eq!(serde_json::to_value(&state).unwrap(), stopped);
}

#[test]
fn namespaces_have_their_names_in_proc() {
    let names: Vec<_> = NamespaceKind::ALL.iter().map(|kind| kind.proc_name()).collect();
    assert_eq!(names, ["pid", "net", "mnt", "ipc", "uts", "user", "cgroup", "time"]);
    for kind in NamespaceKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
}

#[test]
fn what_leaks_the_neighbours_is_masked() {
    let masked = default_masked_paths();
    for path in
        ["/proc/kcore", "/proc/keys", "/proc/interrupts", "/sys/firmware", "/sys/devices/virtual/powercap"]
    {
        assert!(masked.iter().any(|masked| masked == path), "{path}");
    }
    assert_eq!(
        thermal_throttle_paths(2),
        ["/sys/devices/system/cpu/cpu0/thermal_throttle", "/sys/devices/system/cpu/cpu1/thermal_throttle"]
    );
    assert!(default_readonly_paths().contains(&"/proc/sysrq-trigger".to_owned()));
}
