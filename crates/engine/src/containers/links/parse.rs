//! What `--link` says. Pure.

use crate::error::EngineError;

/// The container's name and the alias of `name`, `name:alias`, or `/name:/parent/alias`, as an inspected container shows it.
///
/// # Errors
/// Invalid, in Docker's words. An alias stands in a file of names and may have no blanks.
pub(super) fn link(text: &str) -> Result<(&str, &str), EngineError> {
    if text.is_empty() {
        return Err(EngineError::Invalid("empty string specified for links".to_owned()));
    }
    let (name, alias) = match text.split_once(':') {
        None => (text, text),
        Some((name, path)) if name.starts_with('/') => {
            (&name[1..], path.rsplit('/').next().unwrap_or_default())
        }
        Some(parts) => parts,
    };
    let is_name =
        |part: &str| !part.is_empty() && !part.contains([':', '/']) && !part.contains(char::is_whitespace);
    if is_name(name) && is_name(alias) {
        Ok((name, alias))
    } else {
        Err(EngineError::Invalid(format!("bad format for links: {text}")))
    }
}

#[cfg(test)]
mod tests {
    use super::link;

    #[test]
    fn a_name_alone_is_its_own_alias_and_what_inspect_shows_is_taken_back() {
        assert_eq!(link("db").unwrap(), ("db", "db"));
        assert_eq!(link("db:store").unwrap(), ("db", "store"));
        assert_eq!(link("/db:/web/store").unwrap(), ("db", "store"));
    }

    #[test]
    fn what_is_no_link_is_refused() {
        assert_eq!(link("").unwrap_err().to_string(), "empty string specified for links");
        for text in ["a:b:c", "a:", ":b", "a:b c", "a:b\n1.2.3.4"] {
            assert_eq!(link(text).unwrap_err().to_string(), format!("bad format for links: {text}"));
        }
    }
}
