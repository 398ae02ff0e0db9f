//! From `volume create` to `volume rm`, and what a container's end means for its volumes.

use super::{names, said, with_image};
use crate::events::now;
use crate::setup;

#[test]
fn a_volume_outlives_its_containers() {
    let Some(corten) = with_image() else { return };
    corten.run(&["volume", "create", "--label", "of=me", "data"]).success();
    corten.run(&["volume", "create", "data"]).success();
    said(&corten, &["-v", "data:/d"], "echo kept > /d/file");
    assert_eq!(said(&corten, &["--mount", "src=data,dst=/e,ro"], "cat /e/file"), "kept\n");
    let label =
        corten.run(&["volume", "inspect", "data", "--format", "{{.Labels.of}} {{.Driver}}"]).success();
    assert_eq!(label.line(), "me local");
    let refused = said(&corten, &["-v", "data:/d:ro"], "touch /d/file 2>&1 || true");
    assert!(refused.contains("Read-only file system"), "{refused}");
}

#[test]
fn a_volume_without_a_name_goes_with_its_container_where_that_is_asked_for() {
    let Some(corten) = with_image() else { return };
    corten.run(&["run", "--rm", "--network", "none", "-v", "/w", "image", "true"]).success();
    assert!(names(&corten).is_empty(), "--rm has left {:?}", names(&corten));
    corten.run(&["create", "--name", "stays", "image", "true"]).success();
    corten.run(&["rm", "stays"]).success();
    assert_eq!(names(&corten).len(), 1);
    corten.run(&["create", "--name", "goes", "-v", "named:/w", "image", "true"]).success();
    corten.run(&["create", "--name", "guest", "--volumes-from", "goes", "image", "true"]).success();
    corten.run(&["rm", "-v", "goes"]).success();
    assert_eq!(names(&corten).len(), 3, "a volume is gone that another container has");
    corten.run(&["rm", "-v", "guest"]).success();
    assert_eq!(names(&corten).len(), 2);
    let pruned = corten.run(&["volume", "prune", "--force"]).success().stdout();
    assert!(
        pruned.starts_with("Deleted Volumes:\n") && pruned.contains("Total reclaimed space: "),
        "{pruned}"
    );
    assert_eq!(names(&corten), ["named"]);
    corten.run(&["volume", "prune", "--all", "--force", "--filter", "label!=x"]).success();
    assert!(names(&corten).is_empty());
}

#[test]
fn what_a_container_has_cannot_be_removed() {
    let Some(corten) = setup::busybox() else { return };
    let id = corten.run(&["create", "--name", "user", "-v", "data:/d", "busybox", "true"]).success().line();
    let refused = corten.run(&["volume", "rm", "data"]).exited(1);
    assert_eq!(
        refused.stderr(),
        format!("Error response from daemon: remove data: volume is in use - [{id}]\n")
    );
    corten.run(&["volume", "rm", "--force", "data"]).exited(1);
    corten.run(&["volume", "prune", "--all", "--force"]).success();
    assert_eq!(names(&corten), ["data"]);
    corten.run(&["rm", "-v", "user"]).success();
    assert_eq!(corten.run(&["volume", "rm", "data"]).success().line(), "data");
    let refused = corten.run(&["volume", "rm", "data"]).exited(1);
    assert_eq!(refused.stderr(), "Error response from daemon: get data: no such volume\n");
    corten.run(&["volume", "rm", "--force", "data"]).success();
}

#[test]
fn a_container_that_cannot_be_leaves_no_volume() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["create", "--name", "taken", "busybox", "true"]).success();
    for name in ["taken", "no name"] {
        corten.run(&["create", "--name", name, "-v", "data:/d", "-v", "/own", "busybox", "true"]).exited(1);
    }
    corten.run(&["create", "-v", "/own", "-v", "data:/d", "-v", "b$d:/e", "busybox", "true"]).exited(1);
    assert!(names(&corten).iter().all(|name| name == "data"), "{:?}", names(&corten));
    corten.run(&["volume", "prune", "--all", "--force"]).success();
    let left = std::fs::read_dir(corten.root().state().join("volumes")).map_or(0, Iterator::count);
    assert_eq!(left, 0);
}

