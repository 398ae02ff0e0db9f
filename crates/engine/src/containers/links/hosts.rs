//! Linked containers in `/etc/hosts` of those that link to them.

use std::fs::{self, File};
use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use corten_network::files::{HostNames, with_address};

use super::Linked;
use crate::containers::{Container, Inner};
use crate::error::EngineError;

/// Containers may write to their own file: one that is longer was filled, and is left alone.
const LONGEST_FILE: u64 = 1 << 20;

/// The lines for all of them, in their order.
pub(in crate::containers) fn host_names(linked: &[Linked]) -> Result<Vec<HostNames>, EngineError> {
    linked.iter().map(Linked::host_names).collect::<Result<Vec<_>, _>>().map(|lines| lines.concat())
}

impl Linked {
    /// The lines for it: it is known by the alias, its host name and its name.
    fn host_names(&self) -> Result<Vec<HostNames>, EngineError> {
        let mut names = vec![self.alias().to_owned(), self.container.hostname()];
        if self.alias() != self.container.name {
            names.push(self.container.name.clone());
        }
        let ipv6 = self.connection.endpoint.ipv6.as_deref().map(str::parse::<IpAddr>).transpose();
        let ipv6 = ipv6
            .map_err(|error| EngineError::Invalid(format!("endpoint in the database is damaged: {error}")))?;
        let addresses = [Some(IpAddr::from(Ipv4Addr::from(self.connection.endpoint.ipv4))), ipv6];
        let names = names.join(" ");
        Ok(addresses
            .into_iter()
            .flatten()
            .map(|address| HostNames { address, names: names.clone() })
            .collect())
    }
}

impl Inner {
    /// Tells those that run and link to a container, which is about to start, the addresses that it has now.
    ///
    /// # Errors
    /// The database; what keeps a file from being written.
    pub(in crate::containers) fn tell_links_to(
        &self,
        container: &Container,
        addresses: &[IpAddr],
    ) -> Result<(), EngineError> {
        for link in self.store.read(|tx| tx.links_to(container.id.as_str()))? {
            let parent = self.find(&link.container_id)?;
            if parent.state.is_running() {
                rewrite(&self.home.run_directory(&parent.id).join("hosts"), &link.alias, addresses)?;
            }
        }
        Ok(())
    }
}

/// In place: the container sees this very file, mounted.
fn rewrite(path: &Path, alias: &str, addresses: &[IpAddr]) -> Result<(), EngineError> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST_FILE).read_to_string(&mut text));
    // What its container has made of it, or taken away with its own end meanwhile, is its own affair.
    let Ok(read) = read else { return Ok(()) };
    if read as u64 == LONGEST_FILE {
        return Ok(());
    }
    let changed = addresses.iter().fold(text.clone(), |text, address| with_address(&text, alias, *address));
    if changed == text {
        return Ok(());
    }
    fs::write(path, changed).map_err(|source| EngineError::WriteFile { path: path.to_owned(), source })
}
