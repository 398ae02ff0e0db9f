//! What the rows of networks promise: no address and no port twice, and nothing that outlives its container.

#![allow(clippy::unwrap_used, reason = "clippy.toml's exemption for tests does not reach files under tests/")]

use corten_spec::time::Timestamp;
use corten_state::{
    ContainerRow, Durability, EndpointRow, LinkRow, NetworkRow, PublishedPortRow, Result, SandboxRow,
    SegmentRow, Store, Writer,
};

/// A store with the containers `a` and `b`, and one segment, which has the number 1.
fn store() -> (tempfile::TempDir, Store) {
    let root = tempfile::tempdir().unwrap();
    let store = Store::open(root.path()).unwrap();
    write(&store, |tx| {
        tx.insert_container(&container("a"))?;
        tx.insert_container(&container("b"))?;
        tx.insert_network(&NetworkRow {
            id: "n".to_owned(),
            name: "bridge".to_owned(),
            driver: "bridge".to_owned(),
            created_at: Timestamp::from_nanos(3),
            settings: "{}".to_owned(),
        })?;
        tx.insert_segment(&SegmentRow {
            id: 0,
            network_id: "n".to_owned(),
            bridge: "corten0".to_owned(),
            subnet4: "10.208.0.0/22".to_owned(),
            subnet6: None,
        })
    })
    .unwrap();
    (root, store)
}

