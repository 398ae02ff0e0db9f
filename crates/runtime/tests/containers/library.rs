//! What the monitor uses and the command line has no words for: layers, users of the image, the reaping init.

use std::fs::{self, File};
use std::io::{Read, Seek};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use corten_cgroups::Layout;
use corten_runtime::launch::{JoinedProcess, Launch, RootSource, SeccompSource, UserSource};
use corten_runtime::{StartFailure, StdioSource, spawn_init};
use corten_spec::runtime::{Hook, Hooks, Mount};
use corten_sys::pidfd::{self, Exit};

use crate::bundle::Bundle;
use crate::harness::Test;

pub(crate) const TESTS: &[Test] = &[
    (
        "layers_with_long_paths_are_one_file_system_and_stay_as_they_are",
        layers_with_long_paths_are_one_file_system_and_stay_as_they_are,
    ),
    ("a_user_of_the_image_brings_its_groups_and_home", a_user_of_the_image_brings_its_groups_and_home),
    ("an_unknown_user_is_told_in_dockers_words", an_unknown_user_is_told_in_dockers_words),
    (
        "a_reaping_init_is_pid_1_and_returns_the_programs_status",
        a_reaping_init_is_pid_1_and_returns_the_programs_status,
    ),
    (
        "hooks_find_the_root_of_layers_in_the_bundle_and_the_host_does_not",
        hooks_find_the_root_of_layers_in_the_bundle_and_the_host_does_not,
    ),
    ("dropping_a_start_leaves_nothing", dropping_a_start_leaves_nothing),
    ("a_new_process_can_see_its_starters_end", a_new_process_can_see_its_starters_end),
    ("magic_links_of_others_lead_nowhere", magic_links_of_others_lead_nowhere),
    (
        "a_number_that_became_another_process_is_not_joined",
        a_number_that_became_another_process_is_not_joined,
    ),
];

/// A bundle whose root file system is the topmost of two layers, far down in the file system.
pub(crate) fn launch(bundle: &Bundle) -> Launch {
    let deep: PathBuf = (0..6).map(|level| format!("{level}{}", "x".repeat(60))).collect();
    let base = bundle.path().join(&deep);
    let (lower, upper, work) = (base.join("lower"), base.join("upper"), base.join("work"));
    fs::create_dir_all(lower.join("etc")).unwrap();
    fs::create_dir(&upper).unwrap();
    fs::create_dir(&work).unwrap();
    fs::write(lower.join("etc/passwd"), "root:x:0:0::/root:/bin/sh\napp:x:7:8::/srv/app:/bin/sh\n").unwrap();
    fs::write(lower.join("etc/group"), "root:x:0:\napp:x:8:\nextra:x:9:app\n").unwrap();
    let mut spec = bundle.spec.clone();
    spec.root.as_mut().unwrap().readonly = false;
    Launch {
        id: bundle.name.clone(),
        spec,
        root: RootSource::Overlay { lower: vec![bundle.rootfs(), lower], upper, work },
        user: UserSource::Image { user: String::new(), additional_groups: Vec::new() },
        cgroup_path: format!("/corten-runtime-{}", bundle.name),
        seccomp: SeccompSource::Unconfined,
        init: false,
        joined: Vec::new(),
        awaits_network: false,
        bundle: None,
    }
}

/// Runs it to its end, and takes what it writes.
pub(crate) fn run(launch: &Launch) -> Result<(Exit, String), StartFailure> {
    let mut output: File =
        rustix::fs::memfd_create("output", rustix::fs::MemfdFlags::CLOEXEC).unwrap().into();
    let copy = || output.as_fd().try_clone_to_owned().unwrap();
    let null: OwnedFd = File::open("/dev/null").unwrap().into();
    let stdio = StdioSource::Pipes { stdin: null, stdout: copy(), stderr: copy() };
    let started = spawn_init(launch, &Layout::detect().unwrap(), stdio, None).unwrap().wait()?;
    let exit = pidfd::wait(&started.pidfd).unwrap();
    started.cgroup.remove(Duration::from_secs(5)).unwrap();
    let mut text = String::new();
    output.rewind().unwrap();
    output.read_to_string(&mut text).unwrap();
    Ok((exit, text))
}

fn magic_links_of_others_lead_nowhere() {
    let bundle = Bundle::new(&["write", "/etc/new", "x"]);
    let mut launch = launch(&bundle);
    let (link, pid) = (bundle.path().join("link"), std::process::id());
    std::os::unix::fs::symlink("/proc/self/cwd", &link).unwrap();
    launch.spec.mounts.push(Mount {
        destination: "/mnt".into(),
        kind: "bind".into(),
        source: format!("/proc/{pid}/root{}", link.display()),
        options: vec!["bind".into()],
        ..Mount::default()
    });
    let refused = run(&launch).unwrap_err();
    assert!(refused.message.contains("too many levels of symbolic links"), "{}", refused.message);
    bundle.assert_clean();
}

fn a_number_that_became_another_process_is_not_joined() {
    let bundle = Bundle::new(&["write", "/etc/new", "x"]);
    let mut launch = launch(&bundle);
    let pid = std::process::id();
    let start_time = corten_sys::process::start_time(pid).unwrap();
    launch.joined = vec![JoinedProcess { pid, start_time }];
    run(&launch).unwrap();
    launch.joined = vec![JoinedProcess { pid, start_time: start_time + 1 }];
    let refused = run(&launch).unwrap_err();
    assert_eq!(refused.message, format!("process {pid}, whose namespaces were to be joined, has ended"));
    bundle.assert_clean();
}

