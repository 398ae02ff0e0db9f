//! What client libraries send and expect, where it differs from what Docker's own client does.

use crate::setup;

use super::Daemon;

#[test]
fn what_docker_does_not_know_is_ignored_and_sizes_are_answered_with_200() {
    let Some(corten) = setup::busybox() else { return };
    let daemon = Daemon::start(&corten, &[]);
    // The name stands in the query; dockerode sends it again in the body.
    let body = r#"{"name":"box","Image":"busybox","Cmd":["sleep","1000"],"Dns":["8.8.8.8"],"HostConfig":{"NetworkMode":"none"}}"#;
    let created = daemon.ask("POST /containers/create?name=box", body.as_bytes());
    assert!(created.starts_with("HTTP/1.1 201"), "{created}");
    let refused = daemon.ask("POST /containers/create?name=other", br#"{"Image":"busybox","tty":true}"#);
    assert!(refused.contains("`tty` has to be written `Tty`"), "{refused}");
    corten.run(&["start", "box"]).success();
    let exec =
        daemon.ask("POST /containers/box/exec", br#"{"Cmd":["sleep","1000"],"Tty":true,"hijack":true}"#);
    let id = exec.rsplit_once("\"Id\":\"").and_then(|(_, rest)| rest.split('"').next()).unwrap().to_owned();
    let started =
        daemon.ask(&format!("POST /exec/{id}/start"), br#"{"Detach":true,"Tty":true,"stdin":true}"#);
    assert!(started.starts_with("HTTP/1.1 200"), "{started}");
    // The container itself has no terminal.
    for path in [format!("/exec/{id}"), "/containers/box".to_owned()] {
        let resized = daemon.ask(&format!("POST {path}/resize?h=33&w=99"), b"");
        assert!(resized.starts_with("HTTP/1.1 200"), "{path}: {resized}");
    }
    let body = br#"{"container":"box","Cmd":["true"]}"#;
    let committed = daemon.ask("POST /commit?container=box&repo=made&tag=1", body);
    assert!(committed.starts_with("HTTP/1.1 201"), "{committed}");
    let command = corten.run(&["inspect", "--format", "{{json .Config.Cmd}}", "made:1"]).success();
    assert_eq!(command.stdout(), "[\"true\"]\n");
}
