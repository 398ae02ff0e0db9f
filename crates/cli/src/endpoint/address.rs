//! Addresses of engines as they are typed: with a scheme or without, with a port or with the usual one.

use crate::failure::{Failure, Outcome};

/// The port that the engine has where none is named (IANA).
const PORT: &str = "2375";

/// The full form of an address that was typed: `foo` is `tcp://foo:2375`, `unix://` the socket that is given here.
///
/// # Errors
/// What is no address, in Docker's words.
pub(crate) fn normalise(typed: &str, socket: &str) -> Outcome<String> {
    let typed = typed.trim();
    let (scheme, rest) = typed.split_once("://").unwrap_or(("tcp", typed));
    match scheme {
        "tcp" => tcp(rest, typed),
        "unix" if rest.contains("://") => Err(Failure::new(format!("invalid proto, expected unix: {rest}"))),
        "unix" if rest.is_empty() => Ok(format!("unix://{socket}")),
        "unix" | "fd" | "ssh" => Ok(typed.to_owned()),
        _ => Err(Failure::new(format!("invalid bind address format: {typed}"))),
    }
}

fn tcp(rest: &str, typed: &str) -> Outcome<String> {
    let invalid = || Failure::new(format!("invalid bind address format: {typed}"));
    if rest.contains("://") {
        return Err(Failure::new(format!("invalid proto, expected tcp: {rest}")));
    }
    let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    let (host, port) = match split(authority) {
        Some(("", "")) => ("localhost", PORT),
        Some(("", port)) => ("localhost", port),
        Some((host, "")) => (host, PORT),
        Some(parts) => parts,
        None => return Err(invalid()),
    };
    port.parse::<u16>().map_err(|_| invalid())?;
    Ok(if host.contains(':') {
        format!("tcp://[{host}]:{port}{path}")
    } else {
        format!("tcp://{host}:{port}{path}")
    })
}

/// Host without brackets, port or nothing.
fn split(authority: &str) -> Option<(&str, &str)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, port) = rest.split_once(']')?;
        return match port {
            "" => Some((host, "")),
            port => Some((host, port.strip_prefix(':')?)),
        };
    }
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    (!port.contains(':')).then_some((host, port))
}

/// Host, port and path of what stands behind the scheme.
///
/// # Errors
/// When there is no port.
pub(super) fn parts(rest: &str) -> Outcome<(String, u16, String)> {
    let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    let found = split(authority).and_then(|(host, port)| Some((host.to_owned(), port.parse().ok()?)));
    let (host, port) = found.ok_or_else(|| {
        Failure::new(format!("error during connect: address {authority}: missing port in address"))
    })?;
    Ok((host, port, path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_filled_in() {
        let full = |typed: &str| normalise(typed, "/x.sock").unwrap();
        assert_eq!(full("foo"), "tcp://foo:2375");
        assert_eq!(full(" tcp:// "), "tcp://localhost:2375");
        assert_eq!(full(":1"), "tcp://localhost:1");
        assert_eq!(full("tcp://[::1]:"), "tcp://[::1]:2375");
        assert_eq!(full("tcp://foo:1/engine"), "tcp://foo:1/engine");
        assert_eq!(full("unix://"), "unix:///x.sock");
        assert_eq!(full("ssh://me@there"), "ssh://me@there");
    }

    #[test]
    fn what_is_no_address_is_refused_in_dockers_words() {
        let refusal = |typed: &str| normalise(typed, "").unwrap_err().message;
        assert_eq!(refusal("https://foo:1"), "invalid bind address format: https://foo:1");
        assert_eq!(refusal("tcp://foo:bar"), "invalid bind address format: tcp://foo:bar");
        assert_eq!(refusal("tcp://tcp://x"), "invalid proto, expected tcp: tcp://x");
        assert_eq!(refusal("a:b:c"), "invalid bind address format: a:b:c");
    }

    #[test]
    fn parts_need_a_port() {
        assert_eq!(parts("[::1]:5/a").unwrap(), ("::1".to_owned(), 5, "/a".to_owned()));
        assert!(parts("foo").unwrap_err().message.ends_with("address foo: missing port in address"));
    }
}
