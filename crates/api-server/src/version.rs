//! The version in a request's path: `/v1.51/containers/json`.

use corten_api_types::{API_VERSION, MIN_API_VERSION};

use crate::failure::Failure;

/// Splits the version off.
///
/// # Errors
/// Docker's refusal of a version that is too old or too new.
pub(crate) fn strip(path: &str) -> Result<&str, Failure> {
    let Some((version, rest)) = path.strip_prefix("/v").and_then(|tail| tail.split_once('/')) else {
        return Ok(path);
    };
    let Some(asked) = parse(version) else { return Ok(path) };
    if Some(asked) > parse(API_VERSION) {
        return Err(Failure::invalid(format!(
            "client version {version} is too new. Maximum supported API version is {API_VERSION}"
        )));
    }
    if Some(asked) < parse(MIN_API_VERSION) {
        return Err(Failure::invalid(format!(
            "client version {version} is too old. Minimum supported API version is {MIN_API_VERSION}, please upgrade your client to a newer version"
        )));
    }
    // The slash stays.
    Ok(&path[path.len() - rest.len() - 1..])
}

fn parse(version: &str) -> Option<(u32, u32)> {
    let (major, minor) = version.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::strip;

    #[test]
    fn a_known_version_is_taken_off_and_none_is_fine() {
        assert_eq!(strip("/v1.51/containers/json").unwrap(), "/containers/json");
        assert_eq!(strip("/containers/json").unwrap(), "/containers/json");
    }

    #[test]
    fn versions_outside_the_range_are_refused_in_dockers_words() {
        assert!(strip("/v1.99/info").unwrap_err().message.starts_with("client version 1.99 is too new."));
        assert!(strip("/v1.12/info").unwrap_err().message.starts_with("client version 1.12 is too old."));
    }
}
