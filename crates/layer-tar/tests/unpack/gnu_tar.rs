//! The same archive through GNU tar and through this crate: both must make the same tree.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use rustix::fs::{CWD, FileType, Mode, XattrFlags};

use crate::scene::{Scene, tree, xattr};

/// A tree with every kind of object, odd names, modes, owners, times, attributes, and enough files for several buffers.
fn fill(root: &Path) {
    fs::create_dir_all(root.join("deep").join("x".repeat(120)).join("y".repeat(120))).unwrap();
    fs::write(root.join("deep").join("x".repeat(120)).join("y".repeat(120)).join("z"), "deep").unwrap();
    fs::create_dir(root.join("many")).unwrap();
    for number in 0..300 {
        let content = format!("{number} ").repeat(number * 7);
        fs::write(root.join("many").join(number.to_string()), content).unwrap();
    }
    fs::write(root.join("large"), vec![b'l'; 1_500_000]).unwrap();
    fs::write(root.join("name with \\ and \u{fc} and \n"), "odd").unwrap();
    fs::write(root.join("setuid"), "s").unwrap();
    std::os::unix::fs::chown(root.join("setuid"), Some(1234), Some(4321)).unwrap();
    fs::set_permissions(root.join("setuid"), fs::Permissions::from_mode(0o6755)).unwrap();
    fs::set_permissions(root.join("many"), fs::Permissions::from_mode(0o2575)).unwrap();
    fs::hard_link(root.join("setuid"), root.join("zlink")).unwrap();
    symlink("l".repeat(150), root.join("long-link")).unwrap();
    std::os::unix::fs::lchown(root.join("long-link"), Some(99), Some(98)).unwrap();
    for (name, kind, device) in [("pipe", FileType::Fifo, 0), ("null", FileType::CharacterDevice, 0x103)] {
        rustix::fs::mknodat(CWD, root.join(name), kind, Mode::from_raw_mode(0o620), device).unwrap();
    }
    for (name, value) in [("user.one", "1"), ("user.two", "22")] {
        rustix::fs::setxattr(root.join("large"), name, value.as_bytes(), XattrFlags::empty()).unwrap();
        rustix::fs::setxattr(root.join("many"), name, value.as_bytes(), XattrFlags::empty()).unwrap();
    }
}

fn tar(arguments: &[&str], directory: &Path, archive: &Path) {
    let status = Command::new("tar").args(arguments).arg(archive).arg("-C").arg(directory).arg(".").status();
    assert!(status.unwrap().success());
}

fn times(root: &Path, from: &str) -> Vec<(i64, i64, Option<Vec<u8>>)> {
    from.lines()
        .filter_map(|line| line.split(' ').nth(2))
        .filter_map(|name| root.join(name).symlink_metadata().ok().map(|metadata| (name, metadata)))
        .map(|(name, metadata)| {
            (metadata.mtime(), metadata.mtime_nsec(), xattr(&root.join(name), "user.two"))
        })
        .collect()
}

#[test]
fn unpacks_what_gnu_tar_packed_as_gnu_tar_does() {
    if Command::new("tar").arg("--version").output().is_err() {
        println!("skipped: there is no tar program");
        return;
    }
    let scene = Scene::new();
    let source = scene.path("source");
    fs::create_dir(&source).unwrap();
    fill(&source);
    for format in ["gnu", "pax"] {
        let archive = scene.path(&format!("{format}.tar"));
        let format_flag = format!("--format={format}");
        let mut pack = vec![format_flag.as_str()];
        pack.extend((format == "pax").then_some("--xattrs"));
        pack.push("-cf");
        tar(&pack, &source, &archive);
        let theirs = scene.path(&format!("theirs-{format}"));
        fs::create_dir(&theirs).unwrap();
        tar(&["--xattrs", "--xattrs-include=*", "--numeric-owner", "-xpf"], &theirs, &archive);
        let ours = format!("ours-{format}");
        let bytes = fs::read(&archive).unwrap();
        scene.unpack_with(&ours, corten_layer_tar::Lowers::Known(&[]), &bytes).unwrap();
        let ours = scene.path(&ours);
        let expected = tree(&theirs);
        assert_eq!(tree(&ours), expected, "{format}");
        assert_eq!(times(&ours, &expected), times(&theirs, &expected), "{format}");
        assert_eq!(fs::metadata(&ours).unwrap().mode(), fs::metadata(&theirs).unwrap().mode());
        let links = |root: &Path| fs::metadata(root.join("setuid")).unwrap().nlink();
        assert_eq!(links(&ours), 2);
    }
}
