//! What `daemon.json` says is done, or refused.

use std::fs;

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
fn a_changed_file_is_taken_up_on_sighup_and_a_wrong_one_is_not() {
    let Some(corten) = setup::engine() else { return };
    let file = corten.root().scratch().join("daemon.json");
    fs::write(&file, "{}").unwrap();
    let mut daemon = Daemon::start(&corten, &["--config-file", file.to_str().unwrap()]);
    let hang_up = || rustix::process::kill_process(daemon.pid(), rustix::process::Signal::HUP).unwrap();
    fs::write(&file, r#"{"insecure-registries": ["example.com"]}"#).unwrap();
    hang_up();
    // Signals of a kind are not counted: each is to be taken before the next.
    std::thread::sleep(std::time::Duration::from_millis(200));
    fs::write(&file, r#"{"nonsense": 1}"#).unwrap();
    hang_up();
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert!(daemon.ask("GET /_ping", b"").ends_with("OK"));
    let said = String::from_utf8(daemon.end(rustix::process::Signal::TERM).stderr).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[1], "configuration reloaded", "{said}");
    assert!(
        lines[2].starts_with("the configuration stays as it was: ") && lines[2].ends_with("nonsense"),
        "{said}"
    );
}
