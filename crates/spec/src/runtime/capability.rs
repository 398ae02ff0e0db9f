//! Linux capabilities: names and numbers (`capabilities(7)`).
//! What the running kernel supports is not asked here.

use std::fmt;
use std::str::FromStr;

use crate::quote::quote;

/// A capability by its kernel number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Capability(u8);

/// Names without `CAP_`, at the index of their kernel number (`linux/capability.h`).
const NAMES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// Every capability that has a name, by number.
pub const ALL: [Capability; NAMES.len()] = {
    let mut all = [Capability(0); NAMES.len()];
    let mut number = 0;
    while number < NAMES.len() {
        all[number] = Capability(number as u8);
        number += 1;
    }
    all
};

/// What Docker leaves to a container that asks for nothing, in the order in which Docker lists it.
pub const DOCKER_DEFAULT: [Capability; 14] = [
    Capability(0),  // CHOWN
    Capability(1),  // DAC_OVERRIDE
    Capability(4),  // FSETID
    Capability(3),  // FOWNER
    Capability(27), // MKNOD
    Capability(13), // NET_RAW
    Capability(6),  // SETGID
    Capability(7),  // SETUID
    Capability(31), // SETFCAP
    Capability(8),  // SETPCAP
    Capability(10), // NET_BIND_SERVICE
    Capability(18), // SYS_CHROOT
    Capability(5),  // KILL
    Capability(29), // AUDIT_WRITE
];

/// A name that no capability has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown capability: {}", quote(name))]
pub struct UnknownCapability {
    /// The name, in upper case with `CAP_`, as Docker shows it.
    pub name: String,
}

/// Reads `CAP_NET_RAW`, `net_raw` and the like: any case, with or without the prefix.
///
/// # Errors
/// [`UnknownCapability`], with Docker's text.
pub fn parse(text: &str) -> Result<Capability, UnknownCapability> {
    let upper = text.to_ascii_uppercase();
    let bare = upper.strip_prefix("CAP_").unwrap_or(&upper);
    match NAMES.iter().position(|name| *name == bare) {
        Some(number) => Ok(ALL[number]),
        None => Err(UnknownCapability { name: format!("CAP_{bare}") }),
    }
}

impl Capability {
    /// The capability with that kernel number, if it has a name.
    pub fn from_number(number: u8) -> Option<Self> {
        ALL.get(usize::from(number)).copied()
    }

    /// The kernel's number.
    pub fn number(self) -> u8 {
        self.0
    }

    /// The bit in a 64-bit capability set.
    pub fn mask(self) -> u64 {
        1 << self.0
    }

    /// The name without `CAP_`.
    pub fn bare_name(self) -> &'static str {
        NAMES[usize::from(self.0)]
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CAP_{}", self.bare_name())
    }
}

impl FromStr for Capability {
    type Err = UnknownCapability;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_case_with_or_without_prefix_is_read() {
        for text in ["NET_RAW", "net_raw", "CAP_NET_RAW", "cap_Net_Raw"] {
            assert_eq!(parse(text).map(Capability::number), Ok(13), "{text}");
        }
    }

    #[test]
    fn an_unknown_name_is_told_as_docker_does() {
        assert_eq!(parse("tea").unwrap_err().to_string(), r#"unknown capability: "CAP_TEA""#);
        assert!(parse("CAP_CAP_CHOWN").is_err());
        assert!(parse("").is_err());
    }

    #[test]
    fn every_number_up_to_the_last_has_a_name_that_reads_back() {
        for (number, capability) in ALL.into_iter().enumerate() {
            assert_eq!(usize::from(capability.number()), number);
            assert_eq!(capability.to_string().parse(), Ok(capability));
        }
        assert_eq!(
            Capability::from_number(40).map(|last| last.to_string()).as_deref(),
            Some("CAP_CHECKPOINT_RESTORE")
        );
        assert_eq!(Capability::from_number(41), None);
    }

    #[test]
    fn docker_leaves_fourteen() {
        let names: Vec<_> = DOCKER_DEFAULT.iter().map(|capability| capability.bare_name()).collect();
        assert_eq!(
            names.join(" "),
            "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE"
        );
    }
}
