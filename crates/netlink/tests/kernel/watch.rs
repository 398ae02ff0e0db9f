//! What is heard of others' changes.

use corten_netlink::NetworkNamespace;
use corten_netlink::nft::{Change, Event, NftWatch, Table};

#[test]
fn a_deleted_table_and_each_generation_is_heard_of() {
    let (namespace, _) = NetworkNamespace::create().unwrap();
    let mut nft = namespace.nft().unwrap();
    let mut watch = namespace.run(NftWatch::open).unwrap().unwrap();
    let table = Table::inet("corten");
    nft.commit(&table, &[Change::AddTable { comment: None }]).unwrap();
    let first = nft.generation().unwrap();
    assert_eq!(watch.events().unwrap(), [Event::Generation(first)]);
    nft.commit(&table, &[Change::DeleteTable]).unwrap();
    let deleted = [Event::TableDeleted(table), Event::Generation(nft.generation().unwrap())];
    assert_eq!(watch.events().unwrap(), deleted);
    assert_eq!(watch.events().unwrap(), []);
}

#[test]
fn an_own_table_is_nobody_elses_to_remove_and_goes_with_its_socket() {
    let (namespace, _) = NetworkNamespace::create().unwrap();
    let (mut owner, mut other) = (namespace.nft().unwrap(), namespace.nft().unwrap());
    let table = Table::inet("corten");
    owner.commit(&table, &[Change::AddOwnTable { comment: None }]).unwrap();
    let refused = other.commit(&table, &[Change::DeleteTable]).unwrap_err();
    assert_eq!(refused.errno(), Some(rustix::io::Errno::PERM));
    assert!(other.has_table(&table).unwrap());
    drop(owner);
    assert!(!other.has_table(&table).unwrap());
}
