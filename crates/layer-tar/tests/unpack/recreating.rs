//! Making the archive of an unpacked layer again. That it is the same is seen wherever a test unpacks ([`crate::scene`]).

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::path::Path;

use corten_layer_tar::{
    LayerTarError, Limits, Lowers, RecreateError, lost, recreate, unpack_indexed, write_lost,
};
use proptest::prelude::*;
use tar::EntryType;

use crate::builder::Builder;
use crate::generated;
use crate::gnu_tar::seed;
use crate::scene::Scene;

/// Unpacks into `layer` and gives the index, and what was replaced.
fn indexed(scene: &Scene, archive: &[u8]) -> (Vec<u8>, Option<String>) {
    fs::create_dir(scene.path("layer")).unwrap();
    let mut index = Vec::new();
    let (into, limits) = (scene.path("layer"), Limits::default());
    let unpacked = unpack_indexed(archive, &into, Lowers::Known(&[]), &limits, &mut index).unwrap();
    (index, unpacked.replaced)
}

fn again(index: &[u8], layer: &Path) -> Result<Vec<u8>, String> {
    let mut archive = Vec::new();
    recreate(index, layer, &mut archive).map(|_| archive).map_err(|error| error.to_string())
}

#[test]
fn what_stands_behind_the_end_and_in_the_padding_is_made_again() {
    let scene = Scene::new();
    let mut archive = Builder::new().file("a", "content").finish();
    archive[512 + 100] = b'!';
    archive.extend_from_slice(b"something that tar does not look at");
    let (index, _) = indexed(&scene, &archive);
    assert_eq!(again(&index, &scene.path("layer")), Ok(archive));
}

#[test]
fn content_under_links_and_names_of_markers_is_made_again() {
    let scene = Scene::new();
    let mut marker = Builder::header(EntryType::Regular, "d/.wh.gone");
    marker.set_size(600);
    let archive = Builder::new()
        .directory("d")
        .symlink("l", "d")
        .file("l/through", "a link")
        .hard_link("other", "l/through")
        .raw(marker, &[b'm'; 600])
        .file("d/empty", "")
        .finish();
    let (index, _) = indexed(&scene, &archive);
    assert_eq!(again(&index, &scene.path("layer")), Ok(archive));
}

#[test]
fn an_archive_that_says_two_things_of_one_name_is_told_of() {
    let scene = Scene::new();
    let (index, replaced) = indexed(&scene, &Builder::new().file("a", "first").file("a", "second").finish());
    assert_eq!(replaced.as_deref(), Some("a"));
    assert!(again(&index, &scene.path("layer")).unwrap_err().contains("file `a` has changed"));
    let mut index = Vec::new();
    write_lost("a", &mut index).unwrap();
    assert_eq!(lost(&index[..]).unwrap().as_deref(), Some("a"));
    assert!(
        matches!(recreate(&index[..], &scene.path("layer"), &mut io::sink()), Err(RecreateError::Lost { path }) if path == "a")
    );
}

#[test]
fn links_and_empty_files_may_be_replaced() {
    let scene = Scene::new();
    let archive = Builder::new().symlink("a", "b").file("a", "").file("a", "last").finish();
    let (index, replaced) = indexed(&scene, &archive);
    assert_eq!((replaced, lost(&index[..]).unwrap()), (None, None));
    assert_eq!(again(&index, &scene.path("layer")), Ok(archive));
}

#[test]
fn files_that_have_changed_are_named() {
    let problem = |change: &dyn Fn(&Path)| {
        let scene = Scene::new();
        let archive = Builder::new().directory("d").file("d/a", "content").finish();
        let (index, _) = indexed(&scene, &archive);
        change(&scene.path("layer"));
        again(&index, &scene.path("layer")).unwrap_err()
    };
    let replaced = |with: &dyn Fn(&Path)| {
        problem(&|layer| {
            fs::remove_file(layer.join("d/a")).unwrap();
            with(&layer.join("d/a"));
        })
    };
    assert_eq!(
        problem(&|layer| fs::write(layer.join("d/a"), "c0ntent").unwrap()),
        "file `d/a` has changed: its content is another"
    );
    assert_eq!(
        problem(&|layer| fs::write(layer.join("d/a"), "content, and more").unwrap()),
        "file `d/a` has changed: it has 17 bytes instead of 7"
    );
    assert_eq!(replaced(&|_| {}), "file `d/a` has changed: it is gone");
    assert_eq!(
        replaced(&|path| symlink("/etc/hostname", path).unwrap()),
        "file `d/a` has changed: it is gone"
    );
    assert_eq!(
        replaced(&|path| fs::create_dir(path).unwrap()),
        "file `d/a` has changed: it is no file any more"
    );
    let elsewhere = problem(&|layer| {
        fs::rename(layer.join("d"), layer.with_file_name("d")).unwrap();
        symlink("../d", layer.join("d")).unwrap();
    });
    assert_eq!(elsewhere, "file `d/a` has changed: it is gone");
}

#[test]
fn an_index_that_breaks_off_makes_nothing() {
    let scene = Scene::new();
    let (index, _) = indexed(&scene, &Builder::new().file("a", "content").finish());
    for length in 0..index.len() {
        assert!(again(&index[..length], &scene.path("layer")).is_err(), "{length}");
    }
    assert!(again(&[&index[..], b"more"].concat(), &scene.path("layer")).is_err());
}

#[test]
fn a_disk_that_takes_no_index_ends_the_unpacking() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::from(io::ErrorKind::StorageFull))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let scene = Scene::new();
    fs::create_dir(scene.path("layer")).unwrap();
    let archive = Builder::new().file("a", "content").finish();
    let into = scene.path("layer");
    let unpacked = unpack_indexed(&archive[..], &into, Lowers::Known(&[]), &Limits::default(), &mut Full);
    assert!(matches!(unpacked, Err(LayerTarError::Record(_))), "{unpacked:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Where the index is one, it makes the archive again; where it is none, that is told.
    #[test]
    fn generated_layers_are_made_again_byte_for_byte(
        seeds in proptest::collection::vec(seed(), 1..40),
        swaps in any::<bool>(),
        behind in proptest::collection::vec(any::<u8>(), 0..700),
    ) {
        let scene = Scene::new();
        let archive = [generated::layer(&seeds, swaps), behind].concat();
        let (index, replaced) = indexed(&scene, &archive);
        if replaced.is_none() {
            prop_assert!(again(&index, &scene.path("layer")).unwrap() == archive);
        }
    }

    /// Whatever an index says, nothing but files of the layer is read, and nothing panics.
    #[test]
    fn indexes_that_are_none_are_refused(bytes in proptest::collection::vec(0..32_u8, 0..64)) {
        let scene = Scene::new();
        let index = [&b"crtnidx\x01"[..], &bytes].concat();
        if let Ok(made) = again(&index, &scene.path("outside")) {
            prop_assert!(made.len() <= bytes.len());
        }
    }
}