fn layers_with_long_paths_are_one_file_system_and_stay_as_they_are() {
    let bundle = Bundle::new(&["write", "/etc/new", "x"]);
    let launch = launch(&bundle);
    assert_eq!(run(&launch).unwrap(), (Exit::Code(0), "written\n".to_owned()));
    let RootSource::Overlay { lower, upper, .. } = &launch.root else { panic!() };
    assert_eq!(fs::read_to_string(upper.join("etc/new")).unwrap(), "x");
    assert!(!lower[1].join("etc/new").exists());
    bundle.assert_clean();
}

fn a_user_of_the_image_brings_its_groups_and_home() {
    let bundle = Bundle::new(&["facts"]);
    let mut launch = launch(&bundle);
    launch.user = UserSource::Image { user: "app".into(), additional_groups: vec!["12".into()] };
    let (_, text) = run(&launch).unwrap();
    for line in ["Uid: 7 7 7 7", "Gid: 8 8 8 8", "Groups: 8 9 12", "home /srv/app"] {
        assert!(text.lines().any(|told| told.trim() == line), "{line}: {text}");
    }
}

fn an_unknown_user_is_told_in_dockers_words() {
    let bundle = Bundle::new(&["facts"]);
    let mut launch = launch(&bundle);
    launch.user = UserSource::Image { user: "foo".into(), additional_groups: Vec::new() };
    let failure = run(&launch).unwrap_err();
    assert_eq!(failure.exit_code, 128);
    assert_eq!(failure.message, "unable to find user foo: no matching entries in passwd file");
    assert_eq!(failure.step, "look up the user");
    bundle.assert_clean();
}

fn a_reaping_init_is_pid_1_and_returns_the_programs_status() {
    let bundle = Bundle::new(&["facts"]);
    let mut launch = launch(&bundle);
    launch.init = true;
    let (exit, text) = run(&launch).unwrap();
    assert_eq!(exit, Exit::Code(0));
    assert!(text.starts_with("Pid: 2\nPPid: 1\n"), "{text}");
    launch.spec.process.as_mut().unwrap().args = vec!["/probe".into(), "die".into()];
    assert_eq!(run(&launch).unwrap().0, Exit::Code(137));
}

fn hooks_find_the_root_of_layers_in_the_bundle_and_the_host_does_not() {
    let bundle = Bundle::new(&["list", "/etc"]);
    let mut launch = launch(&bundle);
    let place = bundle.path().join("b/rootfs");
    fs::create_dir_all(&place).unwrap();
    launch.bundle = Some(bundle.path().join("b"));
    let script = "root=$(sed 's/.*\"bundle\":\"\\([^\"]*\\)\".*/\\1/')/rootfs; : > $root/etc/$1";
    let hook = |word: &str| Hook {
        path: "/bin/sh".into(),
        args: ["sh", "-c", script, "sh", word].map(str::to_owned).to_vec(),
        env: vec!["PATH=/usr/bin:/bin".into()],
        ..Hook::default()
    };
    launch.spec.hooks = Some(Hooks { create_container: vec![hook("in-layers")], ..Hooks::default() });
    let (exit, text) = run(&launch).unwrap();
    assert_eq!(exit, Exit::Code(0));
    assert!(text.lines().any(|name| name == "in-layers"), "{text}");
    assert_eq!(fs::read_dir(&place).unwrap().count(), 0);
    // Those of the starter see the host's mounts, where there is no `etc`.
    launch.spec.hooks = Some(Hooks { create_runtime: vec![hook("x")], ..Hooks::default() });
    let failure = run(&launch).unwrap_err().message;
    assert!(
        failure.starts_with("error running createRuntime hook #0: `/bin/sh`: exit status: "),
        "{failure}"
    );
    assert!(failure.contains("b/rootfs/etc/x"), "{failure}");
    bundle.assert_clean();
}

/// Somebody may kill the starter before the process has asked to end with it: then the end of the channel is all that it has to go by.
fn a_new_process_can_see_its_starters_end() {
    let bundle = Bundle::new(&["wait"]);
    let launch = Launch { awaits_network: true, ..launch(&bundle) };
    let starting = spawn_init(&launch, &Layout::detect().unwrap(), StdioSource::Inherit, None).unwrap();
    let starters_end = format!("socket:[{}]", rustix::fs::fstat(starting.as_fd()).unwrap().st_ino);
    let held = || {
        let descriptors = fs::read_dir(format!("/proc/{}/fd", starting.pid())).unwrap();
        let mut targets = descriptors.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
        targets.any(|target| target.as_os_str() == starters_end.as_str())
    };
    // It has been copied a moment ago, and waits for its network.
    let closed = (0..500).any(|_| {
        !held() || {
            thread::sleep(Duration::from_millis(10));
            false
        }
    });
    assert!(closed, "the process holds its starter's end open");
    drop(starting);
    bundle.assert_clean();
}

fn dropping_a_start_leaves_nothing() {
    let bundle = Bundle::new(&["wait"]);
    let starting =
        spawn_init(&launch(&bundle), &Layout::detect().unwrap(), StdioSource::Inherit, None).unwrap();
    let pid = starting.pid();
    drop(starting);
    assert!(corten_sys::process::status(pid).is_err());
    bundle.assert_clean();
}
