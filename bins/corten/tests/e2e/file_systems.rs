//! The files of containers on their way: out as archives, in as images, and kept as layers.

use std::fs;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use corten_testkit::{Corten, Registry, images, requirement};

use crate::events::now;
use crate::setup;

/// What a container does to its files: new ones, a link, one gone, a directory emptied and replaced.
const CHANGES: &str = "echo new > /etc/new; ln /etc/new /linked; rm /etc/group; rm -r /tmp; mkdir -m 700 /tmp; \
                       echo hidden > /tmp/.x; chown 7:8 /tmp/.x; chmod 4755 /tmp/.x";

/// Tells of the same things.
const LOOK: &str = "cat /etc/new; ls -A / /etc /tmp | grep -v '^dev$'; stat -c '%n %a %u:%g %h %Y' /tmp /tmp/.x /linked /etc/passwd";

fn changed(corten: &Corten) -> String {
    corten.run(&["run", "--name", "changed", "busybox", "sh", "-c", CHANGES]).success();
    corten.run(&["commit", "changed", "told"]).success();
    corten.run(&["run", "--rm", "told", "sh", "-c", LOOK]).success().stdout()
}

/// Returns once a container has written a line.
fn await_output(corten: &Corten, container: &str) {
    let mut follow = corten.spawn(&mut corten.command(&["logs", "-f", container]));
    let mut first = [0];
    follow.stdout.as_mut().expect("a pipe").read_exact(&mut first).expect("output");
    follow.kill().expect("a process to kill");
    follow.wait().expect("its end");
}

#[test]
fn an_image_of_a_container_shows_what_the_container_had() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--name", "changed", "busybox", "sh", "-c", CHANGES]).success();
    let id = corten.run(&["commit", "-a", "me", "-m", "a remark", "changed", "made:1"]).success().line();
    let told = corten.run(&["run", "--rm", "made:1", "sh", "-c", LOOK]).success().stdout();
    assert!(told.starts_with("new\n"), "{told}");
    assert!(!told.contains("group\n") && told.contains("\n.x\n"), "{told}");
    assert!(told.contains("/tmp 700 0:0 ") && told.contains("/tmp/.x 4755 7:8 1 "), "{told}");
    assert!(told.contains("/linked 644 0:0 2 "), "{told}");
    // The container goes on from where it was, and the image does not.
    corten.run(&["commit", "changed", "made:2"]).success();
    assert_eq!(corten.run(&["run", "--rm", "made:2", "sh", "-c", LOOK]).success().stdout(), told);
    let about = ["inspect", "--format", "{{.Id}} {{.Author}} {{.Comment}} {{len .RootFS.Layers}}", "made:1"];
    assert_eq!(corten.run(&about).success().line(), format!("{id} me a remark 2"));
    let steps =
        corten.run(&["history", "--format", "{{.CreatedBy}}|{{.Comment}}", "made:1"]).success().stdout();
    assert!(steps.starts_with("sh -c echo new > /etc/new;") && steps.contains("|a remark\n"), "{steps}");
    let events = [
        "events",
        "--since",
        "1",
        "--until",
        &now(),
        "--filter",
        "event=commit",
        "--format",
        "{{json .Actor.Attributes}}",
    ];
    let events = corten.run(&events).success().stdout();
    let expected = format!(
        "{{\"comment\":\"a remark\",\"image\":\"busybox\",\"imageID\":\"{id}\",\"imageRef\":\"made:1\",\"name\":\"changed\"}}\n"
    );
    assert!(events.starts_with(&expected), "{events}");
    assert_eq!(corten.run(&["system", "check"]).success().stdout(), "No problems found\n");
}

