//! `/etc/resolv.conf` of a container: the host's, without what only the host can reach, and with what the user wants instead
//! (resolv.conf(5)).

use std::net::IpAddr;

/// What Docker falls back on where the host names no server that a container could reach.
const PUBLIC_SERVERS: [&str; 2] = ["8.8.8.8", "8.8.4.4"];
const PUBLIC_SERVERS6: [&str; 2] = ["2001:4860:4860::8888", "2001:4860:4860::8844"];

/// Where systemd-resolved's stub listens.
const STUB: &str = "127.0.0.53";

/// Whether the file names nothing but systemd-resolved's stub, which no container can reach: the real servers are in a file of its own then.
#[must_use]
pub fn stands_behind_stub(text: &str) -> bool {
    let servers = ResolvConf::parse(text).servers;
    !servers.is_empty() && servers.iter().all(|server| server == STUB)
}

/// The lines that count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResolvConf {
    servers: Vec<String>,
    search: Vec<String>,
    options: Vec<String>,
}

/// `--dns`, `--dns-search`, `--dns-option`: what is not empty replaces the host's.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Addresses.
    pub servers: &'a [String],
    /// Domains; a single `.` stands for none.
    pub search: &'a [String],
    /// As in the file.
    pub options: &'a [String],
}

impl ResolvConf {
    /// Reads a file; of several `search` or `domain` lines the last counts, as for the C library.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut parsed = Self::default();
        for line in text.lines() {
            let line = line.split(['#', ';']).next().unwrap_or_default();
            let mut words = line.split_whitespace().map(str::to_owned);
            match words.next().as_deref() {
                Some("nameserver") => parsed.servers.extend(words.next()),
                Some("search" | "domain") => parsed.search = words.collect(),
                Some("options") => parsed.options.extend(words),
                _ => {}
            }
        }
        parsed
    }

    /// For a container on a bridge: no servers on the host's loopback, none of IPv6 for a container without.
    #[must_use]
    pub fn for_bridge(mut self, wanted: Wanted<'_>, ipv6: bool) -> Self {
        if wanted.servers.is_empty() {
            self.servers.retain(|server| is_reachable(server, ipv6));
            if self.servers.is_empty() {
                let further = if ipv6 { &PUBLIC_SERVERS6[..] } else { &[] };
                self.servers = PUBLIC_SERVERS.iter().chain(further).map(ToString::to_string).collect();
            }
        }
        self.replaced_by(wanted)
    }

    /// For a container that reaches whatever the host does.
    #[must_use]
    pub fn replaced_by(mut self, wanted: Wanted<'_>) -> Self {
        let replace = |own: &mut Vec<String>, wanted: &[String]| {
            if !wanted.is_empty() {
                *own = wanted.to_vec();
            }
        };
        replace(&mut self.servers, wanted.servers);
        replace(&mut self.search, wanted.search);
        replace(&mut self.options, wanted.options);
        self.search.retain(|domain| domain != ".");
        self
    }

    /// The file's text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut lines: Vec<String> =
            self.servers.iter().map(|server| format!("nameserver {server}")).collect();
        let listed =
            |word: &str, list: &[String]| (!list.is_empty()).then(|| format!("{word} {}", list.join(" ")));
        lines.extend(listed("search", &self.search));
        lines.extend(listed("options", &self.options));
        lines.push(String::new());
        lines.join("\n")
    }
}

fn is_reachable(server: &str, ipv6: bool) -> bool {
    // Behind a percent sign stands an interface of the host's.
    match server.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => !address.is_loopback(),
        Ok(IpAddr::V6(address)) => ipv6 && !address.is_loopback(),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bridge(text: &str, wanted: Wanted<'_>, ipv6: bool) -> String {
        ResolvConf::parse(text).for_bridge(wanted, ipv6).text()
    }

    #[test]
    fn servers_that_only_the_host_reaches_are_left_out() {
        let host = "# made by hand\nnameserver 127.0.0.1\nnameserver 10.0.0.1 ; ours\nnameserver fd00::1\nnameserver fe80::1%eth0\n\
                    search a b\nsearch c\noptions ndots:2\n";
        assert_eq!(
            bridge(host, Wanted::default(), false),
            "nameserver 10.0.0.1\nsearch c\noptions ndots:2\n"
        );
        assert_eq!(
            bridge(host, Wanted::default(), true),
            "nameserver 10.0.0.1\nnameserver fd00::1\nsearch c\noptions ndots:2\n"
        );
    }

    #[test]
    fn a_host_whose_servers_nobody_else_reaches_leaves_the_public_ones() {
        let found = bridge("nameserver ::1\n", Wanted::default(), false);
        assert_eq!(found, "nameserver 8.8.8.8\nnameserver 8.8.4.4\n");
        assert_eq!(bridge("", Wanted::default(), true).lines().count(), 4);
    }

    #[test]
    fn what_the_user_wants_replaces_what_the_host_has() {
        let (servers, search) = (["127.0.0.1".to_owned()], [".".to_owned()]);
        let wanted = Wanted { servers: &servers, search: &search, options: &[] };
        let host = "nameserver 10.0.0.1\nsearch a\noptions ndots:2\n";
        assert_eq!(bridge(host, wanted, false), "nameserver 127.0.0.1\noptions ndots:2\n");
    }

    #[test]
    fn a_stub_is_known_by_its_address_alone() {
        assert!(stands_behind_stub("nameserver 127.0.0.53\noptions edns0\n"));
        assert!(!stands_behind_stub("nameserver 127.0.0.53\nnameserver 10.0.0.1\n"));
        assert!(!stands_behind_stub(""));
    }
}
