//! Commands on the engine and on images, against answers that do not change.

use crate::support::{Engine, Play};
use expect_test::{Expect, expect};

/// Runs one command against one answer; shows stdout, stderr and the exit code.
fn check(arguments: &[&str], answer: (&'static str, u16, &'static str), expected: &Expect) {
    let engine = Engine::start(Play { answers: vec![answer], ..Play::default() });
    let output = engine.run(arguments);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let shown = format!(
        "{}{}exit code {}\n",
        text(&output.stdout),
        text(&output.stderr),
        output.status.code().unwrap()
    );
    expected.assert_eq(&shown);
}

#[test]
fn check_tells_what_is_wrong_and_fails() {
    let body = r#"{"Problems":[{"Kind":"layer","Object":"sha256:1","Detail":"has no directory"}],
        "Repaired":[{"Kind":"container","Object":"abc","Detail":"was half removed"}]}"#;
    check(
        &["system", "check", "--repair"],
        ("POST /corten/v1/system/check?repair=1", 200, body),
        &expect![[r#"
        Repaired: container abc: was half removed
        Problem: layer sha256:1: has no directory
        exit code 1
    "#]],
    );
    check(
        &["system", "check"],
        ("POST /corten/v1/system/check", 200, "{}"),
        &expect![[r#"
        No problems found
        exit code 0
    "#]],
    );
}

#[test]
fn settle_tells_how_much_it_waited_for() {
    check(
        &["system", "settle"],
        ("POST /corten/v1/system/settle", 200, r#"{"Waited":2}"#),
        &expect![[r#"
        Settled: waited for 2
        exit code 0
    "#]],
    );
}

#[test]
fn openapi_prints_what_the_engine_serves() {
    check(
        &["system", "openapi"],
        ("GET /corten/openapi.json", 200, r#"{"openapi":"3.1.0"}"#),
        &expect![[r#"
        {
          "openapi": "3.1.0"
        }
        exit code 0
    "#]],
    );
}

#[test]
fn a_load_that_fails_half_way_fails() {
    let body = "{\"stream\":\"Loaded image: a:1\\n\"}\r\n{\"errorDetail\":{\"message\":\"bad layer\"},\"error\":\"bad layer\"}\r\n";
    check(
        &["load"],
        ("POST /images/load?quiet=1", 200, body),
        &expect![[r#"
        Loaded image: a:1
        bad layer
        exit code 1
    "#]],
    );
}

#[test]
fn rmi_goes_on_and_reports_each() {
    let body = r#"[{"Untagged":"a:1"},{"Deleted":"sha256:0"}]"#;
    check(
        &["rmi", "a:1", "nope"],
        ("DELETE /images/a:1", 200, body),
        &expect![[r#"
        Untagged: a:1
        Deleted: sha256:0
        Error response from daemon: page not found
        exit code 1
    "#]],
    );
}

#[test]
fn inspect_indents_what_the_engine_sent() {
    let body = r#"{"Id":"abc","State":{"Running":true},"Args":[]}"#;
    check(
        &["container", "inspect", "abc"],
        ("GET /containers/abc/json", 200, body),
        &expect![[r#"
        [
            {
                "Id": "abc",
                "State": {
                    "Running": true
                },
                "Args": []
            }
        ]
        exit code 0
    "#]],
    );
    check(
        &["inspect", "nope"],
        ("GET /containers/x", 200, body),
        &expect![[r#"
        []
        Error: No such object: nope
        exit code 1
    "#]],
    );
    check(
        &["inspect", "-f", "{{.ID", "abc"],
        ("GET /containers/x", 200, body),
        &expect![[r#"
        template parsing error: template: 1:6: unclosed action
        exit code 64
    "#]],
    );
}

#[test]
fn top_keeps_its_columns() {
    let body = r#"{"Titles":["PID","CMD"],"Processes":[["1","sh"],["12","sleep 5"]]}"#;
    check(
        &["top", "abc", "-o", "pid,cmd"],
        ("GET /containers/abc/top?ps_args=-o%20pid%2Ccmd", 200, body),
        &expect![[r#"
        PID                 CMD
        1                   sh
        12                  sleep 5
        exit code 0
    "#]],
    );
}

#[test]
fn diff_says_what_happened_to_each_path() {
    let body = r#"[{"Path":"/a","Kind":0},{"Path":"/a/new","Kind":1},{"Path":"/gone","Kind":2}]"#;
    check(
        &["diff", "box"],
        ("GET /containers/box/changes", 200, body),
        &expect![[r#"
        C /a
        A /a/new
        D /gone
        exit code 0
    "#]],
    );
    check(
        &["container", "diff", "box"],
        ("GET /containers/box/changes", 200, "null"),
        &expect![[r#"
        exit code 0
    "#]],
    );
}
