//! The same archives through GNU tar and through this crate: both must make the same tree, alone and as a stack.
//!
//! Where the two differ on purpose stands in `docs/unpacking.md`, and has tests of its own.

use std::fs::{self, File};
use std::io::Read;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use corten_layer_tar::{Archive, Limits, Lowers};
use corten_testkit::fixtures;
use proptest::prelude::*;
use rustix::fs::{CWD, FileType, Mode, XattrFlags};

use crate::generated::{self, Seed};
use crate::listing::{different_files, listing};
use crate::scene::Scene;
use crate::{overlay, reference};

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

/// A scene with a directory that has a bit of everything.
pub(crate) fn filled() -> (Scene, PathBuf) {
    let scene = Scene::new();
    let source = scene.path("source");
    fs::create_dir(&source).unwrap();
    fill(&source);
    (scene, source)
}

pub(crate) fn has_tar() -> bool {
    corten_testkit::requirement::is_met(Command::new("tar").arg("--version").output().is_ok(), "GNU tar")
}

#[test]
fn what_gnu_tar_packed_is_unpacked_as_gnu_tar_does() {
    if !has_tar() {
        return;
    }
    let (scene, source) = filled();
    for form in [&["--format=gnu"][..], &["--format=pax", "--xattrs"]] {
        let name = form.len().to_string();
        let archive = scene.path(&format!("{name}.tar"));
        let mut tar = Command::new("tar");
        tar.args(form).arg("-cf").arg(&archive).arg("-C").arg(&source).arg(".");
        assert!(tar.status().unwrap().success());
        same(&scene, &name, &fs::read(&archive).unwrap());
    }
}

/// The real ones take seconds together, so that the larger of them are left to those that unpack them anyway.
const LARGEST: u64 = 200 << 20;

#[test]
fn real_layers_are_unpacked_as_gnu_tar_does() {
    if !has_tar() {
        return;
    }
    for image in ["alpine-3.20", "debian-bookworm-slim"] {
        let Some(image) = fixtures::image(image) else { continue };
        let scene = Scene::new();
        let limits = Limits::default();
        let mut archive = Archive::new(File::open(image).unwrap(), &limits);
        let mut number = 0;
        while let Some(entry) = archive.next_entry().unwrap() {
            let mut blob = Vec::new();
            archive.read_to_end(&mut blob).unwrap();
            if !blob.starts_with(b"\x1f\x8b") || entry.size > LARGEST {
                continue;
            }
            number += 1;
            let compressed = scene.path(&format!("{number}.tar.gz"));
            fs::write(&compressed, &blob).unwrap();
            let layer = Command::new("gzip").arg("-dc").arg(compressed).output().unwrap().stdout;
            same(&scene, &number.to_string(), &layer);
        }
        assert!(number > 0);
    }
}

/// Unpacks a layer in both ways and compares.
#[track_caller]
fn same(scene: &Scene, name: &str, layer: &[u8]) {
    let (archive, ours, theirs) = (format!("{name}.tar"), format!("ours-{name}"), format!("theirs-{name}"));
    fs::write(scene.path(&archive), layer).unwrap();
    reference::root(&scene.path(&theirs));
    reference::extract(&scene.path(&archive), &scene.path(&theirs));
    scene.unpack_with(&ours, Lowers::Known(&[]), layer).unwrap();
    assert_eq!(listing(&scene.path(&ours)), listing(&scene.path(&theirs)));
    assert_eq!(different_files(&scene.path(&ours), &scene.path(&theirs)), [""; 0].map(PathBuf::from));
    for made in [&archive, &ours, &theirs] {
        corten_tree::remove(File::open(scene.path("")).unwrap(), made).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// An overlay of layers shows what GNU tar makes of them one after the other.
    #[test]
    fn stacks_of_generated_layers_merge_as_if_gnu_tar_had_applied_them(
        layers in proptest::collection::vec((proptest::collection::vec(seed(), 1..14), any::<bool>()), 1..5),
    ) {
        if !has_tar() {
            return Ok(());
        }
        let scene = Scene::new();
        reference::root(&scene.path("theirs"));
        let mut stack: Vec<String> = Vec::new();
        for (number, (seeds, swaps)) in layers.iter().enumerate() {
            let archive = generated::layer(seeds, *swaps);
            let (name, file) = (format!("layer-{number}"), scene.path(&format!("{number}.tar")));
            fs::write(&file, &archive).unwrap();
            reference::apply(&file, &scene.path("theirs"));
            let lowers: Vec<_> = stack.iter().map(|lower| scene.path(lower)).collect();
            scene.unpack_with(&name, Lowers::Known(&lowers), &archive).unwrap();
            stack.insert(0, name);
        }
        // An overlay has two directories at least.
        fs::create_dir(scene.path("empty")).unwrap();
        let mut names: Vec<&str> = stack.iter().map(String::as_str).collect();
        names.push("empty");
        match overlay::mount(&scene, &names) {
            Ok(mount) => {
                let (merged, theirs) = (format!("/proc/self/fd/{}/", mount.as_raw_fd()), scene.path("theirs"));
                prop_assert_eq!(listing(Path::new(&merged)), listing(&theirs));
                prop_assert_eq!(different_files(Path::new(&merged), &theirs), [""; 0].map(PathBuf::from));
            }
            // An overlay on an overlay, as in a container.
            Err(error) => println!("skipped: no overlay can be mounted on this file system: {error}"),
        }
    }
}

pub(crate) fn seed() -> impl Strategy<Value = Seed> {
    let owner = prop_oneof![Just(0), 1..70_000_u32];
    // From before the epoch to after what fits into 32 bits.
    let time = prop_oneof![-1_000_000_000..10_000_000_000_i64, Just(0)];
    (any::<u8>(), any::<u8>(), any::<u8>(), 0..0o10_000_u16, owner, time)
        .prop_map(|(kind, name, other, mode, owner, time)| Seed { kind, name, other, mode, owner, time })
}
