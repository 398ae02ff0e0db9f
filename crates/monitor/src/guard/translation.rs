//! Keeps the kernel translating the addresses of connections that there are, while the table is gone.
//!
//! With the last chain that translates, the kernel forgets how, and what a connection then sends to a published port is answered by
//! the host itself: with a reset. So the guard has a table of its own, which nobody else can flush. It decides nothing.

use corten_netlink::nft::{Chain, ChainKind, Change, Hook, NftSocket, Rule, Table, priority, state};

/// Holds the table; dropping it, or the end of the process, removes it.
#[derive(Debug)]
pub(super) struct Translation {
    _socket: NftSocket,
}

impl Translation {
    /// Makes the table beside `guarded`. `None` before Linux 5.12: then connections that send in the wrong moment end.
    pub(super) fn keep(guarded: &Table) -> Option<Self> {
        let mut socket = NftSocket::open().ok()?;
        socket.commit(&Table::inet(&format!("{}-guard", guarded.name)), &changes()).ok()?;
        Some(Self { _socket: socket })
    }
}

/// A chain that translates nothing, and one that wants to know of connections without asking anything.
fn changes() -> [Change; 4] {
    let comment = "keeps connections going while the other table is gone; goes with corten-guard";
    let chain = |kind, name, priority| Change::AddChain(Chain::base(name, kind, Hook::Prerouting, priority));
    [
        Change::AddOwnTable { comment: Some(comment.to_owned()) },
        chain(ChainKind::Nat, "translate", priority::DSTNAT),
        chain(ChainKind::Filter, "track", priority::FILTER),
        Change::AddRule { chain: "track".to_owned(), rule: Rule::new().state(state::ESTABLISHED) },
    ]
}
