//! Sparse files in every form that GNU tar writes: holes stay holes, and maps that lie are refused.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::process::Command;

use corten_layer_tar::{Archive, LayerTarError, Limits, Lowers, unpack};
use tar::{EntryType, Header};

use crate::builder::Builder;
use crate::scene::Scene;

const FORMS: [&[&str]; 4] = [
    &["--format=gnu"],
    &["--format=pax", "--sparse-version=0.0"],
    &["--format=pax", "--sparse-version=0.1"],
    &["--format=pax", "--sparse-version=1.0"],
];

#[test]
fn what_gnu_tar_packs_as_sparse_has_the_same_content_and_holes() {
    let scene = Scene::new();
    fs::create_dir(scene.path("source")).unwrap();
    // More fragments than fit into a header, and than fit into that and one more block.
    let many = File::create(scene.path("source/many")).unwrap();
    for fragment in 0..40_u64 {
        many.write_all_at(format!("fragment {fragment}").as_bytes(), fragment * 65_536 + 4096).unwrap();
    }
    many.set_len(1 << 22).unwrap();
    File::create(scene.path("source/nothing-but-a-hole")).unwrap().set_len(1 << 34).unwrap();
    let end = File::create(scene.path(&format!("source/{}", "n".repeat(120)))).unwrap();
    end.write_all_at(b"end", 1 << 21).unwrap();
    fs::write(scene.path("source/after"), "after").unwrap();

    for (number, form) in FORMS.iter().enumerate() {
        let archive = scene.path("archive.tar");
        let mut tar = Command::new("tar");
        tar.args(*form).arg("-Scf").arg(&archive).arg("-C").arg(scene.path("source")).arg(".");
        assert!(tar.status().unwrap().success());
        let name = format!("layer-{number}");
        let unpacked = scene.unpack_with(&name, Lowers::Known(&[]), &fs::read(&archive).unwrap()).unwrap();
        for file in ["many", "after", &"n".repeat(120)] {
            let content = |directory: &str| fs::read(scene.path(directory).join(file)).unwrap();
            assert!(content(&name) == content("source"), "{form:?} {file}");
        }
        for file in ["many", "nothing-but-a-hole"] {
            let metadata = |directory: &str| fs::metadata(scene.path(directory).join(file)).unwrap();
            assert_eq!(metadata(&name).len(), metadata("source").len());
            assert!(metadata(&name).blocks() <= metadata("source").blocks(), "{form:?} {file}");
        }
        assert_eq!(unpacked.content, (1 << 22) + (1 << 34) + (1 << 21) + 3 + 5);
    }
}

#[test]
fn holes_read_as_zeros() {
    let archive = Builder::new().pax(&records("2,1,5,2", "2", "9")).file("a", "abc").finish();
    let mut archive = Archive::new(&archive[..], &Limits::default());
    let entry = archive.next_entry().unwrap().unwrap();
    let mut content = Vec::new();
    std::io::copy(&mut archive, &mut content).unwrap();
    assert_eq!((entry.size, content), (9, b"\0\0a\0\0bc\0\0".to_vec()));
    assert!(archive.next_entry().unwrap().is_none());
}

#[test]
fn a_hard_link_to_a_sparse_file_of_a_lower_layer_copies_no_holes() {
    let scene = Scene::new();
    let size = (1_u64 << 36).to_string();
    let map = format!("4096,3,{},2", 1_u64 << 35);
    scene.unpack_on("lower", &[], Builder::new().pax(&records(&map, "2", &size)).file("a", "abcde")).unwrap();
    scene.unpack_on("upper", &["lower"], Builder::new().hard_link("b", "a")).unwrap();
    let file = File::open(scene.path("upper/b")).unwrap();
    let mut data = [0; 5];
    file.read_exact_at(&mut data[..3], 4096).unwrap();
    file.read_exact_at(&mut data[3..], 1 << 35).unwrap();
    assert_eq!(&data, b"abcde");
    let metadata = file.metadata().unwrap();
    assert_eq!(metadata.len(), 1 << 36);
    assert!(metadata.blocks() < 1000, "{}", metadata.blocks());
}

#[test]
fn maps_that_lie_are_refused() {
    let refused = |builder: Builder, text: &str| {
        let error = Scene::new().unpack(builder).unwrap_err();
        assert_eq!(error.to_string(), text);
    };
    let mapped = |map: &str, count: &str, size: &str| {
        Builder::new().pax(&records(map, count, size)).file("made-up", "abc")
    };
    let bad = "cannot read the map of sparse file `a`: ";
    refused(mapped("0,2,1,1", "2", "9"), &format!("{bad}fragments overlap or are out of order"));
    refused(mapped("5,1,0,2", "2", "9"), &format!("{bad}fragments overlap or are out of order"));
    refused(mapped("0,2,8,2", "2", "9"), &format!("{bad}a fragment ends beyond the end of the file"));
    refused(
        mapped("0,2", "1", "9"),
        &format!("{bad}the fragments together are not as long as what the archive has of the file"),
    );
    refused(
        mapped("0,3", "1", &u64::MAX.to_string()),
        "too many bytes in holes of sparse files: 18446744073709551612, and at most 17592186044416 are allowed",
    );
    refused(
        mapped("0,3", "2", "9"),
        "invalid tar header before byte 1536: the map of a sparse file is not complete",
    );
    refused(
        Builder::new().pax(&[("GNU.sparse.major", b"2"), ("GNU.sparse.size", b"0")]).file("a", ""),
        "invalid tar header before byte 1536: the version of a sparse file is none of 0.0, 0.1 and 1.0",
    );
    refused(
        Builder::new().pax(&records("", "0", "0")).directory("a"),
        "invalid tar header before byte 1536: records of a sparse file stand before something else",
    );
    let global = Builder::new().global(&records("", "0", "0")).file("a", "");
    refused(global, "invalid tar header before byte 599: a global header describes a sparse file");
}

