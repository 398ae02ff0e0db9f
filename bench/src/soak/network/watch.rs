//! Whether two containers that run have one address: seen in their network namespaces, whatever the records say.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicBool, Ordering};

use corten_netlink::NetworkNamespace;
use corten_testkit::host;

use crate::error::Result;
use crate::soak::engine::Engine;

/// Who has an address: a process by the number of its network namespace.
type Holders = BTreeMap<IpAddr, BTreeMap<u64, u32>>;

/// Looks until it is over, and returns how often it has looked.
pub(super) fn watch(engine: &Engine, over: &AtomicBool) -> Result<u64> {
    let home = format!("/{}/", engine.corten().root().cgroup());
    let own = fs::metadata("/proc/thread-self/ns/net").map(|metadata| metadata.ino()).unwrap_or_default();
    let mut looks = 0;
    while !over.load(Ordering::Relaxed) {
        looks += 1;
        for (address, holders) in look(&home, own).iter().filter(|(_, holders)| holders.len() > 1) {
            // Namespaces are looked at one after another: only if each has it still did they have it at once.
            if holders.iter().all(|(namespace, pid)| addresses(*pid, *namespace).contains(address)) {
                return Err(engine.found(format!("{address} is had by {} containers", holders.len())));
            }
        }
    }
    Ok(looks)
}

fn look(home: &str, own: u64) -> Holders {
    let mut namespaces = BTreeMap::new();
    for pid in host::processes() {
        let is_ours = fs::read_to_string(format!("/proc/{pid}/cgroup")).is_ok_and(|text| text.contains(home));
        if let Some(namespace) = is_ours.then(|| namespace_of(pid)).flatten().filter(|it| *it != own) {
            namespaces.entry(namespace).or_insert(pid);
        }
    }
    let mut holders = Holders::new();
    for (namespace, pid) in namespaces {
        for address in addresses(pid, namespace) {
            holders.entry(address).or_default().insert(namespace, pid);
        }
    }
    holders
}

fn namespace_of(pid: u32) -> Option<u64> {
    fs::metadata(format!("/proc/{pid}/ns/net")).ok().map(|metadata| metadata.ino())
}

/// Beyond those that every namespace has; none where the process is not in that namespace any more.
fn addresses(pid: u32, namespace: u64) -> Vec<IpAddr> {
    let found = || {
        let file = File::open(format!("/proc/{pid}/ns/net")).ok()?;
        if file.metadata().ok()?.ino() != namespace {
            return None;
        }
        NetworkNamespace::from(OwnedFd::from(file)).route().ok()?.addresses().ok()
    };
    let all = found().unwrap_or_default().into_iter().map(|address| address.prefix.address);
    all.filter(|address| !is_everybodys(address)).collect()
}

fn is_everybodys(address: &IpAddr) -> bool {
    address.is_loopback() || matches!(address, IpAddr::V6(address) if address.is_unicast_link_local())
}
