//! Volumes as several engines share them: what a container has cannot be removed, and what is being removed cannot be had.

use corten_spec::time::Timestamp;
use corten_state::{ContainerRow, Durability, StateError, Store, VolumeRow};

fn volume(name: &str) -> VolumeRow {
    VolumeRow {
        name: name.to_owned(),
        driver: "local".to_owned(),
        created_at: Timestamp::from_nanos(7),
        is_removing: false,
        settings: "{}".to_owned(),
    }
}

fn container(id: &str) -> ContainerRow {
    ContainerRow {
        id: id.to_owned(),
        name: format!("name-{id}"),
        image_id: None,
        image_name: String::new(),
        created_at: Timestamp::from_nanos(1),
        config: "{}".to_owned(),
        state: "{}".to_owned(),
        journal_offset: 0,
    }
}

fn store() -> (tempfile::TempDir, Store) {
    let root = tempfile::tempdir().expect("a directory");
    let store = Store::open(root.path()).expect("a database");
    (root, store)
}

#[test]
fn the_first_of_two_creators_makes_a_volume() {
    let (_root, store) = store();
    let insert = |row: VolumeRow| store.write(Durability::Normal, |tx| tx.insert_volume(&row)).unwrap();
    assert!(insert(volume("data")));
    assert!(!insert(VolumeRow { settings: "other".to_owned(), ..volume("data") }));
    assert_eq!(store.read(|tx| tx.volume("data")).unwrap(), Some(volume("data")));
}

#[test]
fn what_a_container_has_cannot_be_removed_until_that_is_gone() {
    let (_root, store) = store();
    store
        .write(Durability::Normal, |tx| {
            tx.insert_volume(&volume("data"))?;
            tx.insert_container(&container("c"))?;
            assert!(tx.hold_volume("c", "data", true)?);
            assert!(!tx.begin_volume_removal("data")?);
            assert!(!tx.remove_volume("data")?);
            assert_eq!(tx.users_of_volume("data")?, ["c"]);
            tx.remove_container("c")?;
            assert!(tx.begin_volume_removal("data")?);
            assert!(tx.remove_volume("data")?);
            assert_eq!(tx.volumes()?, []);
            Ok::<_, StateError>(())
        })
        .unwrap();
}

#[test]
fn what_is_being_removed_cannot_be_had() {
    let (_root, store) = store();
    store
        .write(Durability::Normal, |tx| {
            tx.insert_volume(&volume("data"))?;
            tx.insert_container(&container("c"))?;
            assert!(tx.begin_volume_removal("data")?);
            assert!(!tx.hold_volume("c", "data", false)?);
            assert!(!tx.hold_volume("c", "nothing", false)?);
            assert!(tx.volume("data")?.is_some_and(|row| row.is_removing));
            Ok::<_, StateError>(())
        })
        .unwrap();
}

#[test]
fn a_copy_is_owed_until_it_is_settled() {
    let (_root, store) = store();
    store
        .write(Durability::Normal, |tx| {
            tx.insert_volume(&volume("one"))?;
            tx.insert_volume(&volume("two"))?;
            tx.insert_container(&container("c"))?;
            tx.hold_volume("c", "one", true)?;
            tx.hold_volume("c", "one", false)?;
            tx.hold_volume("c", "two", false)?;
            assert_eq!(tx.volumes_owed_copies("c")?, ["one"]);
            tx.settle_copies("c")?;
            assert!(tx.volumes_owed_copies("c")?.is_empty());
            Ok::<_, StateError>(())
        })
        .unwrap();
}