#[test]
fn maps_before_the_content_are_refused_when_they_do_not_end_or_are_no_numbers() {
    let with_map = |map: &str| {
        let records: &[(&str, &[u8])] =
            &[("GNU.sparse.major", b"1"), ("GNU.sparse.minor", b"0"), ("GNU.sparse.realsize", b"9")];
        let error = Scene::new().unpack(Builder::new().pax(records).file("a", map)).unwrap_err();
        error.to_string().strip_prefix("cannot read the map of sparse file `a`: ").map(str::to_owned)
    };
    let long = "the map is longer than what the archive has of the file";
    assert_eq!(with_map("1\n0\n"), Some(long.to_owned()));
    assert_eq!(with_map("0\n"), Some(long.to_owned()));
    assert_eq!(with_map(""), Some(long.to_owned()));
    let number = "a line of the map is no number";
    assert_eq!(with_map("x\n"), Some(number.to_owned()));
    assert_eq!(with_map("\n"), Some(number.to_owned()));
    assert_eq!(with_map(&"1".repeat(600)), Some(number.to_owned()));
    assert_eq!(with_map("99999999999999999999\n"), Some(number.to_owned()));
}

#[test]
fn maps_of_more_fragments_than_allowed_are_refused_before_they_take_memory() {
    let limits = Limits { fragments: 10, ..Limits::default() };
    let scene = Scene::new();
    fs::create_dir(scene.path("layer")).unwrap();
    let records: &[(&str, &[u8])] =
        &[("GNU.sparse.major", b"1"), ("GNU.sparse.minor", b"0"), ("GNU.sparse.realsize", b"9")];
    let map = format!("18446744073709551615\n{}", "0\n".repeat(1000));
    let archive = Builder::new().pax(records).file("a", &map).finish();
    let error = unpack(&archive[..], &scene.path("layer"), Lowers::Known(&[]), &limits).unwrap_err();
    assert_eq!(error.to_string(), "too many fragments of a sparse file: 11, and at most 10 are allowed");
}

#[test]
fn maps_in_headers_are_refused_when_they_lie() {
    let good = old_header(&[("00000000002", "00000000003")], "00000000011", false);
    let scene = Scene::new();
    scene.unpack(Builder::new().raw(good, b"abc")).unwrap();
    assert_eq!(fs::read(scene.path("layer/a")).unwrap(), b"\0\0abc\0\0\0\0");

    let refused = |header: Header| Scene::new().unpack(Builder::new().raw(header, b"abc")).unwrap_err();
    let broken = old_header(&[("000000000x2", "00000000003")], "00000000011", false);
    assert!(matches!(refused(broken), LayerTarError::Header { problem: "a number is not octal", .. }));
    let short = old_header(&[("00000000002", "00000000003")], "00000000004", false);
    assert!(matches!(refused(short), LayerTarError::Sparse { .. }));
    let early = old_header(&[("00000000002", "00000000003")], "00000000011", true);
    assert!(matches!(
        refused(early),
        LayerTarError::Sparse { problem: "the map ends before its last block", .. }
    ));
    let mut star = old_header(&[("00000000002", "00000000003")], "00000000011", false);
    star.as_mut_bytes()[257..265].copy_from_slice(b"ustar\x0000");
    assert!(matches!(refused(star), LayerTarError::Unsupported { .. }));
}

/// The records of version 0.1.
fn records<'a>(map: &'a str, count: &'a str, size: &'a str) -> [(&'a str, &'a [u8]); 4] {
    [
        ("GNU.sparse.size", size.as_bytes()),
        ("GNU.sparse.numblocks", count.as_bytes()),
        ("GNU.sparse.name", b"a"),
        ("GNU.sparse.map", map.as_bytes()),
    ]
}

/// A header of GNU's old format that says of three bytes where they are.
fn old_header(map: &[(&str, &str)], size: &str, is_extended: bool) -> Header {
    let mut header = Header::new_gnu();
    header.set_path("a").unwrap();
    header.set_entry_type(EntryType::GNUSparse);
    for set in [Header::set_uid, Header::set_gid, Header::set_mtime] {
        set(&mut header, 0);
    }
    header.set_mode(0o644);
    header.set_size(3);
    let bytes = header.as_mut_bytes();
    for ((offset, length), at) in map.iter().zip((386..482).step_by(24)) {
        bytes[at..at + 11].copy_from_slice(offset.as_bytes());
        bytes[at + 12..at + 23].copy_from_slice(length.as_bytes());
    }
    bytes[482] = is_extended.into();
    bytes[483..494].copy_from_slice(size.as_bytes());
    header
}
