//! `--restart`: a policy, and after a colon how often it may bring a container back. Which policies there are is the engine's to say.

use corten_api_types::container::RestartPolicy;

/// Reads the flag.
///
/// # Errors
/// Docker's text for a form that it cannot have.
pub(crate) fn parse(text: &str) -> Result<RestartPolicy, String> {
    const INVALID: &str = "invalid restart policy format:";
    let (name, count) = text.split_once(':').unwrap_or((text, ""));
    if name.is_empty() && !text.is_empty() {
        return Err(format!("{INVALID} no policy provided before colon"));
    }
    let refused = |_| format!("{INVALID} maximum retry count must be an integer");
    let maximum_retry_count = if count.is_empty() { 0 } else { count.parse().map_err(refused)? };
    Ok(RestartPolicy { name: name.to_owned(), maximum_retry_count })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_may_have_a_count() {
        let read = |text| parse(text).map(|policy| (policy.name, policy.maximum_retry_count));
        assert_eq!(read(""), Ok((String::new(), 0)));
        assert_eq!(read("always"), Ok(("always".to_owned(), 0)));
        assert_eq!(read("on-failure:3"), Ok(("on-failure".to_owned(), 3)));
        assert_eq!(read("on-failure:"), Ok(("on-failure".to_owned(), 0)));
        assert_eq!(read("on-failure:-1"), Ok(("on-failure".to_owned(), -1)));
        let invalid = |why: &str| Err(format!("invalid restart policy format: {why}"));
        assert_eq!(read(":3"), invalid("no policy provided before colon"));
        assert_eq!(read("on-failure:x"), invalid("maximum retry count must be an integer"));
        assert_eq!(read("on-failure:1:2"), invalid("maximum retry count must be an integer"));
    }
}
