//! What `daemon.json` says is done, or refused.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::setup;

use super::Daemon;

#[test]
fn a_configuration_is_looked_at_without_a_daemon() {
    let Some(corten) = setup::engine() else { return };
    let file = corten.root().scratch().join("daemon.json");
    let file = file.to_str().unwrap();
    let validate = ["daemon", "--validate", "--config-file", file];
    fs::write(file, r#"{"hosts": ["unix:///run/x.sock"], "tlsverify": false}"#).unwrap();
    assert_eq!(corten.run(&validate).success().stdout(), "configuration OK\n");
    fs::write(file, r#"{"hostz": []}"#).unwrap();
    assert_eq!(
        corten.run(&validate).exited(1).stderr(),
        format!(
            "unable to configure the daemon with file {file}: the following directives don't match any configuration option: hostz\n"
        )
    );
}

#[test]
fn a_daemon_does_not_start_where_no_container_could_log() {
    let Some(corten) = setup::engine() else { return };
    let file = corten.root().scratch().join("daemon.json");
    for (written, told) in [
        (r#"{"log-driver": "x"}"#, "logger: no log driver named 'x' is registered"),
        (r#"{"log-opts": {"max-size": "x"}}"#, "invalid size: 'x'"),
        (r#"{"log-driver": "syslog"}"#, "log driver `syslog` is not built yet"),
    ] {
        fs::write(&file, written).unwrap();
        for flags in [&["--validate"][..], &[]] {
            let daemon = [&["daemon", "--config-file", file.to_str().unwrap()], flags].concat();
            let refused = corten.run(&daemon).exited(1).stderr();
            assert!(refused.starts_with("failed to set log opts: ") && refused.contains(told), "{refused}");
        }
    }
}

#[test]
fn a_changed_file_is_taken_up_on_sighup_and_a_wrong_one_is_not() {
    let Some(corten) = setup::engine() else { return };
    let file = corten.root().scratch().join("daemon.json");
    fs::write(&file, "{}").unwrap();
    let mut daemon = Daemon::start(&corten, &["--config-file", file.to_str().unwrap()]);
    let pid = daemon.pid();
    let hang_up = || rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    fs::write(&file, r#"{"insecure-registries": ["example.com"]}"#).unwrap();
    hang_up();
    let reloaded = daemon.await_log("eload");
    assert!(reloaded.ends_with("level=info msg=\"Reloaded configuration\""), "{reloaded}");
    fs::write(&file, r#"{"nonsense": 1}"#).unwrap();
    hang_up();
    let refused = daemon.await_log("eload");
    assert!(
        refused.contains("level=error msg=\"Error reloading configuration: ") && refused.contains("nonsense"),
        "{refused}"
    );
    assert!(daemon.ask("GET /_ping", b"").ends_with("OK"));
}

#[test]
fn requests_are_logged_while_the_daemon_is_debugged_and_info_says_so() {
    let Some(corten) = setup::engine() else { return };
    let file = corten.root().scratch().join("daemon.json");
    fs::write(&file, r#"{"debug": true, "log-format": "json"}"#).unwrap();
    let mut daemon = Daemon::start(&corten, &["--config-file", file.to_str().unwrap()]);
    assert!(daemon.ask("GET /info", b"").contains("\"Debug\":true,"));
    assert!(daemon.ask("GET /containers/nobody/json", b"").starts_with("HTTP/1.1 404"));
    fs::write(&file, r#"{"debug": false, "log-format": "json"}"#).unwrap();
    rustix::process::kill_process(daemon.pid(), rustix::process::Signal::HUP).unwrap();
    while daemon.ask("GET /info?after", b"").contains("\"Debug\":true,") {}
    daemon.ask("GET /_ping?silent", b"");
    let said = String::from_utf8(daemon.end(rustix::process::Signal::TERM).stderr).unwrap();
    let lines: Vec<serde_json::Value> =
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let refused = lines.iter().find(|line| line["status"] == "404").unwrap_or_else(|| panic!("{said}"));
    assert_eq!(refused["level"], "debug");
    assert_eq!(refused["msg"], "error response for GET request");
    assert_eq!(refused["error-response"], "No such container: nobody");
    assert_eq!(refused["request-url"], "/containers/nobody/json");
    assert!(lines.iter().any(|line| line["msg"] == "handling GET request"), "{said}");
    assert!(!said.contains("silent"), "{said}");
}

#[test]
fn metrics_are_served_at_an_address_of_their_own() {
    let Some(corten) = setup::engine() else { return };
    corten.run(&["create", "hello"]).success();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let daemon = Daemon::start(&corten, &["--metrics-addr", &format!("127.0.0.1:{port}")]);
    assert!(daemon.ask("GET /_ping", b"").ends_with("OK"));
    let ask = |path: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let answer = ask("/metrics");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\ncontent-type: application/openmetrics-text;"), "{answer}");
    for line in [
        "engine_daemon_container_states_containers{state=\"stopped\"} 1",
        "corten_api_requests_total{operation=\"SystemPing\",code=\"200\"} 1",
        "# EOF",
    ] {
        assert!(answer.lines().any(|found| found == line), "{line}\n{answer}");
    }
    assert!(ask("/containers/json").starts_with("HTTP/1.1 404"));
}
