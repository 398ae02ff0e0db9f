//! The container's side of a port specification: `80`, `80/udp`, `80-90`, `8080:80`, `127.0.0.1:8080:80`.
//!
//! What stands before it is the host's side, which an image cannot have; Docker passes over it, too.

use super::{Outcome, refused};

/// Each port with its protocol, `80/tcp`.
pub(super) fn container_ports(text: &str) -> Outcome<Vec<String>> {
    let (ports, protocol) = text.rsplit_once('/').unwrap_or((text, "tcp"));
    let ports = ports.rsplit(':').next().unwrap_or_default();
    if ports.is_empty() {
        return refused(format!("no port specified: {text}<empty>"));
    }
    let protocol = protocol.to_lowercase();
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        return refused(format!("invalid proto: {protocol}"));
    }
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    match (first.parse::<u16>(), last.parse::<u16>()) {
        (Ok(first), Ok(last)) if first <= last => {
            Ok((first..=last).map(|port| format!("{port}/{protocol}")).collect())
        }
        _ => refused(format!("invalid containerPort: {ports}")),
    }
}
