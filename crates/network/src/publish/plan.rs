//! What is to be published where, from the words of a request. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::ops::RangeInclusive;

use corten_spec::port::{Port, PortError, Protocol, parse_ports, parse_range};

/// Where a container's port is wanted, in the words of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding<'a> {
    /// An address of the host; empty for all of them.
    pub host_ip: &'a str,
    /// A port, a range to choose from; empty or 0 for any.
    pub host_port: &'a str,
}

/// Which ports of the host will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostPorts {
    /// One of these; usually there is only one.
    Of(RangeInclusive<u16>),
    /// Whichever is free.
    Any,
}

/// One port of a container that is to appear on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The container's.
    pub port: Port,
    /// The host's address; `None` for all of both families.
    pub address: Option<IpAddr>,
    /// The host's port.
    pub host: HostPorts,
}

/// Why ports cannot be published as asked.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PublishError {
    /// What is published is no port.
    #[error("invalid port specification: \"{text}\"")]
    ContainerPort {
        /// As it was given.
        text: String,
        /// Why.
        #[source]
        cause: PortError,
    },
    /// The host's side is no port.
    #[error("invalid port specification: \"{text}\"")]
    HostPort {
        /// As it was given.
        text: String,
        /// Why.
        #[source]
        cause: PortError,
    },
    /// The host's side is no address.
    #[error("invalid IP address: {0}")]
    Address(String),
    /// There is nothing to send to.
    #[error("invalid container port: 0")]
    Zero,
    /// A protocol that containers can use and that is not published.
    #[error("publishing port {0} is not built: only TCP and UDP ports are published")]
    Protocol(Port),
}

/// What a request comes to: `bindings` by container port, and, where `all` are to be published, those of `exposed` that have none.
/// What leaves the least choice comes first, so that nobody takes its port for want of another.
///
/// # Errors
/// [`PublishError`].
pub fn publications(
    bindings: &BTreeMap<String, Vec<Binding<'_>>>,
    exposed: &[String],
    all: bool,
) -> Result<Vec<Publication>, PublishError> {
    let mut planned = Vec::new();
    for (text, wanted) in bindings {
        for port in container_ports(text)? {
            for binding in wanted {
                planned.push(publication(port, *binding)?);
            }
        }
    }
    if all {
        let anywhere = Binding { host_ip: "", host_port: "" };
        // By number and not by text: `80` is `80/tcp`, and may be one of `80-81/tcp`.
        let mut placed: BTreeSet<Port> = planned.iter().map(|publication| publication.port).collect();
        for text in exposed {
            for port in container_ports(text)?.filter(|port| placed.insert(*port)) {
                planned.push(publication(port, anywhere)?);
            }
        }
    }
    planned.sort_by_key(|publication| (choice(&publication.host), publication.port));
    Ok(planned)
}

fn choice(ports: &HostPorts) -> usize {
    match ports {
        HostPorts::Of(range) => range.len(),
        HostPorts::Any => usize::MAX,
    }
}

fn container_ports(text: &str) -> Result<impl Iterator<Item = Port>, PublishError> {
    let (numbers, protocol) =
        parse_ports(text).map_err(|cause| PublishError::ContainerPort { text: text.to_owned(), cause })?;
    if *numbers.start() == 0 {
        return Err(PublishError::Zero);
    }
    Ok(numbers.map(move |number| Port { number, protocol }))
}

fn publication(port: Port, binding: Binding<'_>) -> Result<Publication, PublishError> {
    if port.protocol == Protocol::Sctp {
        return Err(PublishError::Protocol(port));
    }
    let Binding { host_ip, host_port } = binding;
    let address = match host_ip {
        "" => None,
        text => Some(text.parse().map_err(|_| PublishError::Address(text.to_owned()))?),
    };
    let host = match host_port {
        "" | "0" => HostPorts::Any,
        text => HostPorts::Of(
            parse_range(text).map_err(|cause| PublishError::HostPort { text: text.to_owned(), cause })?,
        ),
    };
    Ok(Publication { port, address, host })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(
        bindings: &[(&str, &str, &str)],
        exposed: &[&str],
        all: bool,
    ) -> Result<Vec<String>, PublishError> {
        let mut by_port: BTreeMap<String, Vec<Binding<'_>>> = BTreeMap::new();
        for (port, host_ip, host_port) in bindings {
            by_port.entry((*port).to_owned()).or_default().push(Binding { host_ip, host_port });
        }
        let exposed: Vec<String> = exposed.iter().map(ToString::to_string).collect();
        let shown = |found: Publication| {
            let address = found.address.map_or_else(|| "*".to_owned(), |address| address.to_string());
            format!("{address} {:?} {}", found.host, found.port)
        };
        Ok(publications(&by_port, &exposed, all)?.into_iter().map(shown).collect())
    }

    #[test]
    fn what_leaves_the_least_choice_comes_first() {
        let planned = plan(
            &[("80/tcp", "", ""), ("81", "127.0.0.1", "8000-8001"), ("82/udp", "::1", "8000")],
            &[],
            false,
        );
        assert_eq!(
            planned.unwrap(),
            ["::1 Of(8000..=8000) 82/udp", "127.0.0.1 Of(8000..=8001) 81/tcp", "* Any 80/tcp"]
        );
    }

    #[test]
    fn publishing_all_adds_what_is_exposed_and_has_no_place_yet() {
        let planned = plan(&[("80/tcp", "", "8080")], &["80/tcp", "90-91/tcp"], true);
        assert_eq!(planned.unwrap(), ["* Of(8080..=8080) 80/tcp", "* Any 90/tcp", "* Any 91/tcp"]);
        assert_eq!(plan(&[], &["80/tcp"], false).unwrap(), [""; 0]);
        let planned = plan(&[("80", "", "8080")], &["80/tcp", "80-81/TCP"], true);
        assert_eq!(planned.unwrap(), ["* Of(8080..=8080) 80/tcp", "* Any 81/tcp"]);
    }

    #[test]
    fn what_cannot_be_published_is_refused_by_name() {
        let refused = |port, ip, host| plan(&[(port, ip, host)], &[], false).unwrap_err().to_string();
        assert_eq!(refused("web/tcp", "", ""), "invalid port specification: \"web/tcp\"");
        assert_eq!(refused("80/tcp", "", "x"), "invalid port specification: \"x\"");
        assert_eq!(refused("80/tcp", "1.2.3", ""), "invalid IP address: 1.2.3");
        assert_eq!(refused("0/tcp", "", "80"), "invalid container port: 0");
        assert!(refused("80/sctp", "", "80").starts_with("publishing port 80/sctp is not built"));
    }
}
