//! Archives that want out, want too much, or are broken.

use std::fs;

use corten_layer_tar::{Archive, LayerTarError, Limits, Lowers, unpack};
use proptest::prelude::*;
use tar::EntryType;

use crate::builder::Builder;
use crate::scene::Scene;

/// The archive is refused with this text, and nothing outside changes.
#[track_caller]
fn refused(builder: Builder, text: &str) {
    let scene = Scene::new();
    let error = scene.unpack(builder).unwrap_err();
    assert_eq!(error.to_string(), text);
    scene.assert_outside_untouched();
}

#[test]
fn dots_do_not_lead_out() {
    refused(
        Builder::new().file("../outside/x", "x"),
        "invalid path `../outside/x`: it leads out of the layer",
    );
    refused(
        Builder::new().file("a/../../outside/x", "x"),
        "invalid path `a/../../outside/x`: it leads out of the layer",
    );
    refused(Builder::new().directory(".."), "invalid path `..`: it leads out of the layer");
    refused(Builder::new().file(".", "x"), "invalid path `.`: the root can only be a directory");
    refused(Builder::new().symlink("./", "outside"), "invalid path `./`: the root can only be a directory");
}

#[test]
fn absolute_paths_are_below_the_layer() {
    let scene = Scene::new();
    let victim = scene.path("outside/victim");
    scene
        .unpack(Builder::new().pax(&[("path", victim.to_str().unwrap().as_bytes())]).file("x", "changed"))
        .unwrap();
    scene.assert_outside_untouched();
    let inside = scene.path("layer").join(victim.strip_prefix("/").unwrap());
    assert_eq!(fs::read_to_string(inside).unwrap(), "changed");
}

#[test]
fn links_among_the_parents_stay_in_the_layer() {
    let scene = Scene::new();
    let outside = scene.path("outside");
    let builder = Builder::new()
        .symlink("relative", "../outside")
        .symlink("absolute", outside.to_str().unwrap())
        .file("relative/victim", "changed")
        .file("absolute/victim", "changed")
        .hard_link("stolen", "relative/victim");
    scene.unpack(builder).unwrap();
    scene.assert_outside_untouched();
    assert_eq!(fs::read_to_string(scene.path("layer/outside/victim")).unwrap(), "changed");
    assert_eq!(fs::read_to_string(scene.path("layer/stolen")).unwrap(), "changed");
}

#[test]
fn a_directory_swapped_for_a_link_does_not_redirect_what_follows() {
    let scene = Scene::new();
    let builder = Builder::new()
        .directory("a")
        .file("a/first", "1")
        .symlink("a", "../outside")
        .file("a/victim", "changed")
        .directory("a/b")
        .directory("a")
        .symlink("a/c", "/")
        .file("a/c/outside/second", "2");
    scene.unpack(builder).unwrap();
    scene.assert_outside_untouched();
    assert_eq!(fs::read_to_string(scene.path("layer/outside/victim")).unwrap(), "changed");
    assert_eq!(fs::read_to_string(scene.path("layer/outside/second")).unwrap(), "2");
}

#[test]
fn a_file_over_a_link_replaces_the_link_and_not_its_target() {
    let scene = Scene::new();
    let builder = Builder::new().symlink("a", "../outside/victim").file("a", "changed");
    scene.unpack(builder).unwrap();
    scene.assert_outside_untouched();
    assert!(scene.path("layer/a").symlink_metadata().unwrap().is_file());
}

#[test]
fn a_pipe_in_place_of_a_file_does_not_block() {
    let scene = Scene::new();
    let pipe = Builder::header(EntryType::Fifo, "a");
    scene.unpack(Builder::new().raw(pipe, b"").file("a", "x").hard_link("b", "a")).unwrap();
    assert_eq!(fs::read_to_string(scene.path("layer/b")).unwrap(), "x");
}

#[test]
fn hard_links_do_not_lead_out() {
    refused(
        Builder::new().hard_link("stolen", "../outside/victim"),
        "invalid path `../outside/victim`: it leads out of the layer",
    );
    refused(
        Builder::new().hard_link("stolen", "/etc/passwd"),
        "cannot link `stolen` to `/etc/passwd`: there is no such file",
    );
    refused(
        Builder::new().file(".wh.gone", "").hard_link("stolen", "gone"),
        "cannot link `stolen` to `gone`: there is no such file",
    );
    refused(
        Builder::new().directory("d").hard_link("d2", "d"),
        "cannot link `d2` to `d`: there is no such file",
    );
    refused(Builder::new().hard_link("a", "a"), "cannot link `a` to `a`: there is no such file");
}

#[test]
fn a_hard_link_to_a_link_does_not_follow_it() {
    let scene = Scene::new();
    scene.unpack(Builder::new().symlink("a", "../outside/victim").hard_link("b", "a")).unwrap();
    scene.assert_outside_untouched();
    assert!(scene.path("layer/b").symlink_metadata().unwrap().is_symlink());
}

#[test]
fn parents_that_are_no_directories_are_refused() {
    refused(Builder::new().file("a", "x").file("a/b", "y"), "cannot place `a`: a parent is not a directory");
    refused(
        Builder::new().symlink("a", "b").symlink("b", "a").file("a/x", "x"),
        "invalid path `a`: it leads through too many links",
    );
}

#[test]
fn paths_too_deep_for_the_limits_are_refused_even_when_links_build_them() {
    let down = "d/".repeat(40);
    let mut builder = Builder::new();
    for link in 0..20 {
        builder = builder.symlink(
            &format!("{link}"),
            &format!("{}{down}", if link == 0 { String::new() } else { format!("{}/", link - 1) }),
        );
    }
    let error = Scene::new().unpack(builder.file("19/x", "x")).unwrap_err();
    assert!(error.to_string().ends_with("it has 513 components, and at most 512 are allowed"), "{error}");
}

