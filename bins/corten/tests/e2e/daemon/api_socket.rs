//! `--use-api-socket`: a container that commands the engine it runs on.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use corten_testkit::{Corten, Outcome};

use crate::setup;

use super::Daemon;

/// `somebody:secret`.
const CONFIGURATION: &str = r#"{"auths": {"registry.example": {"auth": "c29tZWJvZHk6c2VjcmV0"}}}"#;

/// Runs a line in a container that has the socket, and this program.
fn run(corten: &Corten, daemon: &Daemon, flags: &[&str], line: &str) -> Outcome {
    let host = format!("unix://{}", daemon.socket.display());
    let program = format!("{}:/corten:ro", env!("CARGO_BIN_EXE_corten"));
    let words = ["--host", &host, "run", "--rm", "--use-api-socket", "--volume", &program];
    corten.run(&[&words, flags, &["busybox", "sh", "-c", line]].concat())
}

fn value(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("a document")
}

#[test]
fn a_container_reaches_its_engine_with_the_credentials_of_its_user() {
    let Some(corten) = setup::busybox() else { return };
    let daemon = Daemon::start(&corten, &[]);
    let ask = "/corten --host unix:///var/run/docker.sock ps --all --quiet | wc -l";
    assert_eq!(
        run(&corten, &daemon, &[], &format!("{ask}; echo \"<$DOCKER_CONFIG>\"")).success().stdout(),
        "1\n<>\n"
    );

    let home = corten.root().scratch().join(".docker");
    fs::create_dir(&home).unwrap();
    fs::write(home.join("config.json"), CONFIGURATION).unwrap();
    let look = "cd $DOCKER_CONFIG; pwd; stat -c %a config.json; cat config.json";
    let seen = run(&corten, &daemon, &[], look).success().stdout();
    let (head, file) = seen.split_at(seen.find('{').unwrap());
    assert_eq!(head, "/run/secrets/docker\n600\n");
    assert_eq!(value(file), value(CONFIGURATION));
    // Who names a configuration knows what is in it.
    let named =
        run(&corten, &daemon, &["--env", "DOCKER_CONFIG=/mine"], "ls /run/secrets; echo $DOCKER_CONFIG");
    assert_eq!(named.success().stdout(), "/mine\n");
}

#[test]
fn what_a_helper_keeps_is_handed_on_too() {
    let Some(corten) = setup::busybox() else { return };
    let daemon = Daemon::start(&corten, &[]);
    let home = corten.root().scratch().join(".docker");
    fs::create_dir(&home).unwrap();
    fs::write(home.join("config.json"), r#"{"credsStore": "chest"}"#).unwrap();
    let helper = home.join("docker-credential-chest");
    let script = r#"#!/bin/sh
read -r server
case $1 in
    list) echo '{"registry.example": "somebody"}' ;;
    get) echo "{\"ServerURL\": \"$server\", \"Username\": \"somebody\", \"Secret\": \"secret\"}" ;;
esac
"#;
    fs::write(&helper, script).unwrap();
    fs::set_permissions(&helper, fs::Permissions::from_mode(0o755)).unwrap();
    let host = format!("unix://{}", daemon.socket.display());
    let words =
        ["--host", &host, "run", "--rm", "--use-api-socket", "busybox", "sh", "-c", "cat $DOCKER_CONFIG/*"];
    let path = format!("{}:{}", home.display(), std::env::var("PATH").unwrap());
    let output = corten.command(&words).env("PATH", path).output().unwrap();
    assert_eq!(value(&String::from_utf8_lossy(&output.stdout)), value(CONFIGURATION), "{output:?}");
}

#[test]
fn without_a_daemon_there_is_no_socket_to_hand_on() {
    let Some(corten) = setup::busybox() else { return };
    let refused = corten.run(&["run", "--use-api-socket", "busybox", "true"]).exited(125).stderr();
    assert!(refused.contains("--use-api-socket needs an engine that listens"), "{refused}");
    assert_eq!(corten.run(&["ps", "--all", "--quiet"]).success().stdout(), "");
}