#[test]
fn what_was_changed_of_how_to_run_it_is_in_the_image() {
    let Some(corten) = setup::busybox() else { return };
    corten
        .run(&["create", "--name", "plain", "-e", "A=1", "--label", "x=y", "busybox", "echo", "before"])
        .success();
    let mut commit = vec!["commit"];
    for change in [
        "CMD [\"echo\", \"after\"]",
        "ENV B=$A",
        "USER daemon",
        "WORKDIR sub",
        "EXPOSE 80",
        "VOLUME /v",
        "LABEL z=1",
        "ONBUILD RUN x",
    ] {
        commit.extend(["-c", change]);
    }
    commit.extend(["plain", "made"]);
    corten.run(&commit).success();
    let config = corten.run(&["inspect", "--format", "{{json .Config}}", "made"]).success().line();
    let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    let expected = format!(
        "{{\"Cmd\":[\"echo\",\"after\"],\"Entrypoint\":null,\"Env\":[\"A=1\",\"{path}\",\"B=1\"],\"ExposedPorts\":{{\"80/tcp\":{{}}}},\
         \"Labels\":{{\"x\":\"y\",\"z\":\"1\"}},\"OnBuild\":[\"RUN x\"],\"User\":\"daemon\",\"Volumes\":{{\"/v\":{{}}}},\"WorkingDir\":\"/sub\"}}"
    );
    assert_eq!(config, expected);
    // It has written nothing, so there is no layer.
    assert_eq!(corten.run(&["inspect", "--format", "{{len .RootFS.Layers}}", "made"]).success().line(), "1");
    let refused = corten.run(&["commit", "-c", "RUN x", "plain"]).exited(1);
    assert_eq!(refused.stderr(), "Error response from daemon: run is not a valid change command\n");
}

