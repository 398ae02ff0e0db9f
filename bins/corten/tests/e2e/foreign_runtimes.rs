//! Containers that another runtime makes: here our own OCI command line, called as the foreign program that it could be.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use corten_testkit::{Corten, host, leftovers};

use crate::monitors::{children_of, kill_and_wait, parent_of};
use crate::setup;

/// An engine, and a runtime that writes down how it is called.
struct Stage {
    corten: Corten,
    runtime: String,
    calls: PathBuf,
}

impl Stage {
    fn new() -> Option<Self> {
        let corten = setup::busybox()?;
        let (program, calls) =
            (corten.root().scratch().join("runtime"), corten.root().scratch().join("calls"));
        let script = format!(
            "#!/bin/sh\nfor word; do case $word in create|start|exec|delete) echo $word >> {};; esac; done\nexec {} runtime \"$@\"\n",
            calls.display(),
            env!("CARGO_BIN_EXE_corten"),
        );
        fs::write(&program, script).expect("a program");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a mode");
        Some(Self { corten, runtime: program.display().to_string(), calls })
    }

    fn calls(&self) -> String {
        fs::read_to_string(&self.calls).unwrap_or_default().replace('\n', " ")
    }

    fn assert_clean(&self) {
        self.corten.run(&["system", "settle"]).success();
        assert_eq!(leftovers(self.corten.root()), Vec::<String>::new());
    }

