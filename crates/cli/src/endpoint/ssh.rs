//! `ssh://user@host:port`: how the user's ssh program is called.
//!
//! The program is theirs, with their keys, agents and configuration. Nothing here reads those.

use percent_encoding::percent_decode_str;

use crate::failure::{Failure, Outcome};

/// The command line of ssh for an address, without the program itself.
///
/// # Errors
/// An address that is none, in Docker's words.
pub(super) fn arguments(url: &str) -> Outcome<Vec<String>> {
    let target = Target::parse(url)
        .map_err(|why| Failure::new(format!("ssh host connection is not valid: invalid SSH URL: {why}")))?;
    let mut words = Vec::new();
    if !target.user.is_empty() {
        words.extend(["-l".to_owned(), target.user]);
    }
    if !target.port.is_empty() {
        words.extend(["-p".to_owned(), target.port]);
    }
    // Without a terminal, so that bytes arrive as they are.
    words.extend(["-o", "ConnectTimeout=30", "-T", "--"].map(str::to_owned));
    words.extend([target.host, remote_command(&target.socket)]);
    Ok(words)
}

/// What runs there: whichever of the two programs the host has, ours first. The shell that reads this may be anyone's; in single quotes
/// they all read the same.
fn remote_command(socket: &str) -> String {
    let host = match socket.trim_matches('/') {
        "" => String::new(),
        _ => format!(" --host=unix://{}", quoted(socket)),
    };
    let script = format!(
        "if command -v corten >/dev/null 2>&1; then exec corten{host} system dial-stdio; else exec docker{host} system dial-stdio; fi"
    );
    format!("exec sh -c {}", quoted(&script))
}

/// A word of a shell.
fn quoted(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-:".contains(&byte);
    if text.bytes().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

struct Target {
    user: String,
    host: String,
    port: String,
    /// Path of the engine's socket there, if one is named.
    socket: String,
}

impl Target {
    fn parse(url: &str) -> Result<Self, String> {
        let rest = url.strip_prefix("ssh://").unwrap_or(url);
        if let Some((_, fragment)) = rest.split_once('#') {
            return Err(format!("fragments are not allowed: {fragment:?}"));
        }
        if let Some((_, query)) = rest.split_once('?') {
            return Err(format!("query parameters are not allowed: {query:?}"));
        }
        let (authority, socket) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        let (user, place) = authority.rsplit_once('@').unwrap_or(("", authority));
        if user.contains(':') {
            return Err("plain-text password is not supported".to_owned());
        }
        let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':').unwrap_or(port)),
            None => place.split_once(':').unwrap_or((place, "")),
        };
        if host.is_empty() {
            return Err("hostname is empty".to_owned());
        }
        if !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!("invalid port {:?} after host", format!(":{port}")));
        }
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        Ok(Self { user: decoded(user), host: decoded(host), port: port.to_owned(), socket: decoded(socket) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REMOTE: &str = "exec sh -c 'if command -v corten >/dev/null 2>&1; then exec corten system dial-stdio; else exec docker system dial-stdio; fi'";

    #[test]
    fn ssh_is_called_with_what_the_address_says() {
        let words = arguments("ssh://me@there:2222").unwrap();
        assert_eq!(words, ["-l", "me", "-p", "2222", "-o", "ConnectTimeout=30", "-T", "--", "there", REMOTE]);
        assert_eq!(arguments("ssh://[::1]").unwrap()[4], "::1");
        let socket = arguments("ssh://there/run/a%20b.sock").unwrap();
        assert!(
            socket[5].contains(r"exec docker --host=unix://'\''/run/a b.sock'\'' system dial-stdio"),
            "{socket:?}"
        );
    }

    #[test]
    fn what_an_address_cannot_say_is_refused_in_dockers_words() {
        let refusal = |url: &str| arguments(url).unwrap_err().message;
        let prefix = "ssh host connection is not valid: invalid SSH URL: ";
        assert_eq!(refusal("ssh://a:b@c"), format!("{prefix}plain-text password is not supported"));
        assert_eq!(refusal("ssh://"), format!("{prefix}hostname is empty"));
        assert_eq!(refusal("ssh://c/x?y"), format!("{prefix}query parameters are not allowed: \"y\""));
        assert_eq!(refusal("ssh://c#y"), format!("{prefix}fragments are not allowed: \"y\""));
    }
}