#[test]
fn impossible_numbers_are_refused() {
    let mut header = Builder::header(EntryType::Regular, "a");
    header.set_uid(u64::from(u32::MAX));
    refused(
        Builder::new().raw(header, b""),
        "invalid tar header before byte 512: a user or group number is too large",
    );
    let mut header = Builder::header(EntryType::Regular, "a");
    header.as_old_mut().size.copy_from_slice(&[0xff; 12]);
    refused(Builder::new().raw(header, b""), "invalid tar header before byte 512: a number is negative");
    let mut header = Builder::header(EntryType::Regular, "a");
    header.set_size(1 << 50);
    refused(
        Builder::new().raw(header, b""),
        "too many bytes in the archive: 1125899906843136, and at most 1099511627776 are allowed",
    );
    let mut header = Builder::header(EntryType::XHeader, "a");
    header.set_size(1 << 30);
    refused(
        Builder::new().raw(header, b""),
        "too many bytes in an extension header: 1073741824, and at most 1048576 are allowed",
    );
}

#[test]
fn what_is_not_understood_is_refused() {
    let strange = Builder::header(EntryType::new(b'V'), "a");
    refused(Builder::new().raw(strange, b""), "entry `a` is not supported: its type is `V`");
}

#[test]
fn bombs_end_at_the_limits() {
    struct Endless;
    impl std::io::Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            buffer.fill(0);
            Ok(buffer.len())
        }
    }
    let scene = Scene::new();
    let into = scene.path("layer");
    fs::create_dir(&into).unwrap();
    let limits = Limits { bytes: 10_000_000, entries: 3, ..Limits::default() };
    let error = unpack(Endless, &into, Lowers::Unknown, &limits).unwrap_err();
    assert_eq!(
        error.to_string(),
        "too many bytes in the archive: 10223616, and at most 10000000 are allowed"
    );
    let many = Builder::new().directory("a").directory("b").directory("c").directory("d").finish();
    let error = unpack(&many[..], &into, Lowers::Unknown, &limits).unwrap_err();
    assert_eq!(error.to_string(), "too many entries: 4, and at most 3 are allowed");
}

#[test]
fn archives_that_end_early_are_refused() {
    let archive = Builder::new().file("a", &"x".repeat(2000)).finish();
    for length in [100, 600, 2600] {
        let scene = Scene::new();
        let error = scene.unpack_with("layer", Lowers::Known(&[]), &archive[..length]).unwrap_err();
        assert!(matches!(error, LayerTarError::Truncated { .. }), "{length}: {error}");
    }
    let scene = Scene::new();
    scene.unpack_with("layer", Lowers::Known(&[]), &archive[..archive.len() - 1024]).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Any archive at all either unpacks or is refused; in both cases the outside stays as it was.
    #[test]
    fn random_archives_never_reach_the_outside(
        entries in proptest::collection::vec((0..6_usize, path(), path()), 1..12),
        noise in proptest::option::of((0..6000_usize, any::<u8>())),
    ) {
        let scene = Scene::new();
        let mut builder = Builder::new();
        for (kind, path, target) in &entries {
            builder = match kind {
                0 => builder.file(path, "x"),
                1 => builder.directory(path),
                2 => builder.symlink(path, target),
                3 => builder.hard_link(path, target),
                4 => builder.device(EntryType::Char, path, 0, 0),
                _ => builder.raw(Builder::header(EntryType::Fifo, path), b""),
            };
        }
        let mut archive = builder.finish();
        if let Some((at, byte)) = noise {
            let at = at % archive.len();
            archive[at] = byte;
        }
        // Either way; the outcome that matters is the outside.
        let _outcome = scene.unpack_with("layer", Lowers::Known(&[]), &archive);
        scene.assert_outside_untouched();
    }

    /// Headers of any bytes, with checksums that are right so that all of them are looked at, end in an entry or an
    /// error, and reading never gives more than there is.
    #[test]
    fn random_headers_are_read_or_refused(
        mut blocks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 512), 1..6),
        flags in proptest::collection::vec(proptest::sample::select(&b"\x000123456xgLKSV"[..]), 6),
        sizes in proptest::collection::vec(0..1500_u64, 6),
        magic in any::<bool>(),
    ) {
        for ((block, flag), size) in blocks.iter_mut().zip(flags).zip(sizes) {
            block[156] = flag;
            block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
            if magic {
                block[257..263].copy_from_slice(b"ustar\0");
            }
            block[148..156].fill(b' ');
            let sum: u64 = block.iter().map(|&byte| u64::from(byte)).sum();
            block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
        let bytes = blocks.concat();
        let mut archive = Archive::new(&bytes[..], &Limits::default());
        let mut total = 0;
        while let Ok(Some(_)) = archive.next_entry() {
            total += std::io::copy(&mut archive, &mut std::io::sink()).unwrap_or_default();
        }
        prop_assert!(total <= bytes.len() as u64);
    }
}

fn path() -> impl Strategy<Value = String> {
    let component = prop_oneof![
        4 => "[a-c]", 2 => Just("..".to_owned()), 1 => Just(".".to_owned()), 1 => Just(String::new()),
        2 => Just("outside".to_owned()), 1 => Just("victim".to_owned()), 1 => ".wh.[a-c]", 1 => Just(".wh..wh..opq".to_owned()),
    ];
    proptest::collection::vec(component, 1..5).prop_map(|components| components.join("/"))
}
