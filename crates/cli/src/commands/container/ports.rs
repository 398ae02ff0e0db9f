//! Ports of a container in a table: `0.0.0.0:8080->80/tcp, 443/tcp`.

use corten_api_types::container::PortSummary;

/// Ports that follow each other are shown as a range.
pub(super) fn show(ports: &[PortSummary]) -> String {
    let mut sorted: Vec<&PortSummary> = ports.iter().collect();
    sorted.sort_by(|a, b| {
        let key = |port: &PortSummary| {
            (port.private_port, port.ip.clone(), port.public_port, port.protocol.clone())
        };
        key(a).cmp(&key(b))
    });
    // Ranges that are still growing, by where they are published, in the order in which they began.
    let mut open: Vec<Range> = Vec::new();
    let (mut closed, mut mapped) = (Vec::new(), Vec::new());
    for port in sorted {
        let private = port.private_port;
        if !port.ip.is_empty() && port.public_port != private {
            mapped.push(format!(
                "{}->{private}/{}",
                host_port(&port.ip, &port.public_port.to_string()),
                port.protocol
            ));
            continue;
        }
        let range =
            Range { ip: port.ip.clone(), protocol: port.protocol.clone(), first: private, last: private };
        match open.iter_mut().find(|open| open.ip == range.ip && open.protocol == range.protocol) {
            None => open.push(range),
            Some(open) if open.last.checked_add(1) == Some(private) => open.last = private,
            Some(open) => closed.push(std::mem::replace(open, range).to_string()),
        }
    }
    closed.extend(open.iter().map(Range::to_string));
    closed.extend(mapped);
    closed.join(", ")
}

struct Range {
    ip: String,
    protocol: String,
    first: u16,
    last: u16,
}

impl std::fmt::Display for Range {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ports = if self.first == self.last {
            self.first.to_string()
        } else {
            format!("{}-{}", self.first, self.last)
        };
        match self.ip.as_str() {
            "" => write!(formatter, "{ports}/{}", self.protocol),
            ip => write!(formatter, "{}->{ports}/{}", host_port(ip, &ports), self.protocol),
        }
    }
}

fn host_port(ip: &str, port: &str) -> String {
    if ip.contains(':') { format!("[{ip}]:{port}") } else { format!("{ip}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(ip: &str, private_port: u16, public_port: u16) -> PortSummary {
        PortSummary { ip: ip.to_owned(), private_port, public_port, protocol: "tcp".to_owned() }
    }

    #[test]
    fn ports_that_follow_each_other_form_a_range() {
        assert_eq!(show(&[port("", 81, 0), port("", 80, 0), port("", 443, 0)]), "80-81/tcp, 443/tcp");
        assert_eq!(show(&[port("0.0.0.0", 80, 80), port("0.0.0.0", 81, 81)]), "0.0.0.0:80-81->80-81/tcp");
    }

    #[test]
    fn other_ports_of_the_host_are_shown_one_by_one() {
        let ports = [port("0.0.0.0", 80, 8080), port("::", 80, 8080), port("", 9, 0)];
        assert_eq!(show(&ports), "9/tcp, 0.0.0.0:8080->80/tcp, [::]:8080->80/tcp");
    }
}
