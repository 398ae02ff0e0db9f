//! What `run` is asked for arrives inside the container.

use std::fs;

use crate::setup;

#[test]
fn the_environment_comes_from_the_image_the_file_and_the_flags() {
    let Some(corten) = setup::busybox() else { return };
    let file = corten.root().scratch().join("env");
    fs::write(&file, "# a comment\nFILE=from file\nBOTH=file\nNOT_SET_HERE\n").unwrap();
    let flags = ["--env-file", file.to_str().unwrap(), "--env", "BOTH=flag", "--env", "LC_ALL"];
    let arguments = [&["run", "--rm", "--hostname", "box"], flags.as_slice(), &["busybox", "env"]].concat();
    let environment = corten.run(&arguments).success().stdout();
    assert_eq!(
        environment.lines().collect::<Vec<_>>(),
        [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOSTNAME=box",
            "FILE=from file",
            "BOTH=flag",
            "LC_ALL=C.UTF-8",
            "HOME=/root"
        ]
    );
}

#[test]
fn mounts_are_what_they_were_asked_to_be() {
    let Some(corten) = setup::busybox() else { return };
    let host = corten.root().scratch().join("host");
    fs::create_dir(&host).unwrap();
    let (bind, made) = (format!("{}:/ro:ro", host.display()), format!("{}/made:/rw", host.display()));
    let options = ["--volume", &bind, "--volume", &made, "--tmpfs", "/small:size=64k,mode=700"];
    let script = "touch /ro/x || echo held; touch /root/x || echo held; touch /rw/x && echo written; \
                  stat -c %a /small; grep -c ' /small tmpfs rw,nosuid,nodev,noexec,relatime,size=64k,mode=700 ' /proc/mounts; \
                  grep ' / ' /proc/mounts | cut -d' ' -f1-3";
    let arguments =
        [&["run", "--rm", "--read-only"], options.as_slice(), &["busybox", "sh", "-c", script]].concat();
    let outcome = corten.run(&arguments).success();
    assert_eq!(outcome.stdout(), "held\nheld\nwritten\n700\n1\noverlay / overlay\n");
    assert!(host.join("made/x").exists());
}

#[test]
fn capabilities_are_added_and_dropped() {
    let Some(corten) = setup::busybox() else { return };
    let effective = |options: &[&str]| {
        let command = ["busybox", "grep", "CapEff", "/proc/self/status"];
        corten.run(&[&["run", "--rm"], options, &command].concat()).success().line()
    };
    // capabilities(7): CHOWN is bit 0, SYS_ADMIN bit 21.
    assert_eq!(effective(&["--cap-drop", "ALL", "--cap-add", "chown"]), "CapEff:\t0000000000000001");
    assert_eq!(
        effective(&["--cap-add", "CAP_SYS_ADMIN", "--cap-drop", "CHOWN"]),
        "CapEff:\t00000000a82425fa"
    );
    assert_eq!(effective(&["--user", "1000"]), "CapEff:\t0000000000000000");
}

#[test]
fn an_init_stands_before_the_program_and_passes_its_exit_code_on() {
    let Some(corten) = setup::busybox() else { return };
    let script = "cat /proc/1/comm; tr '\\0' ' ' < /proc/1/cmdline | cut -c 1-20; exit 7";
    let outcome = corten.run(&["run", "--rm", "--init", "busybox", "sh", "-c", script]).exited(7);
    assert_eq!(outcome.stdout(), "docker-init\n/sbin/docker-init --\n");
}

#[test]
fn a_cidfile_names_the_container_and_is_never_overwritten() {
    let Some(corten) = setup::busybox() else { return };
    let file = corten.root().scratch().join("cid");
    let arguments = ["create", "--cidfile", file.to_str().unwrap(), "busybox"];
    let id = corten.run(&arguments).success().line();
    assert_eq!(fs::read_to_string(&file).unwrap(), id);
    let refused = corten.run(&arguments).exited(1);
    assert!(refused.stderr().contains("container ID file found"), "{}", refused.stderr());
    assert_eq!(corten.run(&["ps", "--all", "--quiet"]).success().stdout().lines().count(), 1);
}

#[test]
fn signals_sent_to_the_client_reach_the_container() {
    let Some(corten) = setup::busybox() else { return };
    let script = "trap 'echo asked; exit 5' INT; echo ready; while :; do sleep 0.05; done";
    let mut command = corten.command(&["run", "--rm", "busybox", "sh", "-c", script]);
    let mut client = corten.spawn(&mut command);
    let mut ready = [0; 6];
    std::io::Read::read_exact(client.stdout.as_mut().unwrap(), &mut ready).unwrap();
    let pid = rustix::process::Pid::from_child(&client);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = client.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(5), b"asked\n".as_slice()));
}

#[test]
fn streams_that_are_not_attached_are_not_heard() {
    let Some(corten) = setup::busybox() else { return };
    let script = ["busybox", "sh", "-c", "echo out; echo err >&2"];
    let heard = |options: &[&str]| {
        let outcome = corten.run(&[&["run", "--rm"], options, &script].concat()).success();
        (outcome.stdout(), outcome.stderr())
    };
    assert_eq!(heard(&["--attach", "stdout"]), ("out\n".to_owned(), String::new()));
    assert_eq!(heard(&["--attach", "stderr"]), (String::new(), "err\n".to_owned()));
}

#[test]
fn a_health_check_is_kept_and_shown() {
    let Some(corten) = setup::busybox() else { return };
    let flags = ["--health-cmd", "true", "--health-interval", "5s", "--health-retries", "2"];
    let arguments = [&["create", "--name", "box"], flags.as_slice(), &["busybox"]].concat();
    corten.run(&arguments).success();
    let shown = corten.run(&["inspect", "--format", "{{json .Config.Healthcheck}}", "box"]).success().line();
    assert_eq!(shown, r#"{"Test":["CMD-SHELL","true"],"Interval":5000000000,"Retries":2}"#);
    let conflict = corten.run(&["create", "--no-healthcheck", "--health-cmd", "true", "busybox"]).exited(125);
    assert!(
        conflict.stderr().contains("--no-healthcheck conflicts with --health-* options"),
        "{}",
        conflict.stderr()
    );
    let short = corten.run(&["create", "--health-timeout", "1us", "busybox"]).exited(1);
    assert!(short.stderr().contains("Timeout in Healthcheck cannot be less than 1ms"), "{}", short.stderr());
}
