//! What the API's requests about files are answered with.

use std::io::Write as _;
use std::process::{Command, Stdio};

use corten_testkit::requirement;

use super::transcript::container;
use crate::daemon::Daemon;
use crate::setup;

#[test]
fn requests_about_files_are_answered_as_docker_does() {
    let Some(corten) = setup::busybox() else { return };
    if !requirement::root() {
        return;
    }
    container(&corten, "box", &["--network", "none"]);
    let daemon = Daemon::start(&corten, &[]);
    let path = |path: &str| format!("/v1.41/containers/box/archive?path={path}");
    let status = |answer: &str| answer.split(' ').nth(1).unwrap().to_owned();
    let message = |answer: &str| answer.rsplit_once("\r\n").unwrap().1.trim_end().to_owned();
    for (request, expected, said) in [
        ("HEAD /q/file", "200", ""),
        ("HEAD /q/nofile", "404", ""),
        ("GET /q/nofile", "404", r#"{"message":"Could not find the file /q/nofile in container box"}"#),
        ("GET /q/file/x", "500", r#"{"message":"lstat /q/file/x: not a directory"}"#),
        ("GET ", "400", r#"{"message":"bad parameter: pathcannot be empty"}"#),
        ("PUT /q/nodir", "404", r#"{"message":"Could not find the file /q/nodir in container box"}"#),
        ("PUT /q/file", "400", r#"{"message":"extraction point is not a directory"}"#),
        ("PUT /q/dang", "404", r#"{"message":"Could not find the file /q/dang in container box"}"#),
        ("PUT /q/odir", "200", ""),
        ("PUT ", "400", r#"{"message":"bad parameter: pathcannot be empty"}"#),
    ] {
        let (method, asked) = request.split_once(' ').unwrap();
        let answer = daemon.ask(&format!("{method} {}", path(asked)), b"");
        assert_eq!((status(&answer).as_str(), message(&answer).as_str()), (expected, said), "{request}");
    }
    let nobody = daemon.ask("GET /v1.41/containers/nobody/archive?path=/", b"");
    assert_eq!(message(&nobody), r#"{"message":"No such container: nobody"}"#);
}

#[test]
fn a_path_is_described_in_a_header() {
    let Some(corten) = setup::busybox() else { return };
    container(&corten, "box", &["--network", "none"]);
    corten.run(&["exec", "box", "touch", "-d", "2001-02-03 04:05:06", "/q/file"]).success();
    let daemon = Daemon::start(&corten, &[]);
    let stat = |path: &str| {
        let answer = daemon.ask(&format!("HEAD /v1.51/containers/box/archive?path={path}"), b"");
        let header =
            answer.lines().find_map(|line| line.strip_prefix("x-docker-container-path-stat: ")).unwrap();
        let decoded =
            Command::new("base64").args(["-d"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut decoder = decoded.unwrap();
        decoder.stdin.take().unwrap().write_all(header.as_bytes()).unwrap();
        String::from_utf8(decoder.wait_with_output().unwrap().stdout).unwrap()
    };
    let file = r#"{"name":"file","size":7,"mode":420,"mtime":"2001-02-03T04:05:06Z","linkTarget":""}"#;
    assert_eq!(stat("/q/file"), file);
    assert_eq!(stat("q/../q/file"), file);
    for (path, name, mode, target) in [
        ("/q/dir", "dir", 0o755_u32 | 1 << 31, ""),
        ("/q/dir/.", ".", 0o755 | 1 << 31, ""),
        ("/q/dl", "dl", 0o777 | 1 << 27, "/q/dir"),
        ("/q/dl/", "dl", 0o755 | 1 << 31, ""),
        ("/q/dang1", "dang1", 0o777 | 1 << 27, "/q/dang2"),
        ("/q/chain2", "chain2", 0o777 | 1 << 27, "/q/dir/sub"),
        ("/q/pipe", "pipe", 0o640 | 1 << 25, ""),
        ("/q/dir/sub/g", "g", 0o755 | 1 << 23, ""),
        ("/q/odir", "odir", 0o777 | 1 << 31 | 1 << 20, ""),
        ("/dev/null", "null", 0o666 | 1 << 26 | 1 << 21, ""),
        ("/", "/", 0o755 | 1 << 31, ""),
    ] {
        let said = stat(path);
        let expected = (
            format!("{{\"name\":\"{name}\","),
            format!("\"mode\":{mode},"),
            format!("\"linkTarget\":\"{target}\"}}"),
        );
        assert!(
            said.starts_with(&expected.0) && said.contains(&expected.1) && said.ends_with(&expected.2),
            "{said}"
        );
    }
}
