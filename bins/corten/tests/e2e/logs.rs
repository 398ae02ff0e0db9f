//! What a container said, told again later.

use crate::setup;

#[test]
fn logs_keep_both_streams_apart() {
    let Some(corten) = setup::busybox() else { return };
    corten
        .run(&["run", "--name", "box", "busybox", "sh", "-c", "echo one; echo two >&2; echo three"])
        .success();
    let all = corten.run(&["logs", "box"]).success();
    assert_eq!((all.stdout().as_str(), all.stderr().as_str()), ("one\nthree\n", "two\n"));
}

#[test]
fn logs_can_be_asked_for_in_part() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--name", "box", "busybox", "sh", "-c", "echo one; echo two; echo three"]).success();
    assert_eq!(corten.run(&["logs", "--tail", "2", "box"]).success().stdout(), "two\nthree\n");
    assert_eq!(corten.run(&["logs", "--since", "2200-01-01", "box"]).success().stdout(), "");
    assert_eq!(corten.run(&["logs", "--since", "2999-01-01", "box"]).success().stdout(), "");
    let stamped = corten.run(&["logs", "--timestamps", "--tail", "1", "box"]).success().line();
    assert!(stamped.ends_with("Z three"), "{stamped}");
}

#[test]
fn following_ends_with_the_container() {
    let Some(corten) = setup::busybox() else { return };
    let script = "echo early; read line; echo $line";
    corten
        .run(&["run", "--detach", "--interactive", "--name", "box", "busybox", "sh", "-c", script])
        .success();
    let follower = corten.spawn(&mut corten.command(&["logs", "--follow", "box"]));
    corten.run_with_input(&["attach", "box"], b"late\n").success();
    let output = follower.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "early\nlate\n");
}

#[test]
fn a_log_may_be_bounded() {
    let Some(corten) = setup::busybox() else { return };
    let options = ["--log-opt", "max-size=10k", "--log-opt", "max-file=2"];
    let arguments = [&["run", "--name", "box"], options.as_slice(), &["busybox", "seq", "5000"]].concat();
    corten.run(&arguments).success();
    let kept = corten.run(&["logs", "box"]).success().stdout();
    let kept: Vec<u32> = kept.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(kept.last(), Some(&5000));
    assert!(kept.len() < 1000, "{} lines in 20 kB", kept.len());
    assert!(kept.is_sorted_by(|one, next| next - one == 1), "a gap in the middle");
    let refused = corten.run(&["create", "--log-opt", "bogus=1", "busybox"]).exited(1);
    assert!(
        refused.stderr().contains("unknown log opt 'bogus' for json-file log driver"),
        "{}",
        refused.stderr()
    );
}

#[test]
fn a_log_that_nobody_bounded_is_bounded_all_the_same() {
    let Some(corten) = setup::busybox() else { return };
    let lines = |name: &str, options: &[&str]| {
        let say = "yes $(printf %01000d 0) | head -n 40000 | cat -n";
        let run = ["run", "--detach", "--name", name];
        corten.run(&[run.as_slice(), options, &["busybox", "sh", "-c", say]].concat()).success();
        assert_eq!(corten.run(&["wait", name]).success().line(), "0");
        let log = corten.run(&["logs", name]).success().stdout();
        let number = |line: &str| line.split('\t').next().unwrap().trim().parse::<usize>().unwrap();
        assert_eq!(log.lines().last().map(number), Some(40_000));
        (number(log.lines().next().unwrap()), log.lines().count())
    };
    assert_eq!(lines("all", &["--log-opt", "max-size=-1"]), (1, 40_000));
    // Three files of ten megabytes, of which the last has been begun.
    let (first, count) = lines("bounded", &[]);
    assert!((18_000..30_000).contains(&count), "{count} lines");
    assert_eq!(first + count - 1, 40_000, "none is missing in between");
    let last = corten.run(&["logs", "--tail", "15000", "bounded"]).success().stdout();
    assert_eq!(last.lines().count(), 15_000, "more than the last file holds");
}

#[test]
fn labels_variables_and_a_tag_stand_beside_each_line() {
    let Some(corten) = setup::busybox() else { return };
    let options = ["labels=team", "env-regex=^APP_", "tag={{.Name}}/{{.ImageName}}"];
    let mut arguments = vec!["run", "--name", "box", "--label", "team=a b", "-e", "APP_X=1", "-e", "OTHER=2"];
    options.iter().for_each(|option| arguments.extend(["--log-opt", option]));
    arguments.extend(["busybox", "echo", "hello"]);
    corten.run(&arguments).success();
    let shown = corten.run(&["logs", "--details", "box"]).success().stdout();
    assert_eq!(shown, "APP_X=1,tag=box%2Fbusybox,team=a+b hello\n");
    assert_eq!(corten.run(&["logs", "box"]).success().stdout(), "hello\n");
    let path = corten.run(&["inspect", "--format", "{{.LogPath}}", "box"]).success().line();
    let line = std::fs::read_to_string(path).unwrap();
    let expected = r#""attrs":{"APP_X":"1","tag":"box/busybox","team":"a b"},"time":""#;
    assert!(line.contains(expected), "{line}");
    let refused = corten.run(&["run", "--log-opt", "max-file=0", "busybox", "true"]).exited(125);
    assert!(refused.stderr().contains("max-file cannot be less than 1"), "{}", refused.stderr());
}

