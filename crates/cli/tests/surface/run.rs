//! `run` as a script sees it: requests in their order, streams, texts and exit codes.

use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};

use crate::support::{Engine, ID, Play, program};

fn text(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn attaches_and_waits_before_it_starts() {
    let output = vec![(1, "out\n"), (2, "err\n"), (1, "more\n")];
    let engine = Engine::start(Play { output, exit_code: 3, ..Play::default() });
    let ran = text(&engine.run(&["run", "--name", "web", "alpine", "sh"]));
    assert_eq!(ran, (Some(3), "out\nmore\n".to_owned(), "err\n".to_owned()));
    assert_eq!(
        engine.requests(),
        [
            "POST /containers/create?name=web",
            "POST /containers/ID/attach?stream=1&stdout=1&stderr=1",
            "POST /containers/ID/wait?condition=next-exit",
            "POST /containers/ID/start",
        ]
    );
}

#[test]
fn with_rm_it_waits_for_the_removal() {
    let engine = Engine::start(Play::default());
    assert_eq!(engine.run(&["run", "--rm", "alpine"]).status.code(), Some(0));
    assert!(engine.requests().contains(&"POST /containers/ID/wait?condition=removed".to_owned()));
}

#[test]
fn in_the_background_it_prints_the_id_and_leaves() {
    let engine = Engine::start(Play { until_killed: true, ..Play::default() });
    let ran =
        text(&engine.run(&["run", "-d", "--cidfile", engine.path().join("id").to_str().unwrap(), "alpine"]));
    assert_eq!(ran, (Some(0), format!("{ID}\n"), String::new()));
    assert_eq!(std::fs::read_to_string(engine.path().join("id")).unwrap(), ID);
    assert_eq!(engine.requests(), ["POST /containers/create", "POST /containers/ID/start"]);
}

#[test]
fn stdin_ends_and_the_answer_still_comes() {
    let engine = Engine::start(Play { echo: true, ..Play::default() });
    let mut client = engine
        .client(&["run", "-i", "alpine", "cat"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let sent: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
    client.stdin.take().unwrap().write_all(&sent).unwrap();
    let mut received = Vec::new();
    client.stdout.take().unwrap().read_to_end(&mut received).unwrap();
    assert_eq!(client.wait().unwrap().code(), Some(0));
    assert!(received == sent, "{} bytes came back of {}", received.len(), sent.len());
}

#[test]
fn a_failed_start_has_dockers_exit_code_and_frame() {
    for (why, code) in [
        (r#"exec: \"nope\": executable file not found in $PATH: unknown"#, 127),
        (r#"exec: \"/etc\": permission denied: unknown"#, 126),
        (r#"exec: \"/etc\": is a directory: unknown"#, 126),
        ("cgroup: cannot do it", 125),
    ] {
        let body: &'static str = format!(r#"{{"message":"{why}"}}"#).leak();
        let engine = Engine::start(Play {
            answers: vec![("POST /containers/ID/start", 400, body)],
            ..Play::default()
        });
        let said = why.replace("\\\"", "\"");
        let frame = format!(
            "corten: Error response from daemon: {said}\n\nRun 'corten run --help' for more information\n"
        );
        assert_eq!(text(&engine.run(&["run", "alpine", "nope"])), (Some(code), String::new(), frame));
    }
}

#[test]
fn an_image_that_is_not_there_is_pulled_unless_it_must_not_be() {
    let answers = vec![
        ("POST /containers/create", 404, r#"{"message":"No such image: nope:latest"}"#),
        ("POST /images/create", 404, r#"{"message":"pull access denied for nope"}"#),
    ];
    let engine = Engine::start(Play { answers, ..Play::default() });
    let (code, stdout, stderr) = text(&engine.run(&["run", "nope"]));
    assert_eq!((code, stdout.as_str()), (Some(125), ""));
    assert!(stderr.starts_with("Unable to find image 'nope:latest' locally\n"), "{stderr}");
    assert!(stderr.contains("Error response from daemon: pull access denied for nope"), "{stderr}");
    let (code, _, stderr) = text(&engine.run(&["run", "--pull", "never", "nope"]));
    assert_eq!(code, Some(125));
    assert!(
        stderr.starts_with("corten: Error response from daemon: No such image: nope:latest\n"),
        "{stderr}"
    );
}

#[test]
fn what_is_refused_reaches_no_engine() {
    let engine = Engine::start(Play::default());
    for (arguments, code, begins) in [
        (
            &["run", "--network-alias", "other", "alpine"][..],
            125,
            "--network-alias is not supported: networks of one's own are not built yet\n",
        ),
        (&["run", "--nope", "alpine"], 125, "unknown flag: --nope\n\nUsage:  corten run [OPTIONS] IMAGE"),
        (&["run"], 1, "corten: 'corten run' requires at least 1 argument\n\nUsage:  corten run [OPTIONS]"),
        (&["run", "-d", "-a", "stdout", "alpine"], 1, "conflicting options: cannot specify both --attach"),
        (&["run", "-it", "alpine"], 1, "the input device is not a TTY\n"),
        (&["run", "--pid", "x", "alpine"], 125, "corten: --pid: invalid PID mode\n\nRun 'corten run --help'"),
        (
            &["run", "--link", "a:b:c", "alpine"],
            125,
            "invalid argument \"a:b:c\" for \"--link\" flag: bad format for links: a:b:c",
        ),
        (&["run", "A:b:c"], 125, "corten: invalid reference format"),
        (&["build", "."], 1, "corten: 'corten build' is not built yet\n"),
        (&["network", "create", "x"], 1, "corten: 'corten network create' is not built yet\n"),
        (&["nope"], 1, "corten: unknown command: corten nope\n\nRun 'corten --help' for more information\n"),
    ] {
        let (given, stdout, stderr) = text(&engine.run(arguments));
        assert_eq!((given, stdout.as_str()), (Some(code), ""), "{arguments:?}: {stderr}");
        assert!(stderr.starts_with(begins), "{arguments:?}: {stderr}");
    }
    assert!(engine.requests().is_empty(), "{:?}", engine.requests());
}

#[test]
fn without_an_engine_run_ends_with_125() {
    let mut client = Command::new(program());
    client.args(["--host", "unix:///no/such/socket", "run", "alpine"]);
    let (code, _, stderr) = text(&client.stdin(Stdio::null()).output().unwrap());
    assert_eq!(code, Some(125));
    let begins = "corten: Cannot connect to the Docker daemon at unix:///no/such/socket. Is the docker daemon running?";
    assert!(stderr.starts_with(begins), "{stderr}");
}
