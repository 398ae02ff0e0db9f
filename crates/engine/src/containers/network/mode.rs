//! Which network a container is on, and what it cannot ask for together with that. Pure.

use crate::containers::config::{ContainerConfig, HostConfig};
use crate::error::EngineError;

/// What `--network` comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NetworkMode<'a> {
    /// The default network.
    Bridge,
    /// A loopback and nothing else.
    None,
    /// The host's.
    Host,
    /// Another container's.
    Container(&'a str),
    /// One that nobody has: the container can be created, and not be started, as with Docker.
    Missing(&'a str),
}

impl<'a> NetworkMode<'a> {
    /// Reads what was asked for.
    ///
    /// # Errors
    /// Another container's, and none named.
    pub(crate) fn of(host: &'a HostConfig) -> Result<Self, EngineError> {
        match host.network_mode.as_str() {
            "" | "default" | "bridge" => Ok(Self::Bridge),
            "none" => Ok(Self::None),
            "host" => Ok(Self::Host),
            other => match other.strip_prefix("container:") {
                Some("") => Err(EngineError::Invalid(
                    "invalid container format container:<name|id>: Invalid network mode".to_owned(),
                )),
                Some(name) => Ok(Self::Container(name)),
                None => Ok(Self::Missing(other)),
            },
        }
    }
}

/// Refuses what the user asks for beside the network of another container, in Docker's words. What the image says is not meant: it is
/// not known to be so run.
pub(crate) fn validate_request(config: &ContainerConfig) -> Result<(), EngineError> {
    let host = &config.host;
    if !matches!(NetworkMode::of(host)?, NetworkMode::Container(_)) {
        return Ok(());
    }
    let conflicts = [
        (!config.hostname.is_empty(), "hostname and the network mode"),
        (!host.dns.is_empty(), "dns and the network mode"),
        (!host.extra_hosts.is_empty(), "custom host-to-IP mapping and the network mode"),
        (!host.endpoint.mac.is_empty(), "mac-address and the network mode"),
        (
            !host.port_bindings.is_empty() || host.publish_all_ports,
            "port publishing and the container type network mode",
        ),
        (!config.exposed_ports.is_empty(), "port exposing and the container type network mode"),
    ];
    match conflicts.iter().find(|(asked, _)| *asked) {
        Some((_, what)) => Err(EngineError::Invalid(format!("conflicting options: {what}"))),
        None => Ok(()),
    }
}

/// Refuses what cannot be read, or not be had on this network.
pub(crate) fn validate(config: &ContainerConfig) -> Result<(), EngineError> {
    let host = &config.host;
    let mode = NetworkMode::of(host)?;
    let placed =
        [&host.endpoint.ipv4, &host.endpoint.ipv6, &host.endpoint.mac].iter().any(|text| !text.is_empty());
    if placed && mode != NetworkMode::Bridge {
        return Err(EngineError::Invalid(format!(
            "conflicting options: an address and network `{}`",
            host.network_mode
        )));
    }
    if mode == NetworkMode::Bridge {
        super::lease::Wanted::of(&host.endpoint)?;
        super::record::publications(config)?;
    }
    for entry in &host.extra_hosts {
        corten_network::files::ExtraHost::parse(entry)
            .ok_or_else(|| EngineError::Invalid(format!("bad format for add-host: \"{entry}\"")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(mode: &str) -> ContainerConfig {
        let host = HostConfig { network_mode: mode.to_owned(), ..HostConfig::default() };
        ContainerConfig { host, ..ContainerConfig::default() }
    }

    #[test]
    fn a_network_that_is_not_named_is_the_bridge() {
        for mode in ["", "default", "bridge"] {
            assert_eq!(NetworkMode::of(&on(mode).host).unwrap(), NetworkMode::Bridge);
        }
        assert_eq!(NetworkMode::of(&on("container:web").host).unwrap(), NetworkMode::Container("web"));
        assert_eq!(NetworkMode::of(&on("front").host).unwrap(), NetworkMode::Missing("front"));
    }

    #[test]
    fn who_shares_a_network_cannot_set_what_belongs_to_it() {
        let mut config = on("container:web");
        validate_request(&config).unwrap();
        config.exposed_ports.push("80/tcp".to_owned());
        let refused = validate_request(&config).unwrap_err().to_string();
        assert_eq!(refused, "conflicting options: port exposing and the container type network mode");
        validate_request(&ContainerConfig { host: on("bridge").host, ..config }).unwrap();
    }

    #[test]
    fn an_address_is_for_the_bridge_only() {
        let mut config = on("host");
        config.host.endpoint.ipv4 = "10.208.0.7".to_owned();
        assert!(validate(&config).is_err());
        config.host.network_mode = "bridge".to_owned();
        validate(&config).unwrap();
        config.host.endpoint.ipv4 = "10.208.0".to_owned();
        assert_eq!(validate(&config).unwrap_err().to_string(), "invalid IPv4 address: 10.208.0");
    }
}
