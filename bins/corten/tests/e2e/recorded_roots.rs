//! What earlier versions have left is gone on with: roots of each schema of the database, as those versions wrote them.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use corten_testkit::Corten;

use crate::setup;

/// A root, and the containers in it.
struct Recorded {
    archive: &'static [u8],
    containers: &'static [&'static str],
}

/// `README.md` beside the archives says what is in them.
const RECORDED: [Recorded; 4] = [
    Recorded { archive: include_bytes!("../recorded/schema-1.tar.gz"), containers: &["made", "said"] },
    Recorded { archive: include_bytes!("../recorded/schema-5.tar.gz"), containers: &["made", "said"] },
    Recorded {
        archive: include_bytes!("../recorded/schema-6.tar.gz"),
        containers: &["bridged", "made", "published", "said"],
    },
    Recorded {
        archive: include_bytes!("../recorded/schema-8.tar.gz"),
        containers: &["bridged", "holder", "linker", "made", "published", "said"],
    },
];

/// Lays the root down where the engine will look for it.
fn lay_down(corten: &Corten, archive: &[u8]) {
    let state = corten.root().state();
    fs::create_dir_all(&state).expect("a directory");
    let mut tar = Command::new("tar");
    tar.args(["--xattrs", "--xattrs-include=*", "--numeric-owner", "-xzf", "-", "-C"]).arg(&state);
    let mut tar = tar.stdin(Stdio::piped()).spawn().expect("tar");
    tar.stdin.take().expect("a pipe").write_all(archive).expect("a reader");
    assert!(tar.wait().expect("its end").success());
}

fn sorted(text: &str) -> Vec<String> {
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn a_root_of_an_earlier_version_is_gone_on_with() {
    for recorded in RECORDED {
        let Some(corten) = setup::engine() else { return };
        lay_down(&corten, recorded.archive);
        let told = |words: &[&str]| corten.run(words).success().stdout();
        assert_eq!(sorted(&told(&["ps", "--all", "--format", "{{.Names}}"])), recorded.containers);
        told(&["system", "check"]);
        assert_eq!(told(&["logs", "said"]), "recorded\n");
        assert_eq!(told(&["inspect", "--format", "{{.Config.Labels.role}}", "said"]), "recorded\n");
        let made = "{{index .Config.Env 0}} {{.HostConfig.Memory}} {{.Config.Cmd}} {{.State.Status}}";
        assert_eq!(told(&["inspect", "--format", made, "made"]), "A=b 67108864 [/say there] created\n");
        for container in recorded.containers.iter().filter(|container| **container != "linker") {
            assert_eq!(told(&["start", "--attach", container]), "recorded\n", "{container}");
        }
        assert_eq!(told(&["logs", "said"]), "recorded\nrecorded\n");
        assert_eq!(told(&["run", "--rm", "--network", "none", "also:2"]), "recorded\n");
        if recorded.containers.contains(&"published") {
            assert_eq!(told(&["run", "--rm", "--network", "none", "kept:1"]), "recorded\n");
            let port = "{{(index (index .HostConfig.PortBindings \"80/tcp\") 0).HostPort}}";
            assert_eq!(told(&["inspect", "--format", port, "published"]), "18099\n");
        }
        if recorded.containers.contains(&"holder") {
            assert_eq!(told(&["volume", "ls", "--quiet", "--filter", "label=a=b"]), "kept-volume\n");
            let file = corten.root().scratch().join("file");
            told(&["cp", "holder:/data/file", file.to_str().expect("text")]);
            assert_eq!(fs::read_to_string(file).expect("a copy"), "kept\n");
            let policy = "{{.HostConfig.RestartPolicy.Name}} {{.Config.Healthcheck.Test}}";
            assert_eq!(told(&["inspect", "--format", policy, "linker"]), "unless-stopped [CMD-SHELL true]\n");
            let refused = corten.run(&["start", "linker"]).exited(1).stderr();
            assert!(
                refused.contains("Cannot link to a non running container: /bridged AS /linker/other"),
                "{refused}"
            );
        }
        told(&[&["rm", "--force"], recorded.containers].concat());
        told(&["rmi", "recorded:1", "also:2"]);
        told(&["system", "check"]);
    }
}
