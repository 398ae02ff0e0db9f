//! What the rows promise: names, prefixes, holds on layers.

#![allow(clippy::unwrap_used, reason = "clippy.toml's exemption for tests does not reach files under tests/")]

use corten_error::{Classified, Kind};
use corten_spec::time::Timestamp;
use corten_state::{
    ContainerRow, Durability, ImageRow, LayerRow, NamedImage, Result, StateError, Store, TagRow, Writer,
};

fn store() -> (tempfile::TempDir, Store) {
    let root = tempfile::tempdir().unwrap();
    let store = Store::open(root.path()).unwrap();
    (root, store)
}

fn write<T>(store: &Store, body: impl FnOnce(&Writer<'_>) -> Result<T>) -> Result<T> {
    store.write(Durability::Normal, body)
}

/// A container whose id is `digits`, filled up with zeros.
fn container(digits: &str, name: &str) -> ContainerRow {
    ContainerRow {
        id: format!("{digits:0<64}"),
        name: name.to_owned(),
        image_id: Some("sha256:11".to_owned()),
        image_name: "alpine".to_owned(),
        created_at: Timestamp::from_nanos(i64::from(digits.as_bytes()[0])),
        config: "{}".to_owned(),
        state: "{}".to_owned(),
        journal_offset: 0,
    }
}

fn image(id: &str, layers: &[&str], at: &Writer<'_>) -> Result<()> {
    let row = ImageRow {
        id: id.to_owned(),
        manifest_digest: format!("{id}aa"),
        target_digest: format!("{id}bb"),
        target_media_type: "application/vnd.oci.image.index.v1+json".to_owned(),
        created_at: Timestamp::from_nanos(7),
        size: 1 << 40,
        config: vec![0, 255],
    };
    at.insert_image(&row, &layers.iter().map(|&layer| layer.to_owned()).collect::<Vec<_>>())
}

fn named(image_id: &str, target: &str) -> NamedImage {
    NamedImage {
        image_id: image_id.to_owned(),
        manifest_digest: format!("{image_id}cc"),
        target_digest: target.to_owned(),
        target_media_type: "application/vnd.oci.image.index.v1+json".to_owned(),
    }
}

fn layer(id: &str, diff_id: &str, chain_id: &str, self_contained: bool) -> LayerRow {
    LayerRow {
        id: id.to_owned(),
        diff_id: diff_id.to_owned(),
        chain_id: chain_id.to_owned(),
        size: 1,
        self_contained,
    }
}

#[test]
fn a_container_comes_back_as_it_was_and_changes_as_told() {
    let (_root, store) = store();
    let mut row = container("ab", "web");
    write(&store, |to| to.insert_container(&row)).unwrap();
    assert_eq!(store.read(|at| at.container(&row.id)).unwrap(), Some(row.clone()));
    row.state = "running".to_owned();
    row.journal_offset = 1 << 40;
    row.name = "site".to_owned();
    row.config = "other".to_owned();
    write(&store, |to| {
        to.set_container_state(&row.id, &row.state, row.journal_offset)?;
        to.set_container_config(&row.id, &row.config)?;
        to.rename_container(&row.id, &row.name)
    })
    .unwrap();
    assert_eq!(store.read(|at| at.containers()).unwrap(), [row.clone()]);
    assert!(write(&store, |to| to.remove_container(&row.id)).unwrap());
    assert!(!write(&store, |to| to.remove_container(&row.id)).unwrap());
    let gone = write(&store, |to| to.set_container_state(&row.id, "", 0)).unwrap_err();
    assert_eq!(gone.kind(), Kind::NotFound);
}

#[test]
fn a_name_has_one_holder_and_the_refusal_is_dockers() {
    let (_root, store) = store();
    let (first, second) = (container("aa", "web"), container("bb", "db"));
    write(&store, |to| to.insert_container(&first)).unwrap();
    write(&store, |to| to.insert_container(&second)).unwrap();
    let text = format!(
        "Conflict. The container name \"/web\" is already in use by container \"{}\". You have to remove (or rename) that \
         container to be able to reuse that name.",
        first.id
    );
    let taken = write(&store, |to| to.insert_container(&container("cc", "web"))).unwrap_err();
    assert_eq!((taken.to_string(), taken.kind()), (text.clone(), Kind::Conflict));
    let taken = write(&store, |to| to.rename_container(&second.id, "web")).unwrap_err();
    assert_eq!(taken.to_string(), text);
    write(&store, |to| to.rename_container(&first.id, "web")).unwrap();
    let twice = write(&store, |to| to.insert_container(&container("aa", "other"))).unwrap_err();
    assert_eq!(twice.kind(), Kind::AlreadyExists);
}

#[test]
fn a_container_is_found_by_id_then_name_then_prefix() {
    let (_root, store) = store();
    let rows =
        [container("abc1", "one"), container("abc2", "two"), container("dd", "abc1"), container("ee", "Z.z")];
    write(&store, |to| rows.iter().try_for_each(|row| to.insert_container(row))).unwrap();
    let find = |text: &str| {
        store
            .read(|at| at.resolve_container(text))
            .map(|row| row.name)
            .map_err(|error| (error.kind(), error.to_string()))
    };
    assert_eq!(find(&rows[0].id).unwrap(), "one");
    assert_eq!(find("/two").unwrap(), "two");
    assert_eq!(find("abc1").unwrap(), "abc1", "a name goes before a prefix");
    assert_eq!(find("abc10").unwrap(), "one");
    assert_eq!(find("e").unwrap(), "Z.z");
    let ambiguous = "multiple IDs found with provided prefix: abc".to_owned();
    assert_eq!(find("abc").unwrap_err(), (Kind::Invalid, ambiguous));
    for missing in ["f", "abcg", "%", "_", "ABC1", &format!("{}0", rows[0].id)] {
        assert_eq!(find(missing).unwrap_err(), (Kind::NotFound, format!("No such container: {missing}")));
    }
    assert_eq!(find("").unwrap_err().1, "invalid name or ID supplied: \"\"");
}

#[test]
fn an_image_with_its_tags_and_layers_comes_back_and_goes() {
    let (_root, store) = store();
    write(&store, |to| {
        to.insert_layer(&layer("low", "d1", "c1", true))?;
        to.insert_layer(&layer("high", "d2", "c2", false))?;
        image("sha256:11", &["low", "high"], to)?;
        image("sha256:12", &["low"], to)?;
        // Loading it again changes nothing.
        image("sha256:11", &["low", "high"], to)?;
        assert_eq!(to.set_tag("docker.io/library/a:1", &[named("sha256:11", "index")])?, None);
        let before = to.set_tag("docker.io/library/a:1", &[named("sha256:12", "index")])?;
        assert_eq!(before, Some("sha256:11".to_owned()));
        to.set_tag("docker.io/library/a:2", &[named("sha256:11", "other")])
    })
    .unwrap();
    store
        .read(|at| -> Result<()> {
            assert_eq!(at.image("sha256:11")?.unwrap().config, [0, 255]);
            let ids = |rows: Vec<ImageRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
            assert_eq!(ids(at.images_by_prefix("sha256:1")?), ["sha256:11", "sha256:12"]);
            assert_eq!(ids(at.images_by_prefix("sha256:12")?), ["sha256:12"]);
            assert_eq!(ids(at.images_by_digest("sha256:11bb")?), ["sha256:11"]);
            assert_eq!(ids(at.images_by_digest("other")?), ["sha256:11"]);
            let layers = at.layers_of_image("sha256:11")?;
            assert_eq!(layers.iter().map(|layer| layer.id.as_str()).collect::<Vec<_>>(), ["low", "high"]);
            assert_eq!(at.tags_of_image("sha256:11")?, ["docker.io/library/a:2"]);
            assert_eq!(at.tag("docker.io/library/a:1")?.as_deref(), Some("sha256:12"));
            Ok(())
        })
        .unwrap();
    let tagged = write(&store, |to| to.remove_image("sha256:11")).unwrap_err();
    assert_eq!(tagged.kind(), Kind::Conflict, "{tagged}");
    assert!(
        write(&store, |to| {
            to.remove_tag("docker.io/library/a:2")?;
            to.remove_image("sha256:11")
        })
        .unwrap()
    );
    let left = store.read(|at| at.tags()).unwrap();
    assert_eq!(
        left,
        [TagRow { reference: "docker.io/library/a:1".to_owned(), image_id: "sha256:12".to_owned() }]
    );
}

#[test]
fn a_name_stands_for_an_image_of_each_platform() {
    let (_root, store) = store();
    let name = "docker.io/library/a:1";
    let both = [named("sha256:22", "index"), named("sha256:11", "index")];
    write(&store, |to| {
        ["sha256:11", "sha256:22", "sha256:33"].iter().try_for_each(|id| image(id, &[], to))?;
        to.set_tag(name, &both)
    })
    .unwrap();
    let images = || store.read(|at| at.images_of_tag(name)).unwrap();
    assert_eq!(images(), both, "the one that is meant first");
    assert_eq!(store.read(|at| at.tags_of_image("sha256:11")).unwrap(), [name]);

    assert!(write(&store, |to| to.leave_tag(name, "sha256:22")).unwrap());
    assert_eq!(images(), [named("sha256:11", "index")]);
    assert!(!write(&store, |to| to.leave_tag(name, "sha256:11")).unwrap());
    assert_eq!(store.read(|at| at.tag(name)).unwrap(), None);
    assert_eq!(images(), []);
}

/// It knows nothing of platforms, and may go on working with a root that a newer engine has opened.
#[test]
fn what_an_older_engine_names_is_what_the_image_came_as() {
    let (root, store) = store();
    let name = "docker.io/library/a:1";
    write(&store, |to| {
        ["sha256:11", "sha256:22"].iter().try_for_each(|id| image(id, &[], to))?;
        to.set_tag(name, &[named("sha256:22", "index")])
    })
    .unwrap();
    drop(store);
    let path = root.path().join("state.db");
    let older = rusqlite::Connection::open(&path).unwrap();
    older.execute("UPDATE tags SET image_id = 'sha256:11' WHERE reference = ?1", (name,)).unwrap();
    drop(older);
    let store = Store::open(root.path()).unwrap();
    let images = store.read(|at| at.images_of_tag(name)).unwrap();
    assert_eq!(images.len(), 1);
    assert_eq!((&*images[0].image_id, &*images[0].target_digest), ("sha256:11", "sha256:11bb"));
    assert_eq!(store.read(|at| at.tags_of_image("sha256:22")).unwrap(), Vec::<String>::new());
}

#[test]
fn a_layer_serves_by_its_diff_id_only_if_it_is_self_contained() {
    let (_root, store) = store();
    let (whole, leaning) = (layer("w", "d1", "c1", true), layer("l", "d2", "c2", false));
    write(&store, |to| to.insert_layer(&whole).and_then(|_| to.insert_layer(&leaning))).unwrap();
    let find = |diff_id: &str, chain_id: &str| store.read(|at| at.layer(diff_id, chain_id)).unwrap();
    assert_eq!(find("d1", "elsewhere"), Some(whole.clone()));
    assert_eq!(find("d2", "c2"), Some(leaning));
    assert_eq!(find("d2", "elsewhere"), None);
    assert_eq!(find("other", "c1"), None);
    let late = layer("late", "d1", "elsewhere", true);
    assert_eq!(write(&store, |to| to.insert_layer(&late)).unwrap(), whole, "the first one stands");
}

#[test]
fn a_layer_is_unused_once_neither_image_nor_container_stands_on_it() {
    let (_root, store) = store();
    let row = container("aa", "web");
    write(&store, |to| {
        to.insert_layer(&layer("base", "d1", "c1", true))?;
        image("sha256:11", &["base"], to)?;
        to.insert_container(&row)?;
        to.hold_layers(&row.id, &["base".to_owned()])
    })
    .unwrap();
    let unused = || store.read(|at| at.unused_layers()).unwrap().len();
    assert_eq!(
        store.read(|at| at.containers_using_image("sha256:11")).unwrap(),
        [(row.id.clone(), "web".to_owned())]
    );
    write(&store, |to| to.remove_image("sha256:11")).unwrap();
    assert_eq!(unused(), 0);
    assert!(matches!(write(&store, |to| to.remove_layer("base")), Err(StateError::Dependency { .. })));
    assert_eq!(store.read(|at| at.layers_of_container(&row.id)).unwrap().len(), 1);
    write(&store, |to| to.remove_container(&row.id)).unwrap();
    assert_eq!(unused(), 1);
    assert!(write(&store, |to| to.remove_layer("base")).unwrap());
}

#[test]
fn an_image_cannot_stand_on_a_layer_that_is_not_there() {
    let (_root, store) = store();
    let refused = write(&store, |to| image("sha256:11", &["missing"], to)).unwrap_err();
    assert!(matches!(refused, StateError::Dependency { .. }), "{refused}");
    assert_eq!(store.read(|at| at.images()).unwrap(), [], "nothing of it was kept");
}
