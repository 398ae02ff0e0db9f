//! `--device HOST[:CONTAINER][:rwm]`.

use corten_api_types::container::DeviceMapping;

/// Reads one device, with Docker's texts for what is wrong.
pub(super) fn parse(text: &str) -> Result<DeviceMapping, String> {
    let bad_format = || format!("bad format for path: {text}");
    let parts: Vec<&str> = text.split(':').collect();
    let (host, inside, access) = match parts.as_slice() {
        [host] => (*host, *host, "rwm"),
        [host, access] if is_access(access) => (*host, *host, *access),
        [host, inside] => (*host, *inside, "rwm"),
        [host, inside, access] if is_access(access) => (*host, *inside, *access),
        [_, _, access] => return Err(format!("bad mode specified: {access}")),
        _ => return Err(bad_format()),
    };
    if host.is_empty() {
        return Err(bad_format());
    }
    if !inside.starts_with('/') {
        return Err(format!("{inside} is not an absolute path"));
    }
    Ok(DeviceMapping {
        path_on_host: host.to_owned(),
        path_in_container: inside.to_owned(),
        cgroup_permissions: access.to_owned(),
    })
}

/// Some of `rwm`, each once.
fn is_access(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 3
        && text.chars().all(|c| "rwm".contains(c) && text.matches(c).count() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_up_to_three_parts() {
        let parts = |text| {
            let device = parse(text).unwrap();
            (device.path_on_host, device.path_in_container, device.cgroup_permissions)
        };
        let owned = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(parts("/dev/fuse"), owned("/dev/fuse", "/dev/fuse", "rwm"));
        assert_eq!(parts("/dev/fuse:r"), owned("/dev/fuse", "/dev/fuse", "r"));
        assert_eq!(parts("/dev/a:/dev/b"), owned("/dev/a", "/dev/b", "rwm"));
        assert_eq!(parts("/dev/a:/dev/b:rm"), owned("/dev/a", "/dev/b", "rm"));
    }

    #[test]
    fn what_is_not_a_device_is_refused_with_dockers_texts() {
        assert_eq!(parse("fuse").unwrap_err(), "fuse is not an absolute path");
        assert_eq!(parse("/dev/a:/dev/b:rr").unwrap_err(), "bad mode specified: rr");
        assert_eq!(parse("/a:/b:r:x").unwrap_err(), "bad format for path: /a:/b:r:x");
        assert_eq!(parse("").unwrap_err(), "bad format for path: ");
    }
}
