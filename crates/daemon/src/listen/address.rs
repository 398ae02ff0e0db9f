//! Where a daemon listens, as `--host` and the key `hosts` have it. Pure.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::error::DaemonError;

/// Docker's port without TLS, and with it.
const PLAIN_PORT: u16 = 2375;

/// An address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// `unix://PATH`.
    Unix(PathBuf),
    /// `tcp://HOST:PORT`.
    Tcp {
        /// A name or an address.
        host: String,
        /// 2375 where none is given.
        port: u16,
    },
    /// `fd://`: the sockets that systemd has opened (sd_listen_fds(3)).
    Activated,
}

impl Address {
    /// What dockerd's log calls it.
    pub(crate) fn place(&self) -> String {
        let text = self.to_string();
        let place = text.strip_prefix("unix://").or_else(|| text.strip_prefix("tcp://"));
        place.map_or_else(|| text.clone(), str::to_owned)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp { host, port } if host.contains(':') => write!(f, "tcp://[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
            Self::Activated => f.write_str("fd://"),
        }
    }
}

impl FromStr for Address {
    type Err = DaemonError;

    fn from_str(text: &str) -> Result<Self, DaemonError> {
        let wrong = |why| DaemonError::Address { address: text.to_owned(), why };
        match text.split_once("://") {
            Some(("unix", path)) if path.starts_with('/') => Ok(Self::Unix(path.into())),
            Some(("unix", _)) => Err(wrong("a unix socket needs an absolute path")),
            Some(("tcp", rest)) => tcp(rest).ok_or_else(|| wrong("should be tcp://HOST:PORT")),
            Some(("fd", "" | "*")) => Ok(Self::Activated),
            Some(("fd", _)) => Err(wrong("sockets of systemd's are taken together: fd://")),
            _ => Err(wrong("should begin with unix://, tcp:// or fd://")),
        }
    }
}

fn tcp(text: &str) -> Option<Address> {
    let text = text.trim_end_matches('/');
    let (host, port) = match text.rsplit_once(':') {
        // The colons of an IPv6 address without a port.
        Some((host, _)) if host.starts_with('[') && !host.ends_with(']') => (text, ""),
        Some((host, port)) => (host, port),
        None => (text, ""),
    };
    let port = if port.is_empty() { PLAIN_PORT } else { port.parse().ok()? };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let host = if host.is_empty() { "127.0.0.1" } else { host };
    (!host.contains('/')).then(|| Address::Tcp { host: host.to_owned(), port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_dockers() {
        let tcp = |host: &str, port| Ok(Address::Tcp { host: host.to_owned(), port });
        let cases = [
            ("unix:///run/corten.sock", Ok(Address::Unix("/run/corten.sock".into()))),
            ("tcp://0.0.0.0:2376", tcp("0.0.0.0", 2376)),
            ("tcp://", tcp("127.0.0.1", 2375)),
            ("tcp://:80", tcp("127.0.0.1", 80)),
            ("tcp://[::1]:80", tcp("::1", 80)),
            ("tcp://[::1]", tcp("::1", 2375)),
            ("fd://", Ok(Address::Activated)),
            ("unix://run", Err("invalid bind address (unix://run): a unix socket needs an absolute path")),
            ("tcp://a:b", Err("invalid bind address (tcp://a:b): should be tcp://HOST:PORT")),
            ("tcp://a/b:80", Err("invalid bind address (tcp://a/b:80): should be tcp://HOST:PORT")),
            (
                "npipe://x",
                Err("invalid bind address (npipe://x): should begin with unix://, tcp:// or fd://"),
            ),
        ];
        for (text, expected) in cases {
            let parsed = text.parse::<Address>().map_err(|error| error.to_string());
            assert_eq!(parsed, expected.map_err(str::to_owned), "{text}");
        }
    }
}