#[test]
fn a_container_that_runs_is_frozen_while_it_becomes_an_image_and_goes_on() {
    let Some(corten) = setup::busybox() else { return };
    corten
        .run(&["run", "-d", "--name", "running", "busybox", "sh", "-c", "echo here > /file; sleep 1000"])
        .success();
    let events = || {
        let told = [
            "events",
            "--since",
            "1",
            "--until",
            &now(),
            "--filter",
            "container=running",
            "--format",
            "{{.Action}}",
        ];
        corten.run(&told).success().stdout().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let status = ["inspect", "--format", "{{.State.Status}}", "running"];
    corten.run(&["commit", "running", "one"]).success();
    assert_eq!(events(), "create start pause unpause commit");
    assert_eq!(corten.run(&status).success().line(), "running");
    for flag in ["--no-pause", "--pause=false"] {
        corten.run(&["commit", flag, "running"]).success();
    }
    assert_eq!(events(), "create start pause unpause commit commit commit");
    // Who froze it wants it frozen.
    corten.run(&["pause", "running"]).success();
    corten.run(&["commit", "running"]).success();
    assert_eq!(corten.run(&status).success().line(), "paused");
    corten.run(&["rm", "-f", "running"]).success();
}

#[test]
fn an_exported_file_system_becomes_the_same_again_when_it_is_imported() {
    let Some(corten) = setup::busybox() else { return };
    let told = changed(&corten);
    let archive = corten.root().scratch().join("exported.tar");
    let path = archive.to_str().expect("a path");
    corten.run(&["export", "-o", path, "changed"]).success();
    assert!(
        corten.run(&["export", "changed"]).success().stdout_bytes == fs::read(&archive).expect("an archive")
    );
    let import =
        ["import", "-m", "from a file", "-c", "CMD [\"sh\", \"-c\", \"echo mine\"]", path, "imported:1"];
    let id = corten.run(&import).success().line();
    let about = [
        "inspect",
        "--format",
        "{{.Id}} {{.Comment}} {{.Architecture}} {{len .RootFS.Layers}}",
        "imported:1",
    ];
    let architecture = if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" };
    assert_eq!(corten.run(&about).success().line(), format!("{id} from a file {architecture} 1"));
    assert_eq!(corten.run(&["run", "--rm", "imported:1"]).success().stdout(), "mine\n");
    assert_eq!(corten.run(&["run", "--rm", "imported:1", "sh", "-c", LOOK]).success().stdout(), told);
    let piped = corten.run_with_input(
        &["import", "--platform", "linux/s390x", "-"],
        &fs::read(&archive).expect("an archive"),
    );
    let about = [
        "inspect",
        "--format",
        "{{.Comment}}, {{.Architecture}}, {{len .RepoTags}}",
        &piped.success().line(),
    ];
    assert_eq!(corten.run(&about).success().line(), "Imported from -, s390x, 0");
}

#[test]
fn what_is_mounted_into_a_container_is_not_exported() {
    let Some(corten) = setup::busybox() else { return };
    let host = corten.root().scratch().join("host");
    fs::create_dir(&host).expect("a directory");
    fs::write(host.join("secret"), "the host's").expect("a file");
    let bind = format!("{}:/mnt", host.display());
    let run = [
        "run",
        "-d",
        "--name",
        "bound",
        "-v",
        &bind,
        "--tmpfs",
        "/tmp",
        "busybox",
        "sh",
        "-c",
        "echo m > /tmp/m; echo in; sleep 1000",
    ];
    corten.run(&run).success();
    await_output(&corten, "bound");
    let exported = corten.run(&["export", "bound"]).success().stdout_bytes;
    corten.run(&["rm", "-f", "bound"]).success();
    let listed = corten.run_with_input(&["import", "-", "bound"], &exported);
    listed.success();
    let found = corten.run(&[
        "run",
        "--rm",
        "bound",
        "find",
        "/mnt",
        "/tmp",
        "/proc",
        "-maxdepth",
        "1",
        "-name",
        "[ms]*",
    ]);
    let found = found.stdout();
    assert!(!found.contains("/mnt/secret") && !found.contains("/tmp/m\n"), "{found}");
}

#[test]
fn gnu_tar_reads_an_exported_container() {
    let Some(corten) = setup::busybox() else { return };
    let found = Command::new("tar").arg("--version").output().is_ok();
    if !requirement::is_met(found, "GNU tar") {
        return;
    }
    corten.run(&["run", "--name", "changed", "busybox", "sh", "-c", CHANGES]).success();
    let directory = corten.root().scratch().join("unpacked");
    fs::create_dir(&directory).expect("a directory");
    let archive = corten.root().scratch().join("exported.tar");
    corten.run(&["export", "--output", archive.to_str().expect("a path"), "changed"]).success();
    let mut tar = Command::new("tar");
    let status = tar.arg("-xpf").arg(&archive).arg("-C").arg(&directory).status().expect("tar");
    assert!(status.success());
    assert_eq!(fs::read_to_string(directory.join("linked")).expect("a file"), "new\n");
    assert!(!directory.join("etc/group").exists());
}

/// A layer is an archive of a file system; a registry gives it to whoever asks.
#[test]
fn an_archive_at_a_url_is_imported() {
    let Some(corten) = setup::engine() else { return };
    let Some(image) = images::busybox(corten.root().scratch()) else { return };
    let registry = Registry::serve(&image, corten.root().scratch());
    let blobs = fs::read_dir(registry.blobs()).expect("blobs").map(|blob| blob.expect("a blob"));
    let layer = blobs.max_by_key(|blob| blob.metadata().expect("a size").len()).expect("a layer").file_name();
    let url = format!("http://{}/v2/library/busybox/blobs/sha256:{}", registry.address(), layer.display());
    corten.run(&["import", &url, "fetched:1"]).success();
    let output = corten.run(&["run", "--rm", "fetched:1", "/bin/busybox", "echo", "here"]).success();
    assert_eq!(output.stdout(), "here\n");
    let comment = corten.run(&["inspect", "--format", "{{.Comment}}", "fetched:1"]).success().line();
    assert_eq!(comment, format!("Imported from {url}"));
    let absent = corten.run(&["import", &url.replace("sha256:", "sha256:0"), "absent:1"]).exited(1).stderr();
    assert!(absent.contains("cannot fetch `http:") && absent.contains("blob unknown"), "{absent}");
}

#[test]
fn archives_and_names_that_are_none_are_refused_and_leave_nothing() {
    let Some(corten) = setup::engine() else { return };
    let refused =
        |arguments: &[&str], input: &[u8]| corten.run_with_input(arguments, input).exited(1).stderr();
    assert_eq!(refused(&["import", "/nowhere"], b""), "open /nowhere: no such file or directory\n");
    assert_eq!(
        refused(&["import", "-c", "ENV", "-"], b""),
        "Error response from daemon: ENV requires at least one argument\n"
    );
    assert!(refused(&["import", "-", "UP"], b"").starts_with("invalid reference format"));
    assert!(refused(&["import", "-", "a:1"], b"hello").contains("the archive ends unexpectedly"));
    let nobody = refused(&["import", "http://127.0.0.1:1/x"], b"");
    assert!(nobody.contains("cannot fetch `http://127.0.0.1:1/x`"), "{nobody}");
    assert!(nobody.contains("connection refused"), "{nobody}");
    assert_eq!(
        refused(&["commit", "nothing"], b""),
        "Error response from daemon: No such container: nothing\n"
    );
    assert_eq!(
        refused(&["export", "nothing"], b""),
        "Error response from daemon: No such container: nothing\n"
    );
    let blobs = corten.root().state().join("content/blobs/sha256");
    assert_eq!(fs::read_dir(blobs).expect("a directory").count(), 0);
    assert_eq!(corten.run(&["images", "-q"]).success().stdout(), "");
}

/// A container with a file that takes a while to pack; it runs until it is stopped.
fn large(corten: &Corten, size: &str) {
    let fill = format!("dd if=/dev/urandom of=/large bs=1M count={size} 2>/dev/null; echo done; sleep 1000");
    corten.run(&["run", "-d", "--name", "large", "busybox", "sh", "-c", &fill]).success();
    await_output(corten, "large");
}

#[test]
fn whoever_is_killed_while_making_an_image_leaves_nothing_of_it() {
    let Some(corten) = setup::busybox() else { return };
    large(&corten, "32");
    let before = corten.run(&["images", "--no-trunc"]).success().stdout();

    // An archive of which half has come.
    let archive = corten.run(&["export", "large"]).success().stdout_bytes;
    let mut import = corten.command(&["import", "-", "made"]);
    let mut import = corten.spawn(import.stdin(Stdio::piped()));
    import.stdin.as_mut().expect("a pipe").write_all(&archive[..archive.len() / 2]).expect("half of it");
    import.kill().expect("a process to kill");
    import.wait().expect("its end");

    // A container that is frozen while its files are packed.
    let events = ["events", "--filter", "event=pause", "--format", "{{.Action}}"];
    let mut events = corten.spawn(&mut corten.command(&[&events[..], &["--since", &now()]].concat()));
    let mut commit = corten.spawn(&mut corten.command(&["commit", "large", "made"]));
    let mut paused = [0];
    events.stdout.as_mut().expect("a pipe").read_exact(&mut paused).expect("the event");
    commit.kill().expect("a process to kill");
    events.kill().expect("a process to kill");
    let ended = [commit.wait().expect("its end"), events.wait().expect("its end")];
    assert!(!ended[0].success());

    // An archive of which the beginning has been written.
    let mut export = corten.spawn(&mut corten.command(&["save", "busybox"]));
    export.stdout.as_mut().expect("a pipe").read_exact(&mut [0; 4096]).expect("a beginning");
    export.kill().expect("a process to kill");
    export.wait().expect("its end");

    // Nobody keeps it frozen, so it goes on as soon as somebody looks.
    let status = ["ps", "--format", "{{.Names}} {{.State}}"];
    assert_eq!(corten.run(&status).success().line(), "large running");
    corten.run(&["system", "settle"]).success();
    assert_eq!(corten.run(&["images", "--no-trunc"]).success().stdout(), before);
    assert_eq!(corten.run(&["system", "check"]).success().stdout(), "No problems found\n");
    corten.run(&["commit", "large", "made"]).success();
    corten.run(&["rm", "-f", "large"]).success();
}

#[test]
fn a_disk_without_room_for_an_image_of_a_container_keeps_nothing_of_it() {
    if !requirement::root() {
        return;
    }
    let corten = Corten::on_a_small_disk(env!("CARGO_BIN_EXE_corten"), 40 << 20);
    let Some(archive) = images::busybox(corten.root().scratch()) else { return };
    corten.load(&archive);
    large(&corten, "14");
    let blobs = corten.root().state().join("content/blobs/sha256");
    let before = fs::read_dir(&blobs).expect("a directory").count();
    for attempt in [vec!["commit", "large"], vec!["commit", "large", "made:1"]] {
        let failed = corten.run(&attempt).exited(1).stderr();
        assert!(failed.contains("No space left on device"), "{failed}");
        assert_eq!(fs::read_dir(&blobs).expect("a directory").count(), before);
    }
    let status = corten.run(&["inspect", "--format", "{{.State.Status}}", "large"]).success().line();
    assert_eq!(status, "running");
    corten.run(&["rm", "-f", "large"]).success();
    corten.run(&["rmi", "busybox"]).success();
    corten.run(&["image", "prune", "-f"]).success();
}
