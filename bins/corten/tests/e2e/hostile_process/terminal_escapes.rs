//! Bytes that make a terminal do things, in everything that strangers name.

use corten_image_archive::{Config, Entry};
use corten_testkit::{Corten, images};

use crate::setup;

/// Clears the screen, sets the window's title, and begins a line that looks like one of ours.
const EVIL: &str = "\x1b[2J\x1b]0;evil\x07\r\nfake\u{9b}31m";

/// Whether a terminal would do no more with the text than print lines and columns.
fn is_plain(bytes: &[u8]) -> bool {
    // Some of Docker's lines end for terminals in raw mode.
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    !text.contains(|character: char| character.is_control() && !matches!(character, '\n' | '\t'))
}

#[track_caller]
fn assert_plain(corten: &Corten, arguments: &[&str]) {
    let outcome = corten.run(arguments);
    assert!(is_plain(&outcome.stdout_bytes) && is_plain(&outcome.stderr_bytes), "{outcome:?}");
}

#[test]
fn names_with_control_characters_are_refused() {
    let Some(corten) = setup::busybox() else { return };
    for option in ["--name", "--user", "--workdir", "--sysctl", "--cap-add", "--log-driver"] {
        let outcome = corten.run(&["run", option, EVIL, "busybox", "true"]);
        assert_ne!(outcome.code, 0, "{option}");
        assert!(is_plain(&outcome.stdout_bytes) && is_plain(&outcome.stderr_bytes), "{outcome:?}");
    }
    // A place for a volume may be called so; Docker takes it, too.
    assert_plain(&corten, &["create", "--name", "box", "--volume", EVIL, "busybox"]);
    for command in [["run", EVIL], ["start", EVIL], ["inspect", EVIL], ["rmi", EVIL], [EVIL, "x"]] {
        assert_plain(&corten, &command);
    }
}

#[test]
fn what_a_container_calls_itself_does_nothing_to_a_terminal() {
    let Some(corten) = setup::busybox() else { return };
    let label = format!("a={EVIL}");
    let arguments = [
        "run",
        "--detach",
        "--name",
        "box",
        "--label",
        &label,
        "--env",
        &label,
        "busybox",
        "sh",
        "-c",
        "sleep 1000; :",
        EVIL,
    ];
    corten.run(&arguments).success();
    let tables: [&[&str]; 6] = [
        &["ps", "--no-trunc"],
        &["ps", "--format", "table {{.Names}}\t{{.Command}}\t{{.Labels}}\t{{.Label \"a\"}}"],
        &["top", "box"],
        &["top", "box", "aux"],
        &["events", "--since", "0", "--until", "0s"],
        &["exec", "box", EVIL],
    ];
    for arguments in tables {
        assert_plain(&corten, arguments);
    }
    let processes = corten.run(&["top", "box", "-o", "pid,args"]).success().stdout();
    assert_eq!(processes.lines().count(), 3, "{processes}");
}

#[test]
fn what_an_image_says_does_nothing_to_a_terminal() {
    let Some(corten) = setup::engine() else { return };
    let config = Config {
        command: vec![EVIL.to_owned()],
        working_directory: format!("/proc/self/fd/{EVIL}"),
        user: EVIL.to_owned(),
        ..Config::for_this_machine()
    };
    let entries = [Entry::directory("etc")];
    let Some(archive) = images::hostile(corten.root().scratch(), &entries, config) else { return };
    corten.load(&archive);
    let commands: [&[&str]; 5] = [
        &["run", "hostile"],
        &["run", "--user", "0", "hostile"],
        &["run", "--user", "0", "--workdir", "/", "hostile"],
        &["ps", "--all"],
        &["history", "--no-trunc", "hostile"],
    ];
    for arguments in commands {
        assert_plain(&corten, arguments);
    }
}
