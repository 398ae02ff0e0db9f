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
