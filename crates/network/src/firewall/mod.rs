//! Our table of the firewall: what gets out, what gets in, and what is kept from both. One transaction per change.
//!
//! Other tables are never touched: a foreign `drop` wins over our `accept`, and that is said, not changed.

mod foreign;
mod forwarding;
mod ports;
mod table;

pub use foreign::ForeignDrop;
pub use forwarding::{Forwarding, turn_on};
pub use ports::PortTarget;
pub use table::Ruleset;

use corten_netlink::conntrack::{ConntrackSocket, Filter};
use corten_netlink::nft::{Change, Missing, NftSocket, Table};
use corten_spec::port::Protocol;

use crate::error::{NetworkError, doing};

/// The table of one root.
#[derive(Debug)]
pub struct Firewall {
    socket: NftSocket,
    table: Table,
}

impl Firewall {
    /// Of the calling thread's network namespace; `name` is no other root's.
    ///
    /// # Errors
    /// What socket(2) says.
    pub fn open(name: &str) -> Result<Self, NetworkError> {
        let socket = NftSocket::open().map_err(doing(|| "ask for the firewall's tables"))?;
        Ok(Self { socket, table: Table::inet(name) })
    }

    /// Whether the table is there: somebody may have flushed it.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn is_there(&mut self) -> Result<bool, NetworkError> {
        self.socket.has_table(&self.table).map_err(doing(|| format!("look for table `{}`", self.table.name)))
    }

    /// Makes the table anew, as a whole: connections that there are go on.
    ///
    /// # Errors
    /// What the kernel refuses; then it is as it was.
    pub fn replace(&mut self, ruleset: &Ruleset) -> Result<(), NetworkError> {
        let changes = ruleset.changes();
        self.commit(&changes, "make")
    }

    /// Lets ports of the host lead to containers.
    ///
    /// # Errors
    /// What the kernel refuses; then none does.
    pub fn publish(&mut self, targets: &[PortTarget]) -> Result<(), NetworkError> {
        let add = |(set, elements)| Change::AddElements { set, elements };
        let changes: Vec<Change> = ports::elements(targets).map(add).collect();
        self.commit(&changes, "publish ports in")?;
        forget_datagrams(targets)
    }

    /// Ends that; what leads nowhere any more is passed over.
    ///
    /// # Errors
    /// What the kernel refuses; then all still do.
    pub fn withdraw(&mut self, targets: &[PortTarget]) -> Result<(), NetworkError> {
        let delete = |(set, elements)| Change::DeleteElements { set, elements, missing: Missing::Tolerated };
        let changes: Vec<Change> = ports::elements(targets).map(delete).collect();
        if !self.is_there()? {
            return Ok(());
        }
        self.commit(&changes, "withdraw ports from")?;
        forget_datagrams(targets)
    }

    /// Removes the table.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn remove(&mut self) -> Result<(), NetworkError> {
        if self.is_there()? { self.commit(&[Change::DeleteTable], "remove") } else { Ok(()) }
    }

    fn commit(&mut self, changes: &[Change], verb: &str) -> Result<(), NetworkError> {
        if changes.is_empty() {
            return Ok(());
        }
        self.socket
            .commit(&self.table, changes)
            .map_err(doing(|| format!("{verb} the firewall's table `{}`", self.table.name)))
    }
}

/// UDP has no end: to the kernel, what a client goes on sending belongs to whom it sent it first, before and after a port has moved.
fn forget_datagrams(targets: &[PortTarget]) -> Result<(), NetworkError> {
    let datagrams = targets.iter().filter(|target| target.protocol == Protocol::Udp);
    let filters: Vec<Filter> =
        datagrams.map(|target| Filter::published(UDP, target.address, target.host_port)).collect();
    if filters.is_empty() {
        return Ok(());
    }
    let forget = || ConntrackSocket::open().and_then(|mut socket| socket.delete(&filters));
    forget().map(drop).map_err(doing(|| "forget tracked connections of published ports"))
}

/// Its number above IP (RFC 768).
const UDP: u8 = 17;
