//! Which name servers to ask, for which names, and how long to wait.
//!
//! Source: resolv.conf(5). Of the options, those that change what is asked and when are read.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

const PORT: u16 = 53;
/// Limits that the C library has too.
const MOST_SERVERS: usize = 3;
const MOST_DOMAINS: usize = 32;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) servers: Vec<SocketAddr>,
    /// Domains to try a name in.
    pub(crate) search: Vec<String>,
    /// A name with so many dots is first tried as it is.
    pub(crate) dots: usize,
    /// How long to wait for one answer.
    pub(crate) timeout: Duration,
    /// How often to ask all servers.
    pub(crate) attempts: usize,
}

impl Settings {
    /// Reads the file; what it does not say is as the C library has it. What cannot be read is passed over.
    pub(crate) fn parse(text: &str) -> Self {
        let mut settings = Self {
            servers: Vec::new(),
            search: Vec::new(),
            dots: 1,
            timeout: Duration::from_secs(5),
            attempts: 2,
        };
        for line in text.lines().filter(|line| !line.starts_with(['#', ';'])) {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("nameserver") => settings.servers.extend(words.next().and_then(server)),
                // The last of several counts.
                Some("search" | "domain") => {
                    settings.search =
                        words.take(MOST_DOMAINS).map(|word| word.trim_end_matches('.').to_owned()).collect();
                }
                Some("options") => words.for_each(|word| settings.option(word)),
                _ => {}
            }
        }
        settings.servers.truncate(MOST_SERVERS);
        if settings.servers.is_empty() {
            settings.servers.push(SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)));
        }
        settings
    }

    fn option(&mut self, word: &str) {
        let Some((name, value)) = word.split_once(':') else { return };
        let Ok(value) = value.parse::<u8>() else { return };
        match name {
            "ndots" => self.dots = usize::from(value.min(15)),
            "timeout" => self.timeout = Duration::from_secs(value.clamp(1, 30).into()),
            "attempts" => self.attempts = usize::from(value.clamp(1, 5)),
            _ => {}
        }
    }
}

/// A server's address. One that names an interface (`fe80::1%eth0`) is passed over: the name would have to be looked up first.
fn server(word: &str) -> Option<SocketAddr> {
    let address: IpAddr = word.parse().ok()?;
    Some(SocketAddr::new(address, PORT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_as_the_c_library_has_it() {
        let settings = Settings::parse("");
        assert_eq!(settings.servers, ["127.0.0.1:53".parse().unwrap()]);
        assert_eq!((settings.dots, settings.attempts, settings.timeout.as_secs()), (1, 2, 5));
        assert!(settings.search.is_empty());
    }

    #[test]
    fn servers_domains_and_options_are_read() {
        let text = "# nameserver 10.0.0.9\nnameserver 10.0.0.1\nnameserver fe80::1%eth0\nnameserver fd00::1\nnameserver x\n\
                    domain a.example\nsearch b.example. c.example\noptions ndots:2 timeout:0 attempts:9 rotate edns0\n";
        let settings = Settings::parse(text);
        assert_eq!(settings.servers, ["10.0.0.1:53".parse().unwrap(), "[fd00::1]:53".parse().unwrap()]);
        assert_eq!(settings.search, ["b.example", "c.example"]);
        assert_eq!((settings.dots, settings.attempts, settings.timeout.as_secs()), (2, 5, 1));
    }
}
