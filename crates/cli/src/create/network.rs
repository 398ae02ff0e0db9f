//! `--network` and the flags about a container's place on it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use corten_api_types::network::{EndpointIpamConfig, EndpointSettings, NetworkingConfig};
use corten_spec::mac_address::MacAddress;

use crate::flags::Parsed;

/// What one `--network` says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Choice<'a> {
    name: &'a str,
    ipv4: &'a str,
    ipv6: &'a str,
    mac: &'a str,
}

/// The network's name, or one of the modes that are no network.
pub(super) fn mode(parsed: &Parsed) -> Result<String, String> {
    let choice = read(parsed.text("network"))?;
    Ok(if choice.name.is_empty() { "default".to_owned() } else { choice.name.to_owned() })
}

/// What is wanted of the connection. Docker's client names the default network here too; a network that was named needs no settings
/// where nothing is wanted of it.
pub(super) fn networking(parsed: &Parsed, mode: &str) -> Result<NetworkingConfig, String> {
    let choice = read(parsed.text("network"))?;
    let one = |flag: &str, own: &str, what: &str| match (parsed.text(flag), own) {
        (general, "") => Ok(general.to_owned()),
        ("", own) => Ok(own.to_owned()),
        _ => Err(format!("conflicting options: cannot specify both --{flag} and per-network {what}")),
    };
    let ipam = EndpointIpamConfig {
        ipv4_address: one("ip", choice.ipv4, "IPv4 address")?,
        ipv6_address: one("ip6", choice.ipv6, "IPv6 address")?,
        ..EndpointIpamConfig::default()
    };
    let mac_address = one("mac-address", choice.mac, "MAC address")?;
    check_mac(&mac_address)?;
    let settings = EndpointSettings {
        ipam_config: (ipam != EndpointIpamConfig::default()).then_some(ipam),
        mac_address,
        links: Some(parsed.list("link").to_vec()).filter(|links| !links.is_empty()),
        ..EndpointSettings::default()
    };
    let mut endpoints = BTreeMap::new();
    if mode == "default" || settings != EndpointSettings::default() {
        endpoints.insert(mode.to_owned(), Some(settings));
    }
    Ok(NetworkingConfig { endpoints_config: Some(endpoints), ..NetworkingConfig::default() })
}

/// Refuses a `--network` that cannot be read.
pub(crate) fn check(value: &str) -> Result<(), String> {
    read(value).map(drop)
}

/// A name, or fields of which `name` is one.
fn read(value: &str) -> Result<Choice<'_>, String> {
    if !value.contains('=') {
        return Ok(Choice { name: value, ..Choice::default() });
    }
    let mut choice = Choice::default();
    for field in value.split(',') {
        let (key, text) = field.split_once('=').ok_or_else(|| format!("invalid field {field}"))?;
        match key.trim().to_lowercase().as_str() {
            "name" => choice.name = text,
            "ip" => choice.ipv4 = address(text, IpAddr::is_ipv4)?,
            "ip6" => choice.ipv6 = address(text, IpAddr::is_ipv6)?,
            "mac-address" => choice.mac = text,
            "alias" | "driver-opt" | "gw-priority" | "link-local-ip" => {
                return Err(format!("the network option `{key}` is not built yet"));
            }
            _ => return Err(format!("invalid field key {key}")),
        }
    }
    if choice.name.is_empty() { Err("network name/id is not specified".to_owned()) } else { Ok(choice) }
}

fn address(text: &str, fits: fn(&IpAddr) -> bool) -> Result<&str, String> {
    let parsed = text.parse::<IpAddr>().ok().filter(fits);
    parsed.map(|_| text).ok_or_else(|| format!("invalid IP address: {text}"))
}

/// Nothing, or six octets (EUI-48), apart by colons or hyphens.
fn check_mac(text: &str) -> Result<(), String> {
    match text.parse::<MacAddress>() {
        Err(_) if !text.is_empty() => Err(format!("{text} is not a valid mac address")),
        _ => Ok(()),
    }
}

/// `--link NAME`, or `NAME:ALIAS`.
pub(crate) fn link(value: &str) -> Result<(), String> {
    match value.split(':').count() {
        _ if value.is_empty() => Err("empty string specified for links".to_owned()),
        1 | 2 => Ok(()),
        _ => Err(format!("bad format for links: {value}")),
    }
}

