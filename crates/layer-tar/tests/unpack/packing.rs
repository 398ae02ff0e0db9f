//! Packing, seen from outside: what GNU tar and this crate make of an archive must be what was packed.

use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use corten_layer_tar::{LayerTarError, Limits, Lowers, Packed, pack_changes, pack_tree};
use expect_test::expect;
use proptest::prelude::*;
use rustix::fs::{CWD, FileType, Mode, XattrFlags};

use crate::builder::Builder;
use crate::gnu_tar::{filled, has_tar, seed};
use crate::listing::{different_files, listing};
use crate::scene::{Scene, xattr};
use crate::{generated, overlay, reference};

/// A listing without fractions of seconds, which are not packed, and without the root, which has no entry.
fn packed_listing(root: &Path) -> String {
    let listing = listing(root);
    let whole = |word: &str| match word.split_once('.') {
        Some((seconds, fraction)) if fraction.len() == 9 && fraction.parse::<u32>().is_ok() => {
            seconds.to_owned()
        }
        _ => word.to_owned(),
    };
    let line = |line: &str| line.split(' ').map(whole).collect::<Vec<_>>().join(" ");
    listing.lines().skip(1).map(line).collect::<Vec<_>>().join("\n")
}

fn pack(layers: &[PathBuf]) -> (Vec<u8>, Packed) {
    let mut archive = Vec::new();
    let packed = pack_tree(layers, &mut archive, &Limits::default()).unwrap();
    (archive, packed)
}

fn names(archive: &[u8]) -> Vec<String> {
    let mut archive = tar::Archive::new(archive);
    let name = |entry: std::io::Result<tar::Entry<'_, &[u8]>>| {
        String::from_utf8_lossy(&entry.unwrap().path_bytes()).into_owned()
    };
    archive.entries().unwrap().map(name).collect()
}

