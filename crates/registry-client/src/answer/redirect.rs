//! Where an answer sends a client, and whether it may go there.
//! Credentials are not here: they never go to another origin.

use reqwest::Url;

use crate::host::Host;

/// The longest URL that is followed: signed ones have a few thousand characters.
const LONGEST: usize = 16 * 1024;

/// The URL that `location` means in an answer from `from`.
///
/// Plain HTTP is only for hosts that `is_insecure` says so of, and for the host that is spoken to in plain HTTP anyway.
///
/// # Errors
/// With the reason why nobody goes there.
pub fn target(from: &Url, location: &str, is_insecure: impl Fn(&Host) -> bool) -> Result<Url, &'static str> {
    if location.len() > LONGEST {
        return Err("that is too long");
    }
    let url = from.join(location).map_err(|_| "that is no URL")?;
    let may_be_plain = Host::of_url(&url).is_some_and(|host| is_insecure(&host)) || same_origin(from, &url);
    admit(url, may_be_plain)
}

/// `url` without its fragment, if it is one that a stranger may send a client to.
///
/// # Errors
/// With the reason why nobody goes there.
pub fn admit(mut url: Url, may_be_plain: bool) -> Result<Url, &'static str> {
    url.set_fragment(None);
    if !url.username().is_empty() || url.password().is_some() {
        return Err("that names a user");
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("that names no host");
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if may_be_plain => Ok(url),
        "http" => Err("that is plain HTTP, and the host is not configured for it"),
        _ => Err("that is neither HTTPS nor HTTP"),
    }
}

/// Whether both are served by one and the same: scheme, name and port.
pub fn same_origin(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(from: &str, location: &str, expected: Result<&str, &str>) {
        let is_insecure = |host: &Host| host.as_str() == "plain.example";
        let target = target(&Url::parse(from).unwrap(), location, is_insecure);
        assert_eq!(target.as_ref().map(Url::as_str).map_err(|reason| *reason), expected);
    }

    #[test]
    fn locations_are_absolute_or_relative() {
        let from = "https://a.example/v2/x?y";
        check(from, "https://b.example/z?q=1#f", Ok("https://b.example/z?q=1"));
        check(from, "/z?q=1", Ok("https://a.example/z?q=1"));
        check(from, "z", Ok("https://a.example/v2/z"));
        check(from, "//b.example/z", Ok("https://b.example/z"));
    }

    #[test]
    fn nobody_goes_from_https_to_http_unless_configured() {
        let refused = Err("that is plain HTTP, and the host is not configured for it");
        check("https://a.example/", "http://a.example/z", refused);
        check("http://a.example/", "http://b.example/z", refused);
        check("http://a.example/", "/z", Ok("http://a.example/z"));
        check("https://a.example/", "http://plain.example/z", Ok("http://plain.example/z"));
    }

    #[test]
    fn odd_places_are_refused() {
        check("https://a.example/", "file:///etc/passwd", Err("that names no host"));
        check("https://a.example/", "ftp://b.example/", Err("that is neither HTTPS nor HTTP"));
        check("https://a.example/", "https://u:p@b.example/", Err("that names a user"));
        check("https://a.example/", "https://[", Err("that is no URL"));
        check("https://a.example/", &"x".repeat(LONGEST + 1), Err("that is too long"));
    }
}
