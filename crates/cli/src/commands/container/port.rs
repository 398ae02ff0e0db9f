//! `port`: shows where a container's ports are on the host.

use corten_api_types::network::{PortBinding, PortMap};

use super::inspect::fetch;
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let [name, port @ ..] = parsed.arguments.as_slice() else {
        unreachable!("the command takes an argument")
    };
    let ports = fetch(&session.client, name).await?.network_settings.ports;
    let lines = match port.first() {
        None => all(&ports),
        Some(port) => one(&ports, port)
            .ok_or_else(|| Failure::new(format!("no public port '{port}' published for {name}")))?,
    };
    session.print(&lines.iter().map(|line| format!("{line}\n")).collect::<String>())
}

/// In the order of ports, then of where they are.
fn all(ports: &PortMap) -> Vec<String> {
    let number = |port: &str| port.split('/').next().and_then(|number| number.parse::<u16>().ok());
    let mut sorted: Vec<_> = ports.iter().collect();
    sorted.sort_by_key(|(port, _)| (number(port), *port));
    let lines = |(port, bindings): (&String, &Option<Vec<PortBinding>>)| {
        places(bindings.as_deref().unwrap_or_default())
            .into_iter()
            .map(|place| format!("{port} -> {place}"))
            .collect::<Vec<_>>()
    };
    sorted.into_iter().flat_map(lines).collect()
}

/// `80` is that of TCP. `None` where it is not published.
fn one(ports: &PortMap, port: &str) -> Option<Vec<String>> {
    let port = if port.contains('/') { port.to_owned() } else { format!("{port}/tcp") };
    ports.get(&port)?.as_deref().map(places)
}

fn places(bindings: &[PortBinding]) -> Vec<String> {
    let mut places: Vec<String> = bindings
        .iter()
        .map(|PortBinding { host_ip, host_port }| {
            if host_ip.contains(':') {
                format!("[{host_ip}]:{host_port}")
            } else {
                format!("{host_ip}:{host_port}")
            }
        })
        .collect();
    places.sort();
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(entries: &[(&str, &[(&str, &str)])]) -> PortMap {
        let binding = |(host_ip, host_port): &(&str, &str)| PortBinding {
            host_ip: (*host_ip).to_owned(),
            host_port: (*host_port).to_owned(),
        };
        let entry = |(port, places): &(&str, &[(&str, &str)])| {
            let places: Vec<_> = places.iter().map(binding).collect();
            ((*port).to_owned(), (!places.is_empty()).then_some(places))
        };
        entries.iter().map(entry).collect()
    }

    #[test]
    fn all_ports_are_shown_in_the_order_of_their_numbers() {
        let ports = ports(&[
            ("8080/tcp", &[("0.0.0.0", "1"), ("::", "1")]),
            ("80/tcp", &[("127.0.0.1", "2")]),
            ("90/tcp", &[]),
        ]);
        assert_eq!(all(&ports), ["80/tcp -> 127.0.0.1:2", "8080/tcp -> 0.0.0.0:1", "8080/tcp -> [::]:1"]);
    }

    #[test]
    fn a_port_without_a_protocol_is_that_of_tcp() {
        let ports = ports(&[("80/tcp", &[("0.0.0.0", "1")]), ("53/udp", &[])]);
        assert_eq!(one(&ports, "80").unwrap(), ["0.0.0.0:1"]);
        assert_eq!(one(&ports, "80/udp"), None);
        assert_eq!(one(&ports, "53/udp"), None);
    }
}
