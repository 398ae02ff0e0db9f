//! Probes that need no program in the container: `["HTTP", URL]`, `["TCP", "ADDRESS:PORT"]`, `["FILE", PATH]`. Pure.
//!
//! No name server is asked: a server is named by its address, or it is `localhost`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use corten_monitor::health::Probe;
use url::{Host, Url};

use crate::error::EngineError;

/// The longest path that the kernel takes, with the byte that ends it (PATH_MAX).
const LONGEST_PATH: usize = 4096;

/// Longer ones mean nothing to any server.
const LONGEST_URL: usize = 2048;

/// The kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::containers) enum Native {
    /// A request.
    Http,
    /// A connection.
    Tcp,
    /// A path.
    File,
}

impl Native {
    /// By the first word of a check; Docker knows none of them.
    pub(super) fn of(word: &str) -> Option<Self> {
        match word {
            "HTTP" => Some(Self::Http),
            "TCP" => Some(Self::Tcp),
            "FILE" => Some(Self::File),
            _ => None,
        }
    }

    /// Reads what follows that word.
    pub(super) fn read(self, words: &[String]) -> Result<Probe, EngineError> {
        let (name, wanted) = match self {
            Self::Http => ("HTTP", "a URL"),
            Self::Tcp => ("TCP", "an address with a port"),
            Self::File => ("FILE", "a path"),
        };
        let [word] = words else {
            return Err(invalid(name, &format!("it takes {wanted}, and has {} words", words.len())));
        };
        let read = match self {
            Self::Http => http(word),
            Self::Tcp => tcp(word),
            Self::File => file(word),
        };
        read.map_err(|complaint| invalid(name, &format!("`{word}` {complaint}")))
    }
}

fn invalid(kind: &str, complaint: &str) -> EngineError {
    EngineError::Invalid(format!("invalid {kind} health check: {complaint}"))
}

fn http(word: &str) -> Result<Probe, String> {
    if word.len() > LONGEST_URL {
        return Err(format!("is longer than {LONGEST_URL} bytes"));
    }
    let url = Url::parse(word).map_err(|error| format!("is no URL: {error}"))?;
    if url.scheme() != "http" {
        return Err("has to begin with http://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err("has a user, a password or a fragment, which are not sent".to_owned());
    }
    let port = url.port_or_known_default().filter(|port| *port != 0).ok_or("has no port")?;
    let hosts = match url.host() {
        Some(Host::Ipv4(address)) => vec![address.into()],
        Some(Host::Ipv6(address)) => vec![address.into()],
        Some(Host::Domain(name)) => named(name)?,
        None => return Err("has no host".to_owned()),
    };
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let authority = url.authority().to_owned();
    Ok(Probe::Http { addresses: at(hosts, port), authority, target: format!("{}{query}", url.path()) })
}

fn tcp(word: &str) -> Result<Probe, String> {
    let complaint = "is not of the form ADDRESS:PORT";
    if let Ok(address) = word.parse::<SocketAddr>() {
        return if address.port() == 0 {
            Err(complaint.to_owned())
        } else {
            Ok(Probe::Tcp { addresses: vec![address] })
        };
    }
    let (name, port) = word.rsplit_once(':').ok_or(complaint)?;
    let port = port.parse().ok().filter(|port| *port != 0).ok_or(complaint)?;
    Ok(Probe::Tcp { addresses: at(named(name)?, port) })
}

fn file(word: &str) -> Result<Probe, String> {
    if !word.starts_with('/') {
        return Err("is no absolute path".to_owned());
    }
    if word.contains('\0') || word.len() >= LONGEST_PATH {
        return Err("is no path that there can be".to_owned());
    }
    Ok(Probe::File { path: word.to_owned() })
}

/// The addresses of a name.
fn named(name: &str) -> Result<Vec<IpAddr>, String> {
    if name.eq_ignore_ascii_case("localhost") {
        return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
    }
    Err("has to name an address or localhost: probes ask no name server".to_owned())
}

fn at(hosts: Vec<IpAddr>, port: u16) -> Vec<SocketAddr> {
    hosts.into_iter().map(|host| SocketAddr::new(host, port)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: Native, word: &str) -> Result<Probe, String> {
        kind.read(&[word.to_owned()]).map_err(|error| error.to_string())
    }

    /// Where a request goes, what it names the server, and what it asks for.
    fn requested(url: &str) -> (String, String, String) {
        let Ok(Probe::Http { addresses, authority, target }) = read(Native::Http, url) else {
            panic!("{url}")
        };
        let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        (addresses.join(" "), authority, target)
    }

    #[test]
    fn urls_name_addresses_and_what_is_asked_for() {
        let check = |url, addresses: &str, authority: &str, target: &str| {
            let expected = (addresses.to_owned(), authority.to_owned(), target.to_owned());
            assert_eq!(requested(url), expected, "{url}");
        };
        check("http://127.0.0.1:8080/healthz", "127.0.0.1:8080", "127.0.0.1:8080", "/healthz");
        check("http://10.0.0.7", "10.0.0.7:80", "10.0.0.7", "/");
        check("http://[::1]:9/a?b=c", "[::1]:9", "[::1]:9", "/a?b=c");
        check("http://localhost:81/", "127.0.0.1:81 [::1]:81", "localhost:81", "/");
    }

    #[test]
    fn a_url_cannot_add_lines_to_the_request() {
        let (_, authority, target) = requested("http://localhost/a b\r\nX: y?c d\u{e4}");
        let word = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        assert!(word(&authority) && word(&target), "{authority} {target}");
    }

    #[test]
    fn what_cannot_be_probed_is_refused_with_the_reason() {
        let check = |kind, word: &str, reason: &str| {
            let refused = read(kind, word).unwrap_err();
            assert!(refused.contains(reason), "{word}: {refused}");
        };
        check(Native::Http, "https://127.0.0.1/", "has to begin with http://");
        check(Native::Http, "http://example.com/", "probes ask no name server");
        check(Native::Http, "127.0.0.1:80", "is no URL");
        check(Native::Http, "http://a:b@127.0.0.1/", "a user, a password");
        check(Native::Http, "http://127.0.0.1:0/", "has no port");
        check(Native::Http, &format!("http://127.0.0.1/{}", "a".repeat(LONGEST_URL)), "is longer than");
        check(Native::Tcp, "127.0.0.1", "ADDRESS:PORT");
        check(Native::Tcp, "127.0.0.1:0", "ADDRESS:PORT");
        check(Native::Tcp, "localhost:99999", "ADDRESS:PORT");
        check(Native::Tcp, "db:5432", "probes ask no name server");
        check(Native::File, "run/ready", "is no absolute path");
        check(Native::File, "/a\0b", "is no path");
        let none = Native::File.read(&[]).unwrap_err().to_string();
        assert_eq!(none, "invalid FILE health check: it takes a path, and has 0 words");
    }

    #[test]
    fn addresses_and_paths_are_taken_as_they_are() {
        let tcp = |word| match read(Native::Tcp, word) {
            Ok(Probe::Tcp { addresses }) => addresses.iter().map(ToString::to_string).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        assert_eq!(tcp("127.0.0.1:5432"), ["127.0.0.1:5432"]);
        assert_eq!(tcp("[fe80::1]:1"), ["[fe80::1]:1"]);
        assert_eq!(tcp("LOCALHOST:1"), ["127.0.0.1:1", "[::1]:1"]);
        assert!(matches!(read(Native::File, "/run/../x"), Ok(Probe::File { path }) if path == "/run/../x"));
    }
}
