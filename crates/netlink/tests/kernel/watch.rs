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
