//! Contexts: names for engines, in files that Docker's own client reads and writes, too.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use corten_testkit::Corten;

use crate::setup;

use super::{Daemon, docker};

/// One of the two clients.
type Client<'a> = &'a dyn Fn(&[&str]) -> String;

/// Docker's client and ours with the same files; what they print on both streams.
fn pair(corten: &Corten) -> Option<[impl Fn(&[&str]) -> String; 2]> {
    // The look is for whether there is one.
    drop(docker(Path::new("/nowhere"))?);
    let home = corten.root().scratch().to_owned();
    let run = |program: String| {
        let home = home.clone();
        move |words: &[&str]| -> String {
            let mut command = Command::new(&program);
            command
                .args(words)
                .env_clear()
                .env("HOME", &home)
                .envs(std::env::vars().filter(|(name, _)| name == "PATH"));
            let output = command.stdin(Stdio::null()).output().expect("run a client");
            let texts = [output.stdout, output.stderr].concat();
            let text = String::from_utf8(texts).expect("text");
            // The default sockets differ, and with them the widths of columns.
            let lines = text.replace("/var/run/docker.sock", "/run/corten/corten.sock");
            lines.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect()
        }
    };
    Some(["docker".to_owned(), env!("CARGO_BIN_EXE_corten").to_owned()].map(run))
}

#[test]
fn what_one_client_writes_the_other_reads() {
    let Some(corten) = setup::engine() else { return };
    let Some([docker, ours]) = pair(&corten) else { return };
    let scratch = corten.root().scratch();
    let file = scratch.join("ca.pem");
    fs::write(&file, "not looked at").unwrap();
    let secure = format!("host=tcp://there:2376,ca={}", file.display());
    // Whoever writes, both say the same afterwards.
    let looks: [&[&str]; 6] = [
        &["context", "ls"],
        &["context", "ls", "--format", "json"],
        &["context", "ls", "--quiet"],
        &["context", "show"],
        &["context", "inspect", "default", "near", "far", "gone"],
        &[
            "context",
            "inspect",
            "--format",
            "{{.Name}} {{.Endpoints.docker.Host}} {{json .TLSMaterial}}",
            "far",
        ],
    ];
    let writers: [[Client; 2]; 2] = [[&docker, &ours], [&ours, &docker]];
    for [writer, other] in writers {
        writer(&[
            "context",
            "create",
            "near",
            "--description",
            "a <near> one",
            "--docker",
            "host=unix:///x.sock",
        ]);
        writer(&["context", "create", "far", "--docker", "host=tcp://there:2375,skip-tls-verify=true"]);
        writer(&["context", "create", "copy", "--from", "near", "--description", "other"]);
        writer(&["context", "use", "far"]);
        for words in looks {
            assert_eq!(writer(words), other(words), "{words:?}");
        }
        let archive = scratch.join("far.archive");
        writer(&["context", "export", "near", archive.to_str().unwrap()]);
        other(&["context", "import", "again", archive.to_str().unwrap()]);
        assert!(writer(&["context", "inspect", "again"]).contains("a \\u003cnear\\u003e one"));
        fs::remove_file(archive).unwrap();
        other(&["context", "rm", "--force", "near", "far", "copy", "again"]);
        assert_eq!(writer(&["context", "ls", "--quiet"]), "default\n");
        assert_eq!(writer(&["context", "show"]), "default\n");
    }
    // A certificate that is none is refused by both, and nothing is left of the attempt.
    for client in writers[0] {
        let refused = client(&["context", "create", "secure", "--docker", &secure]);
        assert!(refused.contains("failed to retrieve context tls info: ca.pem seems invalid"), "{refused}");
        assert_eq!(client(&["context", "ls", "--quiet"]), "default\n");
    }
}

#[test]
fn what_is_done_and_refused_is_told_as_docker_tells_it() {
    let Some(corten) = setup::engine() else { return };
    let Some([docker, ours]) = pair(&corten) else { return };
    let script: [&[&str]; 19] = [
        &["context", "create", "one", "--docker", "host=unix:///x.sock"],
        &["context", "create", "one", "--docker", "host=unix:///x.sock"],
        &["context", "create", "x"],
        &["context", "create", "default"],
        &["context", "create", "two", "--from", "one", "--docker", "host=unix:///x.sock"],
        &["context", "create", "two", "--docker", "host=ssh://a:b@c"],
        &["context", "create", "two", "--docker", "hots=x"],
        &["context", "update", "one", "--description", "first"],
        &["context", "update", "two", "--description", "second"],
        &["context", "use", "two"],
        &["context", "use", "one"],
        &["context", "rm", "one", "default", "two"],
        &["context", "import", "two", "/nowhere"],
        &["--context", "two", "context", "ls"],
        &["--context", "two", "ps"],
        &["--context", "two", "--host", "tcp://x:1", "ps"],
        &["context", "use", "default"],
        &["context", "rm", "one"],
        &["context", "show"],
    ];
    let said: Vec<[String; 2]> = {
        let theirs: Vec<String> = script.iter().map(|words| docker(words)).collect();
        script.iter().zip(theirs).map(|(words, theirs)| [theirs, ours(words)]).collect()
    };
    for (words, [theirs, ours]) in script.iter().zip(said) {
        assert_eq!(theirs, ours, "{words:?}");
    }
}

#[test]
fn a_context_leads_to_its_engine_until_something_nearer_is_named() {
    let Some(corten) = setup::engine() else { return };
    let daemon = Daemon::start(&corten, &[]);
    let host = format!("host=unix://{}", daemon.socket.display());
    corten.run(&["context", "create", "here", "--docker", &host]).success();
    corten.run(&["context", "create", "gone", "--docker", "host=unix:///nowhere.sock"]).success();
    corten.run(&["context", "use", "gone"]).success();
    let context = |words: &[&str], variables: &[(&str, &str)]| {
        let words = [words, &["version", "--format", "{{.Client.Context}}"]].concat();
        let mut command = corten.command(&words);
        command.env_remove("CORTEN_ROOT").env_remove("CORTEN_RUN_ROOT").envs(variables.iter().copied());
        let output = command.output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let unreachable =
        "gone\nCannot connect to the Docker daemon at unix:///nowhere.sock. Is the docker daemon running?\n";
    assert_eq!(context(&[], &[]), unreachable);
    assert_eq!(context(&[], &[("DOCKER_CONTEXT", "here")]), "here\n");
    assert_eq!(context(&["--context", "here"], &[("DOCKER_CONTEXT", "gone")]), "here\n");
    let socket = format!("unix://{}", daemon.socket.display());
    assert_eq!(context(&[], &[("DOCKER_CONTEXT", "gone"), ("DOCKER_HOST", &socket)]), "default\n");
    assert_eq!(context(&["--host", &socket], &[]), "default\n");
    // Directories name the engine in this process.
    let root = corten.root().state().to_str().unwrap().to_owned();
    let run = corten.root().run().to_str().unwrap().to_owned();
    assert_eq!(context(&["--root", &root, "--run-root", &run], &[]), "default\n");
}