    /// The words of a `run` that this runtime makes.
    fn run<'a>(&'a self, words: &[&'a str]) -> Vec<&'a str> {
        [&["run", "--runtime", &self.runtime], words].concat()
    }
}

#[test]
fn another_runtime_makes_the_container_and_everything_else_is_as_ever() {
    let Some(stage) = Stage::new() else { return };
    let corten = &stage.corten;
    let script = "echo out; echo err >&2; id -u; hostname; exit 7";
    let words = ["--name", "box", "--hostname", "inside", "--user", "nobody", "busybox", "sh", "-c", script];
    let ran = corten.run(&stage.run(&words)).exited(7);
    assert_eq!(ran.stdout(), "out\n65534\ninside\n");
    assert_eq!(ran.stderr(), "err\n");
    let shown = corten.run(&["inspect", "--format", "{{.HostConfig.Runtime}} {{.State.ExitCode}}", "box"]);
    assert_eq!(shown.success().line(), format!("{} 7", stage.runtime));
    assert_eq!(corten.run(&["logs", "box"]).success().stdout(), "out\n65534\ninside\n");
    // Once more, with what the first run has left on the disk.
    corten.run(&["start", "--attach", "box"]).exited(7);
    corten.run(&["rm", "box"]).success();
    // What removes a container waits for all that comes after its end.
    assert_eq!(stage.calls(), "create start delete create start delete ");
    stage.assert_clean();
}

#[test]
fn it_makes_further_processes_and_what_is_done_by_cgroup_and_signal_needs_it_not() {
    let Some(stage) = Stage::new() else { return };
    let corten = &stage.corten;
    corten.run(&stage.run(&["--detach", "--init", "--name", "box", "busybox", "sleep", "1000"])).success();
    let script = "cat; echo ${HOME:+home}; id -u; exit 4";
    let ran = corten.run_with_input(&["exec", "-i", "-u", "nobody", "box", "sh", "-c", script], b"given\n");
    assert_eq!(ran.exited(4).stdout(), "given\nhome\n65534\n");
    let missing = corten.run(&["exec", "box", "nosuch"]).exited(127).stdout();
    assert!(missing.starts_with("OCI runtime exec failed: "), "{missing}");
    let shown = corten.run(&["exec", "box", "cat", "/proc/1/cmdline"]).success().stdout();
    assert!(shown.starts_with("/sbin/docker-init\0--\0sleep"), "{shown:?}");
    corten.run(&["pause", "box"]).success();
    let state = || corten.run(&["inspect", "--format", "{{.State.Status}}", "box"]).success().line();
    assert_eq!(state(), "paused");
    corten.run(&["unpause", "box"]).success();
    corten.run(&["update", "--pids-limit", "50", "box"]).success();
    corten.run(&["stop", "box"]).success();
    corten.run(&["start", "box"]).success();
    corten.run(&["rm", "--force", "box"]).success();
    assert_eq!(stage.calls(), "create start exec exec exec delete create start delete ");
    stage.assert_clean();
}

#[test]
fn its_terminals_come_to_the_client() {
    let Some(stage) = Stage::new() else { return };
    let mut terminal = stage.corten.terminal(&stage.run(&["-it", "--rm", "--name", "box", "busybox", "sh"]));
    terminal.expect("# ");
    terminal.resize(33, 99);
    terminal.send("until [ \"$(stty size)\" = '33 99' ]; do :; done; echo si''ze\n");
    terminal.expect("size");
    let mut further = stage.corten.terminal(&["exec", "-it", "box", "sh", "-c", "tty; exit 5"]);
    further.expect("/dev/pts/1");
    assert_eq!(further.wait(), 5);
    terminal.send("exit 4\n");
    assert_eq!(terminal.wait(), 4);
    stage.assert_clean();
}

/// Makes a part of what it should, and leaves it.
const BROKEN: &str = r#"#!/bin/sh
while [ $# -gt 1 ] && [ "$1" != --bundle ]; do shift; done
[ "$1" = --bundle ] || exit 0
path=$(sed 's/.*"cgroupsPath":"\([^"]*\)".*/\1/' "$2/config.json")
for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/memory; do
    [ ! -e $hierarchy/cgroup.procs ] || mkdir -p "$hierarchy$path"
done
echo cannot load a library >&2
exit 1
"#;

#[test]
fn a_runtime_that_fails_or_is_missing_says_so_and_nothing_is_left() {
    let Some(stage) = Stage::new() else { return };
    let corten = &stage.corten;
    let missing = corten.run(&stage.run(&["--rm", "busybox", "nosuch"])).exited(127).stderr();
    let create =
        "failed to create task for container: failed to create shim task: OCI runtime create failed: ";
    assert!(missing.contains(create) && missing.contains("nosuch"), "{missing}");
    let unknown = corten.run(&["run", "--runtime", "nosuch", "busybox"]).exited(125).stderr();
    assert!(
        unknown.contains("Error response from daemon: unknown or invalid runtime name: nosuch"),
        "{unknown}"
    );
    let userns = corten.run(&stage.run(&["--userns", "auto", "busybox"])).exited(125).stderr();
    assert!(userns.contains("--userns is not built yet for containers of another runtime"), "{userns}");
    fs::write(&stage.runtime, BROKEN).unwrap();
    let broken = corten.run(&stage.run(&["--name", "broken", "busybox", "true"])).exited(125).stderr();
    assert!(broken.contains(&format!("{create}cannot load a library: unknown")), "{broken}");
    let id = corten.run(&["inspect", "--format", "{{.Id}}", "broken"]).success().line();
    assert_eq!(host::cgroups().into_iter().find(|path| path.contains(&id)), None);
    corten.run(&["rm", "broken"]).success();
    stage.assert_clean();
}

#[test]
fn a_killed_monitor_ends_the_container_of_another_runtime_too() {
    let Some(stage) = Stage::new() else { return };
    let corten = &stage.corten;
    let words = ["--detach", "--name", "box", "busybox", "sleep", "1000"];
    corten.run(&stage.run(&words)).success();
    let init = || corten.run(&["inspect", "--format", "{{.State.Pid}}", "box"]).success().line();
    let first = init();
    kill_and_wait(parent_of(&first));
    // The attendant ends it.
    assert_eq!(corten.run(&["wait", "box"]).success().line(), "137");
    assert!(!host::is_alive(first.parse().unwrap()), "process {first} outlived its monitor");
    assert!(stage.calls().ends_with("delete "), "{}", stage.calls());
    // Without one, too.
    corten.run(&["start", "box"]).success();
    let second = init();
    let monitor = parent_of(&second);
    let attendant = children_of(monitor).into_iter().find(|child| child.to_string() != second);
    kill_and_wait(attendant.expect("an attendant"));
    kill_and_wait(monitor);
    corten.run(&["system", "settle"]).success();
    assert!(!host::is_alive(second.parse().unwrap()), "process {second} outlived its monitor");
    corten.run(&["rm", "box"]).success();
    stage.assert_clean();
}
