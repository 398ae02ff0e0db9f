//! `--publish` and `--expose`, with Docker's texts for what is wrong.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use corten_api_types::container::Empty;
use corten_api_types::network::{PortBinding, PortMap};
use corten_spec::port::{Port, Protocol, parse_range, split_protocol};

/// The ports of a request.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Ports {
    /// What is published where.
    pub(super) bindings: PortMap,
    /// What is published or exposed.
    pub(super) exposed: BTreeMap<String, Empty>,
}

/// Reads both flags.
pub(super) fn parse(published: &[String], exposed: &[String]) -> Result<Ports, String> {
    let mut ports = Ports::default();
    for text in published {
        for (port, binding) in publication(&short_form(text)?)? {
            ports.exposed.insert(port.to_string(), Empty {});
            ports.bindings.entry(port.to_string()).or_default().get_or_insert_default().push(binding);
        }
    }
    for text in exposed {
        for port in exposition(text)? {
            ports.exposed.insert(port, Empty {});
        }
    }
    Ok(ports)
}

/// `target=80,published=8080,protocol=tcp,mode=host` as `8080:80/tcp`; what has no `=` stays as it is.
fn short_form(text: &str) -> Result<String, String> {
    if !text.contains('=') {
        return Ok(text.to_owned());
    }
    let (mut target, mut published, mut protocol) =
        (String::new(), String::new(), Protocol::Tcp.name().to_owned());
    for field in text.split(',') {
        let (key, value) = field
            .split_once('=')
            .ok_or_else(|| format!("invalid publish opts format (should be name=value but got '{field}')"))?;
        match key.to_lowercase().as_str() {
            "protocol" => value.clone_into(&mut protocol),
            "mode" if matches!(value, "ingress" | "host") => {}
            "mode" => {
                return Err(format!(
                    "invalid publish mode value ({value}): must be either 'ingress' or 'host'"
                ));
            }
            "target" => value.clone_into(&mut target),
            "published" => value.clone_into(&mut published),
            _ => return Err(format!("invalid field key: {key}")),
        }
    }
    Ok(format!("{published}:{target}/{protocol}"))
}

/// `[[ADDRESS:]HOST-PORTS:]PORTS[/PROTOCOL]`.
fn publication(text: &str) -> Result<Vec<(Port, PortBinding)>, String> {
    let (address, host_ports, inside) = parts(text);
    let (inside, protocol) = split_protocol(inside);
    if inside.is_empty() {
        return Err(format!("no port specified: {text}<empty>"));
    }
    let protocol: Protocol = protocol.parse().map_err(|error| format!("{error}"))?;
    let host_ip = host_address(address)?;
    let ports = parse_range(inside).map_err(|_| format!("invalid containerPort: {inside}"))?;
    let host = match host_ports {
        "" => None,
        text => Some(parse_range(text).map_err(|_| format!("invalid hostPort: {text}"))?),
    };
    if host.as_ref().is_some_and(|host| ports.len() > 1 && host.len() != ports.len()) {
        return Err(format!(
            "invalid ranges specified for container and host Ports: {inside} and {host_ports}"
        ));
    }
    let choice = ports.len() == 1;
    let bind = |(index, number): (u16, u16)| {
        let host_port = host.as_ref().map_or_else(String::new, |host| host_port(host, index, choice));
        (Port { number, protocol }, PortBinding { host_ip: host_ip.clone(), host_port })
    };
    Ok((0..).zip(ports).map(bind).collect())
}

/// The ports of the host stand against those inside one by one; for a single one inside, they are what to choose from.
fn host_port(host: &RangeInclusive<u16>, index: u16, choice: bool) -> String {
    match (host.start(), host.end()) {
        (first, last) if choice && first != last => format!("{first}-{last}"),
        (first, _) => (first + index).to_string(),
    }
}

/// Parted at the last two colons: an address of IPv6 may come without brackets.
fn parts(text: &str) -> (&str, &str, &str) {
    let Some((rest, inside)) = text.rsplit_once(':') else { return ("", "", text) };
    let (address, host_ports) = rest.rsplit_once(':').unwrap_or(("", rest));
    (address, host_ports, inside)
}

