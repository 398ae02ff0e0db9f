//! Containers that another runtime makes: here our own OCI command line, called as the foreign program that it could be.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use corten_testkit::{Corten, leftovers};

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
        let (program, calls) = (corten.root().scratch().join("runtime"), corten.root().scratch().join("calls"));
        let script = format!(
            "#!/bin/sh\nfor word; do case $word in create|start|exec|delete) echo $word >> {};; esac; done\nexec {} runtime \"$@\"\n",
            calls.display(),
            env!("CARGO_BIN_EXE_corten"),
        );
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Some(Self { corten, runtime: program.display().to_string(), calls })
    }

    fn calls(&self) -> String {
        fs::read_to_string(&self.calls).unwrap_or_default().replace('\n', " ")
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
    assert_eq!(stage.calls(), "create start delete ");
    let shown = corten.run(&["inspect", "--format", "{{.HostConfig.Runtime}} {{.State.ExitCode}}", "box"]);
    assert_eq!(shown.success().line(), format!("{} 7", stage.runtime));
    assert_eq!(corten.run(&["logs", "box"]).success().stdout(), "out\n65534\ninside\n");
    // Once more, with what the first run has left on the disk.
    corten.run(&["start", "--attach", "box"]).exited(7);
    corten.run(&["rm", "box"]).success();
    assert_eq!(leftovers(corten.root()), Vec::<String>::new());
}
