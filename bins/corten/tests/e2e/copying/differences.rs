//! `diff`, as Docker's daemon prints it with its overlay2 driver (whose order is none).

use corten_testkit::images;

use crate::setup;
use corten_image_archive::{Config, Entry};

/// What a container does with an image's files.
const CHANGES: &str = "echo new >/opt/a/new; echo mod >/opt/a/b/g; rm -r /opt/gone; chmod 600 /opt/chm; touch /opt/same; rm /opt/del; \
     rm -r /data/x; mkdir /data/x; echo 1 >/data/x/1; echo 3 >/data/x/3; rm /opt/swap; mkdir /opt/swap; echo i >/opt/swap/i; \
     rm -r /opt/swapdir; echo f >/opt/swapdir; ln -sf /etc /opt/tolink; mkdir -p /n/e/w; echo >/tmp/t; chmod 644 /opt/touch; \
     : >>/opt/a/f; mkfifo /tmp/p; echo x >/new; rm /new";

const DOCKERS: &str = "C /data\nC /data/x\nC /data/x/1\nD /data/x/2\nA /data/x/3\nA /n\nA /n/e\nA /n/e/w\nC /opt\nC /opt/a\n\
     C /opt/a/b\nC /opt/a/b/g\nA /opt/a/new\nC /opt/chm\nD /opt/del\nD /opt/gone\nC /opt/swap\nA /opt/swap/i\nC /opt/swapdir\n\
     C /opt/tolink\nC /tmp\nA /tmp/p\nA /tmp/t\n";

#[test]
fn what_a_container_has_changed_is_listed_as_with_docker() {
    let Some(corten) = setup::engine() else { return };
    let mut entries: Vec<Entry> =
        ["opt", "opt/a", "opt/a/b", "opt/gone", "opt/same", "data", "data/x", "opt/swapdir"]
            .map(Entry::directory)
            .into();
    for name in [
        "opt/a/f",
        "opt/a/b/g",
        "opt/gone/h",
        "opt/same/s",
        "opt/touch",
        "opt/del",
        "opt/chm",
        "data/x/1",
        "data/x/2",
        "opt/swap",
        "opt/tolink",
        "opt/swapdir/in",
    ] {
        entries.push(Entry::file(name, name));
    }
    let Some(image) = images::hostile(corten.root().scratch(), &entries, Config::for_this_machine()) else {
        return;
    };
    corten.load(&image);
    let script = format!("{CHANGES}; echo done; exec sleep 1000");
    corten.run(&["run", "-d", "--name", "box", "hostile", "sh", "-c", &script]).success();
    while corten.run(&["logs", "box"]).success().stdout() != "done\n" {}
    assert_eq!(corten.run(&["diff", "box"]).success().stdout(), DOCKERS);
    corten.run(&["kill", "box"]).success();
    corten.run(&["wait", "box"]).success();
    assert_eq!(corten.run(&["diff", "box"]).success().stdout(), DOCKERS);
    corten.run(&["create", "--name", "fresh", "hostile", "true"]).success();
    assert_eq!(corten.run(&["diff", "fresh"]).success().stdout(), "");
    let refused = corten.run(&["diff", "nobody"]).exited(1);
    assert_eq!(refused.stderr(), "Error response from daemon: No such container: nobody\n");
}

#[test]
fn what_a_start_makes_to_mount_on_is_no_difference() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--name", "box", "-v", "/usr:/made/for/it:ro", "busybox", "true"]).success();
    assert_eq!(
        corten.run(&["diff", "box"]).success().stdout(),
        "A /made\nA /made/for\nA /made/for/it\n",
        "only what the user asked to have mounted"
    );
}
