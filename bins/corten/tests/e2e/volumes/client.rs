//! Docker's own client, and what its requests are answered with.

use super::with_image;
use crate::daemon::{Daemon, docker};

#[test]
fn dockers_client_works_with_volumes() {
    let Some(corten) = with_image() else { return };
    let daemon = Daemon::start(&corten, &[]);
    let Some(docker) = docker(&daemon.socket) else { return };
    let said = |arguments: &[&str]| {
        let output = docker(arguments).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&text).into_owned()
    };
    assert_eq!(said(&["volume", "create", "--label", "a=b", "data"]), "data\n");
    assert_eq!(
        said(&["create", "--name", "box", "-v", "data:/v", "-v", "/w", "image", "true"]).trim().len(),
        64
    );
    let ours = corten.run(&["volume", "ls"]).success().stdout();
    assert_eq!(said(&["volume", "ls"]), ours);
    assert_eq!(
        said(&["volume", "ls", "--filter", "label=a=b", "--format", "{{.Name}} {{.Labels}}"]),
        "data a=b\n"
    );
    assert_eq!(
        said(&["volume", "inspect", "data"]),
        corten.run(&["volume", "inspect", "data"]).success().stdout()
    );
    assert!(said(&["volume", "rm", "data"]).contains("remove data: volume is in use - ["));
    let mounts = "{{range .Mounts}}{{.Type}} {{.Destination}} {{.Mode}} {{.RW}} {{.Driver}};{{end}}";
    assert_eq!(
        said(&["inspect", "--format", mounts, "box"]),
        "volume /v z true local;volume /w  true local;\n"
    );
    assert_eq!(
        said(&["ps", "-a", "--filter", "volume=data", "--format", "{{.Names}} {{.LocalVolumes}}"]),
        "box 2\n"
    );
    assert_eq!(said(&["rm", "-v", "box"]), "box\n");
    assert_eq!(
        said(&["volume", "prune", "--all", "--force"]).lines().take(2).collect::<Vec<_>>(),
        ["Deleted Volumes:", "data"]
    );
    assert_eq!(
        said(&["volume", "inspect", "data"]),
        "[]\nError response from daemon: get data: no such volume\n"
    );
}
