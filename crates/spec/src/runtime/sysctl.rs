//! Kernel settings that belong to one container alone.

/// Those of IPC namespaces that do not stand below a directory of their own.
const IPC: [&str; 8] = [
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.sem",
    "kernel.shm_rmid_forced",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
];

/// Whether every namespace has a value of its own (`namespaces(7)`, and the list that runc accepts); others would change the host.
pub fn is_namespaced(name: &str) -> bool {
    IPC.contains(&name) || name.starts_with("net.") || name.starts_with("fs.mqueue.")
}

#[cfg(test)]
mod tests {
    use super::is_namespaced;

    #[test]
    fn what_is_the_hosts_is_not_a_containers() {
        assert!(
            ["kernel.sem", "net.core.somaxconn", "fs.mqueue.msg_max"].iter().all(|name| is_namespaced(name))
        );
        assert!(["kernel.panic", "network", "vm.swappiness"].iter().all(|name| !is_namespaced(name)));
    }
}