#[test]
fn what_was_packed_is_what_gnu_tar_and_this_crate_unpack() {
    if !has_tar() {
        return;
    }
    let (scene, source) = filled();
    let capability = [1, 0, 0, 2, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    rustix::fs::setxattr(source.join("large"), "security.capability", &capability, XattrFlags::empty())
        .unwrap();
    rustix::fs::setxattr(source.join("large"), "trusted.overlay.origin", b"x", XattrFlags::empty()).unwrap();
    fs::File::create(source.join("sparse")).unwrap().set_len(3 << 20).unwrap();

    let (archive, packed) = pack(std::slice::from_ref(&source));
    assert_eq!(pack(std::slice::from_ref(&source)).0, archive);
    assert_eq!((packed.entries, packed.changed), (names(&archive).len() as u64, 0));
    fs::write(scene.path("packed.tar"), &archive).unwrap();
    fs::create_dir(scene.path("theirs")).unwrap();
    reference::extract(&scene.path("packed.tar"), &scene.path("theirs"));
    scene.unpack_with("ours", Lowers::Known(&[]), &archive).unwrap();
    for unpacked in ["theirs", "ours"] {
        let unpacked = scene.path(unpacked);
        assert_eq!(packed_listing(&unpacked), packed_listing(&source));
        assert_eq!(different_files(&source, &unpacked), [""; 0].map(PathBuf::from));
        assert_eq!(xattr(&unpacked.join("large"), "security.capability"), Some(capability.to_vec()));
        assert_eq!(xattr(&unpacked.join("large"), "trusted.overlay.origin"), None);
    }
}

#[test]
fn names_stand_in_the_order_of_their_bytes_and_directories_before_what_is_in_them() {
    let scene = Scene::new();
    let layer = Builder::new().directory("b").file("b/2", "").file("b/10", "").file("b.c", "").file("a", "");
    scene.unpack_on("layer", &[], layer).unwrap();
    assert_eq!(names(&pack(&[scene.path("layer")]).0), ["a", "b/", "b/10", "b/2", "b.c"]);
}

#[test]
fn sockets_are_counted_and_left_out() {
    let scene = Scene::new();
    fs::create_dir(scene.path("layer")).unwrap();
    let _socket = UnixListener::bind(scene.path("layer/socket")).unwrap();
    let (archive, packed) = pack(&[scene.path("layer")]);
    assert_eq!((names(&archive).len(), packed.sockets), (0, 1));
}

#[test]
fn what_could_not_be_unpacked_again_is_refused_by_name() {
    let scene = Scene::new();
    let layer = scene.path("layer");
    fs::create_dir_all(layer.join("d")).unwrap();
    fs::write(layer.join("d/.wh.x"), "").unwrap();
    let refused =
        |limits: &Limits| pack_changes(&layer, &[], std::io::sink(), limits).unwrap_err().to_string();
    expect!["invalid path `d/.wh.x`: in a layer, a name that begins so takes another away"]
        .assert_eq(&refused(&Limits::default()));
    expect!["path `d/.wh.x` is too deep: it has 2 components, and at most 1 are allowed"]
        .assert_eq(&refused(&Limits { depth: 1, ..Limits::default() }));
    expect!["too many entries: 1, and at most 0 are allowed"]
        .assert_eq(&refused(&Limits { entries: 0, ..Limits::default() }));
    assert!(matches!(
        pack_changes(&scene.path("absent"), &[], std::io::sink(), &Limits::default()),
        Err(LayerTarError::Source { .. })
    ));
}

#[test]
fn what_was_made_to_mount_on_is_no_change() {
    let scene = Scene::new();
    let layer = Builder::new().file("etc/hosts", "").file("etc/hostname", "mine").file("etc/other", "");
    scene.unpack_on("layer", &[], layer).unwrap();
    let mut archive = Vec::new();
    let mount_points = ["etc/hosts", "etc/hostname", "etc/absent"];
    pack_changes(&scene.path("layer"), &mount_points, &mut archive, &Limits::default()).unwrap();
    assert_eq!(names(&archive), ["etc/", "etc/hostname", "etc/other"]);
    assert_eq!(names(&pack(&[scene.path("layer")]).0).len(), 4);
}

#[test]
fn a_path_that_no_system_call_takes_is_refused() {
    let scene = Scene::new();
    fs::create_dir(scene.path("layer")).unwrap();
    let mut directory = fs::File::open(scene.path("layer")).unwrap();
    let name = "n".repeat(255);
    for _ in 0..17 {
        rustix::fs::mkdirat(&directory, &name, Mode::RWXU).unwrap();
        let flags = rustix::fs::OFlags::DIRECTORY;
        directory = rustix::fs::openat(&directory, &name, flags, Mode::empty()).unwrap().into();
    }
    let error = pack_tree(&[scene.path("layer")], std::io::sink(), &Limits::default()).unwrap_err();
    assert!(error.to_string().ends_with(": it is too long"), "{error}");
    corten_tree::remove(fs::File::open(scene.path("")).unwrap(), "layer").unwrap();
}

/// What a container could do to its files, on a real overlay.
fn change(root: &Path) {
    fs::write(root.join("etc/new"), "new").unwrap();
    fs::remove_file(root.join("etc/gone")).unwrap();
    fs::write(root.join("etc/changed"), "changed").unwrap();
    fs::remove_dir_all(root.join("replaced")).unwrap();
    fs::create_dir(root.join("replaced")).unwrap();
    fs::write(root.join("replaced/new"), "new").unwrap();
    fs::remove_dir_all(root.join("dropped")).unwrap();
    fs::write(root.join("dropped"), "a file now").unwrap();
    fs::remove_file(root.join("file")).unwrap();
    symlink("etc", root.join("file")).unwrap();
    fs::hard_link(root.join("etc/new"), root.join("linked")).unwrap();
    std::os::unix::fs::chown(root.join("owned"), Some(7), Some(8)).unwrap();
    rustix::fs::mknodat(CWD, root.join("pipe"), FileType::Fifo, Mode::RUSR, 0).unwrap();
}

#[test]
fn a_container_s_changes_are_a_layer_that_shows_the_same_on_top_of_its_image() {
    let scene = Scene::new();
    let image = Builder::new()
        .directory("etc")
        .file("etc/kept", "kept")
        .file("etc/gone", "gone")
        .file("etc/changed", "old")
        .directory("replaced")
        .file("replaced/hidden", "hidden")
        .directory("dropped")
        .file("dropped/hidden", "hidden")
        .directory("owned")
        .file("owned/inside", "inside")
        .file("file", "file");
    scene.unpack_on("image", &[], image).unwrap();
    for directory in ["upper", "work"] {
        fs::create_dir(scene.path(directory)).unwrap();
    }
    let mount = match overlay::mount_writable(&scene, "image", "upper", "work") {
        Ok(mount) => mount,
        Err(error) => return println!("skipped: no overlay can be mounted on this file system: {error}"),
    };
    let container = PathBuf::from(format!("/proc/self/fd/{}/", mount.as_raw_fd()));
    change(&container);

    let mut layer = Vec::new();
    pack_changes(&scene.path("upper"), &[], &mut layer, &Limits::default()).unwrap();
    expect![[r#"
        dropped
        etc/
        etc/changed
        etc/.wh.gone
        etc/new
        file
        linked
        owned/
        pipe
        replaced/
        replaced/.wh..wh..opq
        replaced/new
    "#]]
    .assert_eq(&(names(&layer).join("\n") + "\n"));
    let lowers = [scene.path("image")];
    scene.unpack_with("layer", Lowers::Known(&lowers), &layer).unwrap();
    let again = overlay::mount(&scene, &["layer", "image"]).unwrap();
    let again = PathBuf::from(format!("/proc/self/fd/{}/", again.as_raw_fd()));
    assert_eq!(packed_listing(&again), packed_listing(&container));
    assert_eq!(different_files(&again, &container), [""; 0].map(PathBuf::from));

    // And without a mount: the layers as they lie there show the same.
    let (whole, _) = pack(&[scene.path("upper"), scene.path("image")]);
    scene.unpack_with("whole", Lowers::Known(&[]), &whole).unwrap();
    assert_eq!(packed_listing(&scene.path("whole")), packed_listing(&container));
}

#[test]
fn links_that_appear_meanwhile_are_not_followed() {
    let scene = Scene::new();
    fs::write(scene.path("outside/secret"), "secret").unwrap();
    fs::create_dir_all(scene.path("layer/inside")).unwrap();
    fs::write(scene.path("layer/inside/secret"), "public").unwrap();
    symlink("../outside", scene.path("layer/link")).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (a, b) = (scene.path("layer/inside"), scene.path("layer/link"));
            while !done.load(Ordering::Relaxed) {
                let exchange = rustix::fs::RenameFlags::EXCHANGE;
                rustix::fs::renameat_with(CWD, &a, CWD, &b, exchange).unwrap();
            }
        });
        for _ in 0..300 {
            let mut archive = Vec::new();
            let packed = pack_tree(&[scene.path("layer")], &mut archive, &Limits::default());
            packed.unwrap();
            assert!(!contents(&archive).contains(&"secret".to_owned()));
        }
        done.store(true, Ordering::Relaxed);
    });
}