/// `--add-host NAME:ADDRESS`, or with `=`; `host-gateway` is the host as the container reaches it.
pub(crate) fn extra_host(value: &str) -> Result<(), String> {
    let (name, text) =
        parts_of_extra_host(value).ok_or_else(|| format!("bad format for add-host: \"{value}\""))?;
    if name.is_empty() || text.is_empty() {
        return Err(format!("bad format for add-host: \"{value}\""));
    }
    if text != "host-gateway" && text.parse::<IpAddr>().is_err() {
        return Err(format!("invalid IP address in add-host: \"{text}\""));
    }
    Ok(())
}

/// As the API has it: with a colon, and without brackets.
pub(super) fn normal_extra_host(value: &str) -> String {
    match parts_of_extra_host(value) {
        Some((name, address)) => format!("{name}:{address}"),
        None => value.to_owned(),
    }
}

/// The first of `=` and `:` parts them.
fn parts_of_extra_host(value: &str) -> Option<(&str, &str)> {
    let (name, address) = value.split_once(['=', ':'])?;
    let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address);
    Some((name, bare))
}

/// `--dns`.
pub(crate) fn name_server(value: &str) -> Result<(), String> {
    value
        .trim()
        .parse::<IpAddr>()
        .map(drop)
        .map_err(|_| format!("IP address is not correctly formatted: {value}"))
}

/// `--dns-search`: a domain, or `.` for none.
pub(crate) fn search_domain(value: &str) -> Result<(), String> {
    let value = value.trim();
    let label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let named = value.bytes().any(|byte| byte.is_ascii_alphabetic());
    let bare = value.strip_suffix('.').unwrap_or(value);
    if value == "." || (named && value.len() < 255 && bare.split('.').all(label)) {
        Ok(())
    } else {
        Err(format!("{value} is not a valid domain"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_a_name_or_fields() {
        assert_eq!(read("front").unwrap().name, "front");
        let choice = read("name=front,ip=10.0.0.7,mac-address=02:42:00:00:00:01").unwrap();
        assert_eq!((choice.name, choice.ipv4, choice.mac), ("front", "10.0.0.7", "02:42:00:00:00:01"));
        assert_eq!(read("front,ip=1.2.3.4").unwrap_err(), "invalid field front");
        assert_eq!(read("name=front,ip=::1").unwrap_err(), "invalid IP address: ::1");
        assert_eq!(read("name=front,alias=a").unwrap_err(), "the network option `alias` is not built yet");
        assert_eq!(read("name=front,x=1").unwrap_err(), "invalid field key x");
    }

    #[test]
    fn hosts_are_added_with_an_address() {
        assert_eq!(extra_host("db:10.0.0.1"), Ok(()));
        assert_eq!(extra_host("db=[fd00::1]"), Ok(()));
        assert_eq!(extra_host("up:host-gateway"), Ok(()));
        assert_eq!(extra_host("db").unwrap_err(), "bad format for add-host: \"db\"");
        assert_eq!(extra_host("db:bar").unwrap_err(), "invalid IP address in add-host: \"bar\"");
        assert_eq!(normal_extra_host("db=[fd00::1]"), "db:fd00::1");
    }

    #[test]
    fn servers_are_addresses_and_domains_have_labels() {
        assert_eq!(name_server("foo").unwrap_err(), "IP address is not correctly formatted: foo");
        assert_eq!(name_server("10.0.0.1"), Ok(()));
        for domain in [".", "example.org", "a_b.c."] {
            assert_eq!(search_domain(domain), Ok(()), "{domain}");
        }
        for domain in ["a..b", "-a", "1.2", ""] {
            assert_eq!(search_domain(domain), Err(format!("{domain} is not a valid domain")));
        }
    }

    #[test]
    fn a_hardware_address_has_six_octets() {
        assert_eq!(check_mac("02:42:ac:11:00:02"), Ok(()));
        assert_eq!(check_mac("02-42-AC-11-00-02"), Ok(()));
        assert_eq!(check_mac("foo").unwrap_err(), "foo is not a valid mac address");
    }
}