#[test]
fn what_a_log_could_not_keep_is_told() {
    let Some(corten) = setup::busybox() else { return };
    corten
        .run(&[
            "create",
            "--interactive",
            "--name",
            "box",
            "busybox",
            "sh",
            "-c",
            "echo lost; read line; echo kept",
        ])
        .success();
    let log = corten.run(&["inspect", "--format", "{{.LogPath}}", "box"]).success().line();
    std::fs::create_dir(&log).unwrap();
    corten.run_with_input(&["start", "--attach", "--interactive", "box"], b"\n").success();
    let gap = corten.run(&["inspect", "--format", "{{json .State.LogGap}}", "box"]).success().line();
    assert!(gap.contains(r#""DroppedEntries":2"#) && gap.contains(r#""DroppedBytes":10"#), "{gap}");
    std::fs::remove_dir(&log).unwrap();
    corten.run_with_input(&["start", "--attach", "--interactive", "box"], b"\n").success();
    assert_eq!(corten.run(&["logs", "box"]).success().stdout(), "lost\nkept\n");
    let document = corten.run(&["inspect", "box"]).success().stdout();
    assert!(!document.contains("LogGap"), "{document}");
}

#[test]
fn bytes_that_are_no_text_come_back_from_a_local_log_and_as_dockers_replacement_from_the_default_one() {
    let Some(corten) = setup::busybox() else { return };
    for (driver, expected) in
        [("local", b"a\xff\xc3\x28\n".as_slice()), ("json-file", "a\u{fffd}\u{fffd}(\n".as_bytes())]
    {
        let say = ["busybox", "printf", "a\\377\\303(\\n"];
        corten.run(&[&["run", "--name", driver, "--log-driver", driver], &say[..]].concat()).success();
        let logs = corten.command(&["logs", driver]).output().unwrap();
        assert_eq!(logs.stdout, expected, "{driver}");
    }
}

#[test]
fn a_local_log_reads_as_any_other_and_is_compressed_where_it_is_told_to_be() {
    let Some(corten) = setup::busybox() else { return };
    let options = ["--log-driver", "local", "--log-opt", "max-size=10k", "--log-opt", "max-file=100"];
    let say = "seq 3000; read line; echo last";
    let arguments =
        [&["run", "--detach", "--interactive", "--name", "box"], &options[..], &["busybox", "sh", "-c", say]]
            .concat();
    corten.run(&arguments).success();
    assert_eq!(
        corten
            .run(&["inspect", "--format", "{{.HostConfig.LogConfig.Type}} {{.LogPath}}.", "box"])
            .success()
            .line(),
        "local ."
    );
    let id = corten.run(&["inspect", "--format", "{{.Id}}", "box"]).success().line();
    let directory = corten.root().state().join("containers").join(id);
    let packed = || {
        let names = std::fs::read_dir(&directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(".gz")).count()
    };
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while packed() < 10 {
        assert!(std::time::Instant::now() < until, "{} files are compressed", packed());
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let expected: String = (1..=3000).map(|number| format!("{number}\n")).collect();
    assert_eq!(corten.run(&["logs", "box"]).success().stdout(), expected);
    assert_eq!(
        corten.run(&["logs", "--tail", "2000", "box"]).success().stdout().lines().next(),
        Some("1001")
    );
    corten.run_with_input(&["attach", "box"], b"\n").success();
    assert_eq!(corten.run(&["logs", "box"]).success().stdout(), expected + "last\n");
    let refused = corten.run(&["create", "--log-driver", "local", "--log-opt", "tag=x", "busybox"]).exited(1);
    assert!(refused.stderr().contains("unknown log opt 'tag' for log driver local"), "{}", refused.stderr());
}

#[test]
fn a_follower_ends_with_the_first_line_after_its_time() {
    let Some(corten) = setup::busybox() else { return };
    let script = "while :; do echo line; sleep 0.05; done";
    corten.run(&["run", "--detach", "--name", "box", "busybox", "sh", "-c", script]).success();
    let followed = corten.run(&["logs", "--follow", "--until", "1ms", "box"]).success();
    assert!(followed.stdout().lines().all(|line| line == "line"), "{followed:?}");
}
