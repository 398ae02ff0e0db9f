//! What a mount makes of what is in its place.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use corten_spec::runtime::Mount;

use crate::bundle::Bundle;
use crate::harness::Test;

pub(crate) const TESTS: &[Test] = &[(
    "a_tmpfs_has_the_mode_of_what_it_hides_and_its_content_where_asked_for",
    a_tmpfs_has_the_mode_of_what_it_hides_and_its_content_where_asked_for,
)];

fn a_tmpfs_has_the_mode_of_what_it_hides_and_its_content_where_asked_for() {
    let cases = [
        (&["tmpcopyup"][..], "mode=710", "image\n"),
        (&["tmpcopyup", "mode=700", "ro"], "mode=700", "image\n"),
        (&["nosuid"], "mode=710", "NotFound\n"),
    ];
    for (options, mode, content) in cases {
        let shown = |words: &[&str]| {
            let mut bundle = Bundle::new(words);
            let data = bundle.rootfs().join("data");
            fs::create_dir(&data).unwrap();
            fs::set_permissions(&data, fs::Permissions::from_mode(0o710)).unwrap();
            fs::write(data.join("file"), "image\n").unwrap();
            bundle.spec.mounts.push(Mount {
                destination: "/data".into(),
                kind: "tmpfs".into(),
                source: "tmpfs".into(),
                options: options.iter().map(|word| (*word).to_owned()).collect(),
                ..Mount::default()
            });
            bundle.run_container().stdout
        };
        assert_eq!(shown(&["cat", "/data/file"]), content, "{options:?}");
        let mounts = shown(&["cat", "/proc/self/mounts"]);
        let line = mounts.lines().find(|line| line.contains(" /data ")).unwrap();
        assert!(line.contains(mode), "{line}");
        assert_eq!(shown(&["write", "/data/new", "x"]) == "written\n", !options.contains(&"ro"), "{line}");
    }
}
