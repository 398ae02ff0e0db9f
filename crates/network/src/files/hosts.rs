//! `/etc/hosts` of a container, in Docker's order: the loopback's names, what the user adds, linked containers, then the container itself
//! (hosts(5)).

use std::fmt::Write as _;
use std::net::IpAddr;

/// What every container without the host's network begins with.
const LOOPBACK: &str = "127.0.0.1\tlocalhost\n";
const LOOPBACK6: &str = "::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\n\
                         ff00::\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n";

/// `--add-host`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraHost<'a> {
    /// The name.
    pub name: &'a str,
    /// An address, or `host-gateway`: the host as the container reaches it.
    pub address: &'a str,
}

impl<'a> ExtraHost<'a> {
    /// Reads `name:address`; addresses of IPv6 may stand in brackets. `None` where there is no colon or no name.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let (name, address) = text.split_once(':')?;
        let bare = address.strip_prefix('[').and_then(|address| address.strip_suffix(']')).unwrap_or(address);
        (!name.is_empty()).then_some(Self { name, address: bare })
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostNames {
    /// The address.
    pub address: IpAddr,
    /// The names that it has, with blanks between.
    pub names: String,
}

/// The host has no address that the container could reach it by.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unable to derive the IP value for host-gateway")]
pub struct UnknownGateway;

/// What goes into the file.
#[derive(Debug, Clone, Default)]
pub struct Hosts<'a> {
    /// What it begins with; `None` = the loopback's names.
    pub base: Option<&'a str>,
    /// What the user adds.
    pub extra: &'a [ExtraHost<'a>],
    /// What `host-gateway` stands for.
    pub gateways: &'a [IpAddr],
    /// Linked containers.
    pub links: &'a [HostNames],
    /// The container's own addresses.
    pub addresses: &'a [IpAddr],
    /// Its host name.
    pub hostname: &'a str,
    /// Its domain; may be empty.
    pub domain: &'a str,
}

impl Hosts<'_> {
    /// The file's text.
    ///
    /// # Errors
    /// [`UnknownGateway`] where `host-gateway` is asked for and nothing is known to stand for it.
    pub fn text(&self) -> Result<String, UnknownGateway> {
        let mut text = match self.base {
            Some(base) => base.to_owned(),
            None => format!("{LOOPBACK}{LOOPBACK6}"),
        };
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        for ExtraHost { name, address } in self.extra {
            if *address != "host-gateway" {
                line(&mut text, address, name);
                continue;
            }
            if self.gateways.is_empty() {
                return Err(UnknownGateway);
            }
            for gateway in self.gateways {
                line(&mut text, &gateway.to_string(), name);
            }
        }
        for HostNames { address, names } in self.links {
            line(&mut text, &address.to_string(), names);
        }
        for address in self.addresses {
            line(&mut text, &address.to_string(), &self.own_names());
        }
        Ok(text)
    }

    /// The whole name, then the bare one.
    fn own_names(&self) -> String {
        let whole = if self.domain.is_empty() {
            self.hostname.to_owned()
        } else {
            format!("{}.{}", self.hostname, self.domain)
        };
        match whole.split_once('.') {
            Some((bare, _)) => format!("{whole} {bare}"),
            None => whole,
        }
    }
}

/// A file's text in which every line of the address's family whose first name is `name` has this address.
#[must_use]
pub fn with_address(text: &str, name: &str, address: IpAddr) -> String {
    let is_of = |line: &str| {
        let mut words = line.split_whitespace();
        let other = words.next().and_then(|word| word.parse::<IpAddr>().ok());
        other.is_some_and(|other| other.is_ipv4() == address.is_ipv4()) && words.next() == Some(name)
    };
    let renewed = |line: &str| match line.split_once(char::is_whitespace) {
        Some((_, names)) if is_of(line) => format!("{address}\t{names}"),
        _ => line.to_owned(),
    };
    text.split_inclusive('\n').map(renewed).collect()
}

fn line(text: &mut String, address: &str, names: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{address}\t{names}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn the_container_comes_last_with_its_whole_name_first() {
        let extra = [ExtraHost::parse("db:10.0.0.1").unwrap(), ExtraHost::parse("up:host-gateway").unwrap()];
        let hosts = Hosts {
            extra: &extra,
            gateways: &["10.208.0.1".parse().unwrap(), "fd00::1".parse().unwrap()],
            links: &[HostNames { address: "10.208.0.7".parse().unwrap(), names: "store 0123 db".to_owned() }],
            addresses: &["10.208.0.2".parse().unwrap()],
            hostname: "web",
            domain: "example.org",
            ..Hosts::default()
        };
        expect![[r"
            127.0.0.1	localhost
            ::1	localhost ip6-localhost ip6-loopback
            fe00::	ip6-localnet
            ff00::	ip6-mcastprefix
            ff02::1	ip6-allnodes
            ff02::2	ip6-allrouters
            10.0.0.1	db
            10.208.0.1	up
            fd00::1	up
            10.208.0.7	store 0123 db
            10.208.0.2	web.example.org web
        "]]
        .assert_eq(&hosts.text().unwrap());
    }

    #[test]
    fn a_gateway_that_nobody_knows_is_no_address() {
        let extra = [ExtraHost::parse("up:host-gateway").unwrap()];
        assert_eq!(Hosts { extra: &extra, ..Hosts::default() }.text(), Err(UnknownGateway));
    }

    #[test]
    fn what_the_host_says_is_ended_before_something_is_added() {
        let extra = [ExtraHost::parse("db:[fd00::1]").unwrap()];
        let hosts = Hosts { base: Some("127.0.0.1 localhost"), extra: &extra, ..Hosts::default() };
        assert_eq!(hosts.text().unwrap(), "127.0.0.1 localhost\nfd00::1\tdb\n");
    }

    #[test]
    fn an_address_changes_where_its_name_comes_first() {
        let text = "10.0.0.2\tdb 1234\nfd00::2\tdb 1234\n10.0.0.3\tweb db\n# 10.0.0.2\tdb\n10.0.0.2\tdb";
        let changed = with_address(text, "db", "10.0.0.9".parse().unwrap());
        assert_eq!(
            changed,
            "10.0.0.9\tdb 1234\nfd00::2\tdb 1234\n10.0.0.3\tweb db\n# 10.0.0.2\tdb\n10.0.0.9\tdb"
        );
        let changed = with_address(text, "db", "fd00::9".parse().unwrap());
        assert!(changed.contains("fd00::9\tdb 1234\n") && changed.starts_with("10.0.0.2\tdb"), "{changed}");
    }

    #[test]
    fn an_entry_without_a_name_or_a_colon_is_none() {
        assert_eq!(ExtraHost::parse(":1.2.3.4"), None);
        assert_eq!(ExtraHost::parse("name"), None);
    }
}
