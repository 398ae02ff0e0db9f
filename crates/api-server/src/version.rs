//! The version in a request's path: `/v1.51/containers/json`.

use corten_api_types::{
    API_VERSION, ApiVersion, MEDIA_TYPE_MULTIPLEXED_STREAM, MEDIA_TYPE_RAW_STREAM, MIN_API_VERSION, v1,
};

use crate::failure::Failure;

/// Splits the version off; a path without one is meant as the newest has it.
///
/// # Errors
/// Docker's refusal of a version that is too old or too new.
pub(crate) fn split(path: &str) -> Result<(ApiVersion, &str), Failure> {
    let versioned = path.strip_prefix("/v").and_then(|tail| tail.split_once('/'));
    let Some((text, rest)) = versioned else { return Ok((API_VERSION, path)) };
    let Ok(asked) = text.parse::<ApiVersion>() else { return Ok((API_VERSION, path)) };
    if asked > API_VERSION {
        return Err(Failure::invalid(format!(
            "client version {text} is too new. Maximum supported API version is {API_VERSION}"
        )));
    }
    if asked < MIN_API_VERSION {
        return Err(Failure::invalid(format!(
            "client version {text} is too old. Minimum supported API version is {MIN_API_VERSION}, please upgrade your client to a newer version"
        )));
    }
    // The slash stays.
    Ok((asked, &path[path.len() - rest.len() - 1..]))
}

/// The content type of a process's output: before 1.42 every stream was said to be raw.
pub(crate) fn stream_type(version: ApiVersion, tty: bool) -> &'static str {
    if tty || version < v1(42) { MEDIA_TYPE_RAW_STREAM } else { MEDIA_TYPE_MULTIPLEXED_STREAM }
}

#[cfg(test)]
mod tests {
    use corten_api_types::v1;

    use super::split;

    #[test]
    fn a_known_version_is_taken_off_and_none_is_the_newest() {
        assert_eq!(split("/v1.41/containers/json").unwrap(), (v1(41), "/containers/json"));
        assert_eq!(split("/containers/json").unwrap(), (v1(51), "/containers/json"));
        assert_eq!(split("/volumes/x").unwrap(), (v1(51), "/volumes/x"));
    }

    #[test]
    fn versions_outside_the_range_are_refused_in_dockers_words() {
        assert!(split("/v1.99/info").unwrap_err().message.starts_with("client version 1.99 is too new."));
        assert!(split("/v1.12/info").unwrap_err().message.starts_with("client version 1.12 is too old."));
    }
}