fn contents(archive: &[u8]) -> Vec<String> {
    let mut archive = tar::Archive::new(archive);
    let content =
        |entry: std::io::Result<tar::Entry<'_, &[u8]>>| std::io::read_to_string(entry.unwrap()).unwrap();
    archive.entries().unwrap().map(content).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Layers read on top of each other show what their overlay shows.
    #[test]
    fn stacks_of_generated_layers_are_packed_as_their_overlay(
        layers in proptest::collection::vec((proptest::collection::vec(seed(), 1..14), any::<bool>()), 1..5),
    ) {
        let scene = Scene::new();
        let mut stack: Vec<String> = Vec::new();
        for (number, (seeds, swaps)) in layers.iter().enumerate() {
            let archive = generated::layer(seeds, *swaps);
            let lowers: Vec<_> = stack.iter().map(|lower| scene.path(lower)).collect();
            scene.unpack_with(&format!("layer-{number}"), Lowers::Known(&lowers), &archive).unwrap();
            stack.insert(0, format!("layer-{number}"));
        }
        let paths: Vec<_> = stack.iter().map(|layer| scene.path(layer)).collect();
        let (whole, _) = pack(&paths);
        scene.unpack_with("whole", Lowers::Known(&[]), &whole).unwrap();
        fs::create_dir(scene.path("empty")).unwrap();
        let mut names: Vec<&str> = stack.iter().map(String::as_str).collect();
        names.push("empty");
        if let Ok(mount) = overlay::mount(&scene, &names) {
            let merged = PathBuf::from(format!("/proc/self/fd/{}/", mount.as_raw_fd()));
            prop_assert_eq!(packed_listing(&scene.path("whole")), packed_listing(&merged));
            prop_assert_eq!(different_files(&scene.path("whole"), &merged), [""; 0].map(PathBuf::from));
        }
    }
}
