//! Chains of others that drop what is forwarded: they win over whatever our table accepts (nft(8), "verdicts").

use std::fmt;

use corten_netlink::nft::{Hook, ListedChain, Policy, Table};

use super::Firewall;
use crate::error::{NetworkError, doing};

/// A chain that drops what none of its rules accepts, and has none about our bridges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignDrop {
    table: Table,
    chain: String,
}

impl fmt::Display for ForeignDrop {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, chain } = self;
        write!(formatter, "chain `{chain}` of table `{table}`")
    }
}

impl Firewall {
    /// Those chains. A table that names `bridge`, or whatever begins so, has been told of us: what it does then is meant.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn foreign_drops(&mut self, bridge: &str) -> Result<Vec<ForeignDrop>, NetworkError> {
        let looking = || "look at what others forward";
        let chains = self.socket.chains().map_err(doing(looking))?;
        let mut drops = Vec::new();
        for ListedChain { table, name, .. } in chains.into_iter().filter(drops_forwarded) {
            if !self.socket.mentions(&table, bridge.as_bytes()).map_err(doing(looking))? {
                drops.push(ForeignDrop { table, chain: name });
            }
        }
        Ok(drops)
    }
}

fn drops_forwarded(chain: &ListedChain) -> bool {
    let base = chain.base.as_ref();
    base.is_some_and(|base| base.hook == Hook::Forward && base.policy == Policy::Drop)
}
