//! The grammar of references, without any default: what is a domain, a path, a tag, a digest.
//! Written by hand: a regular expression engine would outweigh the small binary.

use super::{Reference, ReferenceError};
use crate::digest::Digest;

/// Most characters of a path.
const PATH_MAX: usize = 255;

/// Reads `[domain/]path[:tag][@digest]`; the domain is empty when there is none.
pub(super) fn parse(text: &str) -> Result<Reference, ReferenceError> {
    let Some(parts) = split(text) else {
        let would_fit = split(&text.to_lowercase()).is_some();
        return Err(if would_fit { ReferenceError::Uppercase } else { ReferenceError::Format });
    };
    if parts.path.len() > PATH_MAX {
        return Err(ReferenceError::TooLong);
    }
    Ok(Reference {
        domain: parts.domain.to_owned(),
        path: parts.path.to_owned(),
        tag: parts.tag.map(str::to_owned),
        digest: parts.digest.map(str::parse::<Digest>).transpose()?,
    })
}

struct Parts<'a> {
    domain: &'a str,
    path: &'a str,
    tag: Option<&'a str>,
    digest: Option<&'a str>,
}

/// No part but the digest may contain `@`, no tag a slash, no path a colon: so each separator can be found by itself.
fn split(text: &str) -> Option<Parts<'_>> {
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (text, None),
    };
    let last_component = rest.rfind('/').map_or(0, |slash| slash + 1);
    let (name, tag) = match rest[last_component..].find(':') {
        Some(colon) => (&rest[..last_component + colon], Some(&rest[last_component + colon + 1..])),
        None => (rest, None),
    };
    let (domain, path) = match name.split_once('/') {
        Some((domain, path)) if is_domain(domain) && is_path(path) => (domain, path),
        _ => ("", name),
    };
    let fits = is_path(path) && tag.is_none_or(is_tag) && digest.is_none_or(is_digest);
    fits.then_some(Parts { domain, path, tag, digest })
}

/// A host name, IPv4 address or bracketed IPv6 address, with or without a port.
fn is_domain(text: &str) -> bool {
    if let Some(bracketed) = text.strip_prefix('[') {
        let Some((address, port)) = bracketed.split_once(']') else { return false };
        let is_address = !address.is_empty() && address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':');
        return is_address && (port.is_empty() || port.strip_prefix(':').is_some_and(is_number));
    }
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    host.split('.').all(is_host_label) && port.is_none_or(is_number)
}

fn is_host_label(label: &str) -> bool {
    let inside = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    inside && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_path(text: &str) -> bool {
    text.split('/').all(is_path_component)
}

/// Words of lower-case letters and digits, with `.`, `_`, `__` or any number of `-` between two.
fn is_path_component(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    let separators = bytes.split(|byte| is_word(*byte)).filter(|separator| !separator.is_empty());
    is_word(*first) && is_word(*last) && { separators }.all(is_separator)
}

fn is_separator(separator: &[u8]) -> bool {
    matches!(separator, b"." | b"_" | b"__") || separator.iter().all(|byte| *byte == b'-')
}

/// Up to 128 letters, digits and `_.-`, the first neither `.` nor `-`.
pub(super) fn is_tag(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = text.as_bytes();
    (1..=128).contains(&bytes.len())
        && is_word(bytes[0])
        && bytes.iter().all(|byte| is_word(*byte) || matches!(byte, b'.' | b'-'))
}

/// Of the form of a digest; whether the algorithm is known is the digest's to say.
fn is_digest(text: &str) -> bool {
    let Some((algorithm, hex)) = text.split_once(':') else { return false };
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    algorithm.split(['-', '_', '+', '.']).all(is_word)
        && hex.len() >= 32
        && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
}
