//! What a linked container adds to the environment of the one that links: its name, its exposed ports, its own variables. Pure.

use std::net::Ipv4Addr;

use corten_spec::port::{Port, Protocol, parse_ports};

use super::Linked;

/// The variables of all of them, in their order.
pub(crate) fn environment(linked: &[Linked]) -> Vec<String> {
    let of_one = |link: &Linked| {
        let config = &link.container.config;
        let address = Ipv4Addr::from(link.connection.endpoint.ipv4);
        variables(&link.full_name, address, &exposed(&config.exposed_ports), &config.env)
    };
    linked.iter().flat_map(of_one).collect()
}

/// Ports of TCP first, each protocol's by number.
fn exposed(texts: &[String]) -> Vec<Port> {
    let parsed = texts.iter().filter_map(|text| parse_ports(text).ok());
    let mut ports: Vec<Port> =
        parsed.flat_map(|(numbers, protocol)| numbers.map(move |number| Port { number, protocol })).collect();
    ports.sort_by_key(|port| (port.protocol != Protocol::Tcp, port.protocol.name(), port.number));
    ports.dedup();
    ports
}

fn variables(full_name: &str, address: Ipv4Addr, ports: &[Port], env: &[String]) -> Vec<String> {
    let alias = full_name.rsplit('/').next().unwrap_or_default().to_uppercase().replace('-', "_");
    let url = |port: Port| format!("{}://{address}:{}", port.protocol.name(), port.number);
    let prefix = |port: Port| format!("{alias}_PORT_{}_{}", port.number, port.protocol.name().to_uppercase());
    let mut variables: Vec<String> = Vec::new();
    variables.extend(ports.first().map(|first| format!("{alias}_PORT={}", url(*first))));
    for run in ports.chunk_by(|one, next| one.protocol == next.protocol && one.number + 1 == next.number) {
        for port in run {
            let prefix = prefix(*port);
            variables.push(format!("{prefix}={}", url(*port)));
            variables.push(format!("{prefix}_ADDR={address}"));
            variables.push(format!("{prefix}_PORT={}", port.number));
            variables.push(format!("{prefix}_PROTO={}", port.protocol.name()));
        }
        if let [first, .., last] = run {
            let prefix = prefix(*first);
            variables.push(format!("{prefix}_START={}", url(*first)));
            variables.push(format!("{prefix}_PORT_START={}", first.number));
            variables.push(format!("{prefix}_END={}", url(*last)));
            variables.push(format!("{prefix}_PORT_END={}", last.number));
        }
    }
    variables.push(format!("{alias}_NAME={full_name}"));
    let own = env.iter().filter_map(|entry| entry.split_once('='));
    variables.extend(
        own.filter(|(name, _)| !matches!(*name, "HOME" | "PATH"))
            .map(|(name, value)| format!("{alias}_ENV_{name}={value}")),
    );
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_that_follow_each_other_are_told_as_a_range_as_well() {
        let ports = exposed(&["53/udp", "8081/tcp", "8080/tcp", "80/tcp"].map(str::to_owned));
        let env = ["PATH=/bin", "HOME=/", "MODE=fast=er", "EMPTY"].map(str::to_owned);
        let told = variables("/web/my-db", Ipv4Addr::new(10, 0, 0, 2), &ports, &env);
        let expected = [
            "MY_DB_PORT=tcp://10.0.0.2:80",
            "MY_DB_PORT_80_TCP=tcp://10.0.0.2:80",
            "MY_DB_PORT_80_TCP_ADDR=10.0.0.2",
            "MY_DB_PORT_80_TCP_PORT=80",
            "MY_DB_PORT_80_TCP_PROTO=tcp",
            "MY_DB_PORT_8080_TCP=tcp://10.0.0.2:8080",
            "MY_DB_PORT_8080_TCP_ADDR=10.0.0.2",
            "MY_DB_PORT_8080_TCP_PORT=8080",
            "MY_DB_PORT_8080_TCP_PROTO=tcp",
            "MY_DB_PORT_8081_TCP=tcp://10.0.0.2:8081",
            "MY_DB_PORT_8081_TCP_ADDR=10.0.0.2",
            "MY_DB_PORT_8081_TCP_PORT=8081",
            "MY_DB_PORT_8081_TCP_PROTO=tcp",
            "MY_DB_PORT_8080_TCP_START=tcp://10.0.0.2:8080",
            "MY_DB_PORT_8080_TCP_PORT_START=8080",
            "MY_DB_PORT_8080_TCP_END=tcp://10.0.0.2:8081",
            "MY_DB_PORT_8080_TCP_PORT_END=8081",
            "MY_DB_PORT_53_UDP=udp://10.0.0.2:53",
            "MY_DB_PORT_53_UDP_ADDR=10.0.0.2",
            "MY_DB_PORT_53_UDP_PORT=53",
            "MY_DB_PORT_53_UDP_PROTO=udp",
            "MY_DB_NAME=/web/my-db",
            "MY_DB_ENV_MODE=fast=er",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn without_ports_there_is_the_name() {
        assert_eq!(variables("/web/db", Ipv4Addr::LOCALHOST, &[], &[]), ["DB_NAME=/web/db"]);
    }
}
