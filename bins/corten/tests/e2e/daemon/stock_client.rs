//! Docker's own client against the daemon.

use super::{Daemon, docker};
use crate::setup;

#[test]
fn the_stock_client_runs_containers() {
    let Some(corten) = setup::busybox() else { return };
    let daemon = Daemon::start(&corten, &[]);
    let Some(docker) = docker(&daemon.socket) else { return };
    let said = |words: &[&str]| {
        let output = docker(words).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(said(&["run", "--rm", "busybox", "echo", "hello"]), "hello\n");
    said(&["run", "--detach", "--name", "box", "busybox", "sleep", "1000"]);
    assert_eq!(said(&["ps", "--format", "{{.Names}} {{.Image}}"]), "box busybox\n");
    assert_eq!(
        said(&["exec", "box", "hostname"]).trim_end(),
        said(&["inspect", "--format", "{{.Config.Hostname}}", "box"]).trim_end()
    );
    let failed = docker(&["run", "--rm", "busybox", "sh", "-c", "exit 3"]).status().unwrap();
    assert_eq!(failed.code(), Some(3));
    assert_eq!(said(&["rm", "--force", "box"]), "box\n");
}

#[test]
fn the_stock_client_finds_the_networks_that_every_engine_has() {
    let Some(corten) = setup::busybox() else { return };
    let daemon = Daemon::start(&corten, &[]);
    let Some(docker) = docker(&daemon.socket) else { return };
    let listed = |words: &[&str]| {
        let output = docker(&[&["network", "ls", "--no-trunc"], words].concat()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let names = ["--format", "{{.Name}} {{.Driver}} {{.Scope}}"];
    assert_eq!(listed(&names), "bridge bridge local\nhost host local\nnone null local\n");
    // Ids stay what they are when the network is made.
    let before = listed(&["--format", "{{.ID}}"]);
    corten.run(&["run", "--detach", "--name", "box", "busybox", "sleep", "1000"]).success();
    assert_eq!(listed(&["--format", "{{.ID}}"]), before);
    let inspected = |format: &str| {
        let output = docker(&["network", "inspect", "bridge", "--format", format]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    };
    let shown = |format: &str| {
        corten.run(&["inspect", "--format", format, "box"]).success().stdout().trim_end().to_owned()
    };
    assert_eq!(
        inspected(
            "{{.ID}} {{(index .IPAM.Config 0).Gateway}} {{range .Containers}}{{.Name}} {{.IPv4Address}} {{.MacAddress}}{{end}}"
        ),
        shown(
            "{{with .NetworkSettings.Networks.bridge}}{{.NetworkID}} {{.Gateway}} box {{.IPAddress}}/{{.IPPrefixLen}} {{.MacAddress}}{{end}}"
        )
    );
    // Our own client says the same.
    assert_eq!(
        corten.run(&["network", "ls", "--no-trunc", "--format", "{{.ID}}"]).success().stdout(),
        before
    );
    let whole = docker(&["network", "inspect", "bridge"]).output().unwrap();
    assert_eq!(
        corten.run(&["network", "inspect", "bridge"]).success().stdout(),
        String::from_utf8(whole.stdout).unwrap()
    );
    let removed = docker(&["network", "rm", "bridge"]).output().unwrap();
    let why = String::from_utf8(removed.stderr).unwrap();
    assert!(why.contains("bridge is a pre-defined network and cannot be removed"), "{why}");
}

#[test]
fn the_stock_client_is_told_that_there_are_no_swarms_and_plugins() {
    let Some(corten) = setup::engine() else { return };
    let daemon = Daemon::start(&corten, &[]);
    let Some(docker) = docker(&daemon.socket) else { return };
    let plugins = docker(&["plugin", "ls", "--quiet"]).output().unwrap();
    assert!(plugins.status.success() && plugins.stdout.is_empty());
    let nodes = docker(&["node", "ls"]).output().unwrap();
    let why = String::from_utf8(nodes.stderr).unwrap();
    assert!(why.starts_with("Error response from daemon: This node is not a swarm manager."), "{why}");
}
