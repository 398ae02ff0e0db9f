//! Extracting into a tree that is in use: as GNU tar does, and never out of it.

use std::fs::{self, File};
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::process::Command;

use corten_layer_tar::{
    Extracted, Extraction, LayerTarError, Limits, Owner, SameOwners, extract, pack_object,
};
use tar::EntryType;

use crate::builder::Builder;
use crate::gnu_tar::{filled, has_tar};
use crate::listing::{different_files, listing};
use crate::reference;
use crate::scene::Scene;

/// Extracts into `at` of a root.
fn into(
    root: &Path,
    at: &str,
    archive: &[u8],
    change: impl FnOnce(&mut Extraction<'_>),
) -> Result<Extracted, LayerTarError> {
    let root = File::open(root).unwrap();
    let mut extraction = Extraction {
        root: root.as_fd(),
        at: at.as_bytes(),
        refuse_outward_links: false,
        refuse_exchange: false,
        owner: None,
        rename: None,
        owners: Some(&SameOwners),
    };
    change(&mut extraction);
    extract(archive, extraction, &Limits::default())
}

#[test]
fn a_tree_is_merged_with_what_is_there_as_gnu_tar_does() {
    if !has_tar() {
        return;
    }
    let (scene, source) = filled();
    let archive = scene.path("source.tar");
    let mut tar = Command::new("tar");
    tar.args(["--format=pax", "--xattrs", "-cf"]).arg(&archive).arg("-C").arg(&source).arg("many");
    for name in ["large", "setuid", "zlink", "long-link", "pipe", "null", "deep"] {
        tar.arg(name);
    }
    assert!(tar.status().unwrap().success());
    for name in ["ours", "theirs"] {
        let root = scene.path(name);
        fs::create_dir_all(root.join("many")).unwrap();
        fs::write(root.join("many/7"), "replaced, and shorter than what was there").unwrap();
        fs::write(root.join("many/own"), "kept").unwrap();
        fs::create_dir(root.join("large")).unwrap();
        symlink("elsewhere", root.join("setuid")).unwrap();
        fs::hard_link(root.join("many/own"), root.join("zlink")).unwrap();
    }
    reference::extract(&archive, &scene.path("theirs"));
    into(&scene.path("ours"), "", &fs::read(&archive).unwrap(), |_| {}).unwrap();
    for name in ["ours", "theirs"] {
        // Nobody says anything about the root and the file that is not in the archive.
        for path in ["many/own", ""] {
            let path = scene.path(name).join(path);
            assert!(Command::new("touch").args(["-d", "@1000"]).arg(path).status().unwrap().success());
        }
    }
    assert_eq!(listing(&scene.path("ours")), listing(&scene.path("theirs")));
    assert!(different_files(&scene.path("ours"), &scene.path("theirs")).is_empty());
}

#[test]
fn what_is_packed_of_a_tree_in_use_is_what_gnu_tar_unpacks() {
    if !has_tar() {
        return;
    }
    let (scene, source) = filled();
    let mut archive = Vec::new();
    let directory = File::open(&source).unwrap();
    pack_object((directory.as_fd(), b"many"), b"some", &SameOwners, &mut archive, &Limits::default())
        .unwrap();
    fs::write(scene.path("packed.tar"), &archive).unwrap();
    fs::create_dir(scene.path("theirs")).unwrap();
    reference::extract(&scene.path("packed.tar"), &scene.path("theirs"));
    let ours = different_files(&source.join("many"), &scene.path("theirs/some"));
    assert!(ours.is_empty(), "{ours:?}");
}

#[test]
fn a_link_that_leads_out_of_a_directory_is_not_written_through() {
    let scene = Scene::new();
    fs::create_dir(scene.path("host")).unwrap();
    let host = scene.path("host").display().to_string();
    fs::create_dir(scene.path("root")).unwrap();
    let root = scene.path("root");
    let up = format!("{}{host}", "../".repeat(12));
    for target in [host.as_str(), &up, "/proc/self/root"] {
        let archive = Builder::new().symlink("link", target).file("link/planted", "x").finish();
        // Beneath the directory alone, it is an error; where the directory is a root, it leads to somewhere in that.
        into(&root, "", &archive, |extraction| extraction.refuse_outward_links = true).unwrap_err();
        let _ = into(&root, "", &archive, |_| {});
        assert_eq!(fs::read_dir(&host).unwrap().count(), 0, "{target}");
        assert!(!Path::new("/planted").exists());
    }
    let outside = Builder::new().file("../planted", "x").finish();
    assert!(matches!(into(&root, "", &outside, |_| {}).unwrap_err(), LayerTarError::Outside { .. }));
    let hard = Builder::new().hard_link("stolen", "../host").finish();
    assert!(matches!(into(&root, "", &hard, |_| {}).unwrap_err(), LayerTarError::Outside { .. }));
    scene.assert_outside_untouched();
}

#[test]
fn half_a_file_is_not_left_behind() {
    let scene = Scene::new();
    fs::create_dir(scene.path("root")).unwrap();
    let whole = Builder::new().file("whole", "x").file("half", &"y".repeat(5000)).finish();
    into(&scene.path("root"), "", &whole[..512 * 5], |_| {}).unwrap_err();
    let left: Vec<_> =
        fs::read_dir(scene.path("root")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["whole"]);
}

#[test]
fn names_and_owners_are_those_that_are_asked_for() {
    let scene = Scene::new();
    fs::create_dir_all(scene.path("root/at")).unwrap();
    let root = scene.path("root");
    let archive = Builder::new().directory("a").file("a/f", "f").hard_link("a/g", "a/f").finish();
    into(&root, "at", &archive, |extraction| {
        extraction.rename = Some((b"a", b"b"));
        extraction.owner = Some(Owner { uid: 5, gid: 6 });
    })
    .unwrap();
    let file = fs::metadata(root.join("at/b/f")).unwrap();
    assert_eq!((file.uid(), file.gid(), file.nlink()), (5, 6, 2));
    into(&root, "at", &archive, |extraction| extraction.rename = Some((b"", b"below"))).unwrap();
    assert!(root.join("at/below/a/g").exists());
}

#[test]
fn directories_and_other_things_replace_each_other_only_where_that_is_wanted() {
    let scene = Scene::new();
    fs::create_dir_all(scene.path("root/was-directory/full")).unwrap();
    fs::write(scene.path("root/was-file"), "x").unwrap();
    let root = scene.path("root");
    let file = Builder::new().file("was-directory", "now a file").finish();
    let directory = Builder::new().directory("was-file").finish();
    for archive in [&file, &directory] {
        let refused = into(&root, "", archive, |extraction| extraction.refuse_exchange = true).unwrap_err();
        assert!(matches!(refused, LayerTarError::Exchange { .. }), "{refused}");
        into(&root, "", archive, |_| {}).unwrap();
    }
    assert!(root.join("was-directory").is_file() && root.join("was-file").is_dir());
}

#[test]
fn a_pipe_in_the_place_of_a_file_is_replaced_and_not_opened() {
    let scene = Scene::new();
    fs::create_dir(scene.path("root")).unwrap();
    let pipe = Builder::new().raw(Builder::header(EntryType::Fifo, "f"), b"").finish();
    into(&scene.path("root"), "", &pipe, |_| {}).unwrap();
    into(&scene.path("root"), "", &Builder::new().file("f", "x").finish(), |_| {}).unwrap();
    assert_eq!(fs::read_to_string(scene.path("root/f")).unwrap(), "x");
}