fn host_address(text: &str) -> Result<String, String> {
    let bare = match text.strip_prefix('[') {
        None => text,
        Some(rest) => rest
            .strip_suffix(']')
            .ok_or_else(|| format!("invalid IP address {text}: address {text}:: missing ']' in address"))?,
    };
    if !bare.is_empty() && bare.parse::<IpAddr>().is_err() {
        return Err(format!("invalid IP address: {bare}"));
    }
    Ok(bare.to_owned())
}

fn exposition(text: &str) -> Result<Vec<String>, String> {
    if text.contains(':') {
        return Err(format!("invalid port format for --expose: {text}"));
    }
    let (ports, protocol) = split_protocol(text);
    let range = parse_range(ports)
        .map_err(|error| format!("invalid range format for --expose: {text}, error: {error}"))?;
    let protocol: Protocol = protocol.parse().map_err(|error| format!("{error}"))?;
    Ok(range.map(|number| Port { number, protocol }.to_string()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn published(text: &str) -> Result<Vec<String>, String> {
        let ports = parse(&[text.to_owned()], &[])?;
        let bindings = ports.bindings.into_iter().flat_map(|(port, bindings)| {
            bindings
                .unwrap()
                .into_iter()
                .map(move |binding| format!("{}:{}:{port}", binding.host_ip, binding.host_port))
        });
        Ok(bindings.collect())
    }

    #[test]
    fn all_forms_are_read() {
        for (text, ports) in [
            ("80", &["::80/tcp"][..]),
            (":80", &["::80/tcp"]),
            ("8080:80/udp", &[":8080:80/udp"]),
            ("127.0.0.1::80", &["127.0.0.1::80/tcp"]),
            ("[::1]:8080:80", &["::1:8080:80/tcp"]),
            ("::1:8080:80", &["::1:8080:80/tcp"]),
            ("8080-8081:80-81", &[":8080:80/tcp", ":8081:81/tcp"]),
            ("8080-8089:80", &[":8080-8089:80/tcp"]),
            ("80-81", &["::80/tcp", "::81/tcp"]),
            ("target=80,published=8080,mode=host,protocol=udp", &[":8080:80/udp"]),
        ] {
            assert_eq!(published(text).unwrap(), ports, "{text}");
        }
    }

    #[test]
    fn what_is_no_port_is_refused_in_dockers_words() {
        for (text, refusal) in [
            ("foo", "invalid containerPort: foo"),
            ("80-90:80-95", "invalid ranges specified for container and host Ports: 80-95 and 80-90"),
            ("80/xyz", "invalid proto: xyz"),
            ("80:", "no port specified: 80:<empty>"),
            ("1.2.3:80:80", "invalid IP address: 1.2.3"),
            ("[::1:80:80", "invalid IP address [::1: address [::1:: missing ']' in address"),
            ("70000:80", "invalid hostPort: 70000"),
            ("-1:80", "invalid hostPort: -1"),
            ("published=80", "no port specified: 80:/tcp<empty>"),
        ] {
            assert_eq!(published(text).unwrap_err(), refusal, "{text}");
        }
    }

    #[test]
    fn exposed_ports_have_no_side_of_the_host() {
        let exposed = |text: &str| {
            parse(&[], &[text.to_owned()]).map(|ports| ports.exposed.into_keys().collect::<Vec<_>>())
        };
        assert_eq!(exposed("53-54/udp").unwrap(), ["53/udp", "54/udp"]);
        assert_eq!(exposed("80:90").unwrap_err(), "invalid port format for --expose: 80:90");
        assert_eq!(
            exposed("80-70").unwrap_err(),
            "invalid range format for --expose: 80-70, error: invalid range specified for port: 80-70"
        );
        assert_eq!(
            exposed("80-").unwrap_err(),
            "invalid range format for --expose: 80-, error: strconv.ParseUint: parsing \"\": invalid syntax"
        );
    }
}
