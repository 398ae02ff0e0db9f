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