fn write<T>(store: &Store, body: impl FnOnce(&Writer<'_>) -> Result<T>) -> Result<T> {
    store.write(Durability::Normal, body)
}

fn container(id: &str) -> ContainerRow {
    ContainerRow {
        id: id.to_owned(),
        name: format!("box-{id}"),
        image_id: None,
        image_name: "alpine".to_owned(),
        created_at: Timestamp::from_nanos(1),
        config: "{}".to_owned(),
        state: "{}".to_owned(),
        journal_offset: 0,
    }
}

fn endpoint(container: &str, ipv4: u32) -> EndpointRow {
    EndpointRow {
        id: format!("endpoint-{container}"),
        sandbox_id: format!("sandbox-{container}"),
        segment_id: 1,
        ipv4,
        ipv6: None,
        mac: "02:42:00:00:00:01".to_owned(),
    }
}

fn connect(tx: &Writer<'_>, container: &str, ipv4: u32) -> Result<()> {
    let id = format!("sandbox-{container}");
    tx.insert_sandbox(&SandboxRow { id, container_id: Some(container.to_owned()), boot: "now".to_owned() })?;
    tx.insert_endpoint(&endpoint(container, ipv4))
}

fn port(container: &str, host_address: &str, host_port: u16) -> PublishedPortRow {
    PublishedPortRow {
        protocol: "tcp".to_owned(),
        host_port,
        host_address: host_address.to_owned(),
        endpoint_id: format!("endpoint-{container}"),
        container_port: 80,
    }
}

#[test]
fn an_address_is_leased_once_and_free_again_with_its_sandbox() {
    let (_root, store) = store();
    write(&store, |tx| connect(tx, "a", 7)).unwrap();
    write(&store, |tx| connect(tx, "b", 7)).unwrap_err();
    assert_eq!(store.read(|tx| tx.leased_addresses(1)).unwrap(), [7]);
    assert!(write(&store, |tx| tx.remove_sandbox("sandbox-a")).unwrap());
    assert!(!write(&store, |tx| tx.remove_sandbox("sandbox-a")).unwrap());
    write(&store, |tx| connect(tx, "b", 7)).unwrap();
}

#[test]
fn a_port_of_an_address_has_one_holder() {
    let (_root, store) = store();
    write(&store, |tx| {
        connect(tx, "a", 2)?;
        connect(tx, "b", 3)?;
        tx.insert_published_port(&port("a", "", 8080))
    })
    .unwrap();
    write(&store, |tx| tx.insert_published_port(&port("b", "", 8080))).unwrap_err();
    write(&store, |tx| tx.insert_published_port(&port("b", "127.0.0.1", 8080))).unwrap();
    let holders = store.read(|tx| tx.holders_of_port("tcp", 8080)).unwrap();
    let held = |address: &str, container: &str| (address.to_owned(), container.to_owned());
    assert_eq!(holders, [held("", "a"), held("127.0.0.1", "b")]);
    assert_eq!(store.read(|tx| tx.holders_of_port("udp", 8080)).unwrap(), []);
}

#[test]
fn a_connection_is_found_whole_and_outlives_its_container() {
    let (_root, store) = store();
    write(&store, |tx| {
        connect(tx, "a", 2)?;
        tx.insert_published_port(&port("a", "", 8081))?;
        tx.insert_published_port(&port("a", "", 8080))
    })
    .unwrap();
    let found = store.read(|tx| tx.connection_of("a")).unwrap().unwrap();
    assert_eq!(found.endpoint, endpoint("a", 2));
    assert_eq!(found.ports, [port("a", "", 8080), port("a", "", 8081)]);
    assert_eq!(store.read(|tx| tx.connections()).unwrap(), [found]);
    write(&store, |tx| tx.remove_container("a")).unwrap();
    assert_eq!(store.read(|tx| tx.connection_of("a")).unwrap(), None);
    // Others may still be in there: whoever knows that nobody is takes it away.
    let left = store.read(|tx| tx.connections()).unwrap();
    assert_eq!(left.iter().map(|left| &left.sandbox.container_id).collect::<Vec<_>>(), [&None]);
    write(&store, |tx| tx.remove_sandbox("sandbox-a")).unwrap();
    assert_eq!(store.read(|tx| tx.holders_of_port("tcp", 8080)).unwrap(), []);
}

#[test]
fn a_sandbox_without_its_container_is_adopted_once() {
    let (_root, store) = store();
    write(&store, |tx| connect(tx, "a", 2)).unwrap();
    assert_eq!(store.read(|tx| tx.orphaned_connections()).unwrap(), []);
    assert!(!write(&store, |tx| tx.adopt_sandbox("sandbox-a", "b")).unwrap(), "it has its own");
    write(&store, |tx| tx.remove_container("a")).unwrap();
    let orphans = store.read(|tx| tx.orphaned_connections()).unwrap();
    assert_eq!(orphans.iter().map(|orphan| orphan.endpoint.ipv4).collect::<Vec<_>>(), [2]);
    assert!(write(&store, |tx| tx.adopt_sandbox("sandbox-a", "b")).unwrap());
    assert!(!write(&store, |tx| tx.adopt_sandbox("sandbox-a", "b")).unwrap());
    assert_eq!(store.read(|tx| tx.connection_of("b")).unwrap().unwrap().endpoint, endpoint("a", 2));
    assert_eq!(store.read(|tx| tx.orphaned_connections()).unwrap(), []);
}

#[test]
fn a_segment_stays_as_long_as_somebody_is_on_it() {
    let (_root, store) = store();
    write(&store, |tx| connect(tx, "a", 2)).unwrap();
    assert!(!write(&store, |tx| tx.remove_unused_segment(1)).unwrap());
    write(&store, |tx| tx.remove_sandbox("sandbox-a")).unwrap();
    assert!(write(&store, |tx| tx.remove_unused_segment(1)).unwrap());
    assert_eq!(store.read(|tx| tx.segments()).unwrap(), []);
    assert_eq!(store.read(|tx| tx.network_by_name("bridge")).unwrap().unwrap().id, "n");
}

#[test]
fn who_has_joined_a_sandbox_is_known_until_either_goes() {
    let (_root, store) = store();
    write(&store, |tx| {
        connect(tx, "a", 2)?;
        tx.join_sandbox("b", "sandbox-a")
    })
    .unwrap();
    assert_eq!(store.read(|tx| tx.sandbox_guests("sandbox-a")).unwrap(), ["b"]);
    assert_eq!(store.read(|tx| tx.joined_sandbox("b")).unwrap().unwrap().container_id.as_deref(), Some("a"));
    assert!(write(&store, |tx| tx.leave_sandbox("b")).unwrap());
    assert!(!write(&store, |tx| tx.leave_sandbox("b")).unwrap());
    write(&store, |tx| tx.join_sandbox("b", "sandbox-a")).unwrap();
    write(&store, |tx| tx.remove_sandbox("sandbox-a")).unwrap();
    assert_eq!(store.read(|tx| tx.joined_sandbox("b")).unwrap(), None);
}

#[test]
fn a_link_goes_with_the_container_that_links_and_outlives_the_one_that_is_linked() {
    let (_root, store) = store();
    let link = |alias: &str| LinkRow {
        container_id: "a".to_owned(),
        alias: alias.to_owned(),
        linked_id: "b".to_owned(),
    };
    write(&store, |tx| ["db", "store"].iter().try_for_each(|alias| tx.insert_link(&link(alias)))).unwrap();
    assert_eq!(store.read(|tx| tx.named_links()).unwrap()[1], ("box-a".to_owned(), link("store")));
    assert!(write(&store, |tx| tx.remove_link("a", "store")).unwrap());
    write(&store, |tx| tx.remove_container("b")).unwrap();
    assert_eq!(store.read(|tx| tx.links_of("a")).unwrap(), [link("db")]);
    write(&store, |tx| tx.remove_container("a")).unwrap();
    assert_eq!(store.read(|tx| tx.links_to("b")).unwrap(), []);
}
