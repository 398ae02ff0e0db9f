//! Containers that know others on the default network by names of their own.

use super::{field, server};
use crate::setup;

#[test]
fn a_linked_container_is_in_the_hosts_file_and_in_the_environment() {
    let Some(corten) = setup::busybox() else { return };
    let options = ["--hostname", "store", "--expose", "5432", "--env", "MODE=fast"];
    let address = server(&corten, "my-db", &options, "sleep 1000");
    server(&corten, "web", &["--link", "my-db:db-1", "--link", "my-db"], "sleep 1000");
    let read = |script: &str| corten.run(&["exec", "web", "sh", "-c", script]).success().stdout();
    let hosts = read("cat /etc/hosts");
    let lines = [format!("{address}\tdb-1 store my-db"), format!("{address}\tmy-db store")];
    let found: Vec<&str> = hosts.lines().filter(|line| line.starts_with(&address)).collect();
    assert_eq!(found, lines);
    let variables = format!(
        "DB_1_ENV_MODE=fast\nDB_1_NAME=/web/db-1\nDB_1_PORT=tcp://{address}:5432\nDB_1_PORT_5432_TCP=tcp://{address}:5432\n\
         DB_1_PORT_5432_TCP_ADDR={address}\nDB_1_PORT_5432_TCP_PORT=5432\nDB_1_PORT_5432_TCP_PROTO=tcp\n"
    );
    // Of a session, and of the container's own process.
    assert_eq!(read("env | grep ^DB_1_ | sort"), variables);
    assert_eq!(read("tr '\\0' '\\n' </proc/1/environ | grep ^DB_1_ | sort"), variables);
    assert_eq!(
        field(&corten, "web", "{{json .HostConfig.Links}}"),
        r#"["/my-db:/web/db-1","/my-db:/web/my-db"]"#
    );
    corten.run(&["exec", "web", "ping", "-c1", "-W5", "db-1"]).success();
}

#[test]
fn a_linked_container_that_comes_back_is_found_at_its_new_address() {
    let Some(corten) = setup::busybox() else { return };
    let first = server(&corten, "db", &[], "sleep 1000");
    server(&corten, "web", &["--link", "db:store"], "sleep 1000");
    corten.run(&["stop", "--time", "0", "db"]).success();
    assert_eq!(server(&corten, "other", &[], "sleep 1000"), first);
    corten.run(&["start", "db"]).success();
    let second = field(&corten, "db", "{{.NetworkSettings.IPAddress}}");
    let line = corten.run(&["exec", "web", "grep", "store", "/etc/hosts"]).success().stdout();
    assert!(line.starts_with(&format!("{second}\tstore ")), "{line}");
}

#[test]
fn a_link_gives_a_name_and_goes_without_its_containers() {
    let Some(corten) = setup::busybox() else { return };
    server(&corten, "db", &[], "sleep 1000");
    server(&corten, "web", &["--link", "db:store"], "sleep 1000");
    let names = || {
        corten.run(&["ps", "--filter", "name=db", "--no-trunc", "--format", "{{.Names}}"]).success().stdout()
    };
    assert_eq!(names(), "db,web/store\n");
    let refused = corten.run(&["rm", "--link", "db"]).exited(1).stderr();
    assert!(refused.contains("Conflict, cannot remove the default link name of the container"), "{refused}");
    corten.run(&["rm", "--link", "web/store"]).success();
    assert_eq!(names(), "db\n");
    assert_eq!(field(&corten, "web", "{{json .HostConfig.Links}}"), "null");
    let refused = corten.run(&["rm", "--link", "web/store"]).exited(1).stderr();
    assert!(refused.contains("No such container: web/store"), "{refused}");
    assert_eq!(corten.run(&["ps", "--quiet"]).success().stdout().lines().count(), 2);
}

#[test]
fn a_link_needs_a_container_that_runs_on_the_default_network() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["create", "--name", "db", "busybox", "true"]).success();
    corten.run(&["create", "--name", "web", "--link", "db:store", "busybox", "true"]).success();
    let refused = corten.run(&["start", "web"]).exited(1).stderr();
    assert!(refused.contains("Cannot link to a non running container: /db AS /web/store"), "{refused}");
    corten.run(&["rm", "db"]).success();
    let refused = corten.run(&["start", "web"]).exited(1).stderr();
    assert!(refused.contains("Cannot link to a non running container: "), "{refused}");
    server(&corten, "island", &["--network", "none"], "sleep 1000");
    for (options, text) in [
        (
            ["--link", "nobody:db", "--name", "one"],
            "could not get container for nobody: No such container: nobody",
        ),
        (["--link", "a:b:c", "--name", "two"], "bad format for links: a:b:c"),
        (["--link", "island:db", "--network", "host"], "host type networking can't be used with links"),
        (
            ["--link", "island:db", "--network", "container:island"],
            "container type network can't be used with links",
        ),
        (
            ["--link", "island:db", "--name", "three"],
            "Cannot link to /island, as it does not belong to the default network",
        ),
    ] {
        let refused = corten.run(&[&["run"], &options[..], &["busybox", "true"]].concat()).stderr();
        assert!(refused.contains(text), "{refused}");
    }
}
