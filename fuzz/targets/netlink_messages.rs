//! What arrives on netlink sockets: read or refused, and what was read can be spoken of.
#![no_main]

use corten_netlink::conntrack::{Entry, Filter};
use corten_netlink::nft::{DataType, Event, FieldType, ListedChain, ListedRule, Listed, Set, elements};
use corten_netlink::route::{Address, Link, Route};
use corten_netlink::{Content, IpPrefix, Malformed, Replies};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|packet: &[u8]| {
    let _ = Event::decode(packet);
    for reply in Replies::of(packet) {
        match reply.map(|reply| reply.content) {
            Ok(Content::Message { kind, body }) => {
                let _ = read(kind, body);
            }
            Ok(Content::Ack(Err(refusal)) | Content::Done(Err(refusal))) => {
                assert!(refusal.errno > 0 && !refusal.to_string().is_empty());
            }
            Ok(_) => {}
            Err(_) => return,
        }
    }
});

fn read(kind: u16, body: &[u8]) -> Result<(), Malformed> {
    match kind {
        16 => drop(Link::decode(body)?),
        20 => check(Address::decode(body)?.map(|address| address.prefix)),
        24 => check(Route::decode(body)?.map(|route| route.destination)),
        0x0100 => {
            let entry = Entry::decode(body)?;
            assert!(entry.iter().all(|entry| Filter::answered_by(entry.reply.source).matches(entry)));
        }
        0x0a03 => drop(ListedChain::decode(body)?),
        0x0a06 => drop(ListedRule::decode(body)?),
        0x0a0c => {
            let listed = Listed::decode(body)?;
            for set in sets() {
                for element in elements(&set, listed.clone()).into_iter().flatten().flatten() {
                    assert_eq!(element.key.len(), set.key.len());
                    assert!(!element.to_string().is_empty());
                }
            }
        }
        _ => {}
    }
    Ok(())
}

fn check(prefix: Option<IpPrefix>) {
    let Some(prefix) = prefix else { return };
    let (first, last) = prefix.range();
    assert!((first..=last).contains(&prefix.address));
}

fn sets() -> [Set; 5] {
    use FieldType::{Ipv4, Ipv6, LinkName, Mark, Port, Protocol};
    [
        Set::new("ranges", &[Ipv4]).of_ranges(),
        Set::new("several", &[Protocol, Port, Ipv6]).of_ranges(),
        Set::map("ports", &[Ipv4, Protocol, Port], &[Ipv4, Port]),
        Set::new("links", &[LinkName]),
        Set { data: Some(DataType::Verdict), ..Set::new("verdicts", &[Mark]) },
    ]
}