#[test]
fn another_containers_mounts_come_as_it_has_them() {
    let Some(corten) = with_image() else { return };
    let host = corten.root().scratch().join("bound");
    std::fs::create_dir(&host).unwrap();
    let bind = format!("{}:/bound", host.display());
    corten.run(&["create", "--name", "donor", "-v", "data:/d", "-v", &bind, "image", "true"]).success();
    said(&corten, &["--volumes-from", "donor"], "echo 1 > /d/x && echo 2 > /bound/y && echo 3 > /v/z");
    assert_eq!(said(&corten, &["--volumes-from", "donor:ro"], "cat /d/x /bound/y /v/z"), "1\n2\n3\n");
    let script = "for place in /d /bound /v; do touch $place/new 2>/dev/null && echo $place; done; true";
    assert_eq!(said(&corten, &["--volumes-from", "donor:ro"], script), "");
    let refused = corten.run(&["create", "--volumes-from", "nobody", "image", "true"]).exited(1);
    assert_eq!(refused.stderr(), "Error response from daemon: No such container: nobody\n");
}

#[test]
fn what_happens_to_a_volume_is_told() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--rm", "--network", "none", "-v", "data:/d:ro", "busybox", "true"]).success();
    corten.run(&["volume", "rm", "data"]).success();
    let until = now();
    let format = r#"{{.Type}} {{.Action}} {{with index .Actor.Attributes "read/write"}}{{.}}{{end}}"#;
    let told =
        corten.run(&["events", "--since", "0", "--until", &until, "--format", format]).success().stdout();
    let told: Vec<&str> = told
        .lines()
        .map(str::trim)
        .filter(|line| !line.contains("image") && !line.contains("attach"))
        .collect();
    assert_eq!(
        told,
        [
            "volume create",
            "container create",
            "network connect",
            "volume mount false",
            "container start",
            "container die",
            "network disconnect",
            "volume unmount",
            "container destroy",
            "volume destroy",
        ]
    );
}

#[test]
fn records_and_directories_are_compared() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["volume", "create", "lost"]).success();
    corten.run(&["volume", "create", "whole"]).success();
    let volumes = corten.root().state().join("volumes");
    std::fs::remove_dir_all(volumes.join("lost")).unwrap();
    std::fs::create_dir_all(volumes.join("empty/_data")).unwrap();
    std::fs::create_dir_all(volumes.join("full/_data/some")).unwrap();
    std::fs::create_dir_all(volumes.join("whole/_filling")).unwrap();
    let found = corten.run(&["system", "check"]).exited(1).stdout();
    for text in ["volume files", "orphaned volume", "unfinished copy"] {
        assert!(found.contains(text), "{found}");
    }
    corten.run(&["system", "check", "--repair"]).exited(1);
    let left = corten.run(&["system", "check"]).exited(1).stdout();
    assert!(left.contains("full") && !left.contains("whole") && !left.contains("lost"), "{left}");
    // What somebody has written is not thrown away: a volume of that name has it.
    corten.run(&["volume", "create", "full"]).success();
    assert!(volumes.join("full/_data/some").is_dir());
    corten.run(&["system", "check"]).success();
    assert!(!volumes.join("empty").exists());
}

#[test]
fn what_volumes_take_is_counted() {
    let Some(corten) = setup::busybox() else { return };
    corten
        .run(&[
            "run",
            "--network",
            "none",
            "-v",
            "used:/u",
            "busybox",
            "dd",
            "if=/dev/zero",
            "of=/u/f",
            "bs=1M",
            "count=3",
        ])
        .success();
    corten.run(&["volume", "create", "unused"]).success();
    let rows = corten
        .run(&["system", "df", "--format", "{{.Type}}|{{.TotalCount}}|{{.Active}}|{{.Size}}"])
        .success();
    let row = rows.stdout().lines().find(|line| line.starts_with("Local")).unwrap().to_owned();
    assert!(row.starts_with("Local Volumes|2|1|3.1"), "{row}");
    let verbose = corten.run(&["system", "df", "--verbose"]).success().stdout();
    assert!(verbose.lines().any(|line| line.starts_with("used ") && line.contains(" 1 ")), "{verbose}");
}
