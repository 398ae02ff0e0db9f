//! `--volume SOURCE:TARGET[:OPTIONS]`: which of them are binds and which only name a path that becomes a volume.

use std::env;

/// One `--volume`, sorted out.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Volume {
    /// Goes to `HostConfig.Binds`.
    Bind(String),
    /// Goes to `Config.Volumes`.
    Anonymous(String),
}

/// Reads one volume; a relative source that begins with a dot is made absolute, as in Docker.
pub(super) fn parse(text: &str) -> Result<Volume, String> {
    if text.is_empty() {
        return Err("invalid empty volume spec".to_owned());
    }
    let parts: Vec<&str> = text.split(':').collect();
    let invalid = |why: &str| format!("invalid spec: {text}: {why}");
    if parts.iter().any(|part| part.is_empty()) {
        return Err(invalid("empty section between colons"));
    }
    match parts.as_slice() {
        [target] => Ok(Volume::Anonymous((*target).to_owned())),
        [source, rest @ ..] if rest.len() <= 2 => {
            let source = if source.starts_with('.') { absolute(source) } else { (*source).to_owned() };
            Ok(Volume::Bind(format!("{source}:{}", rest.join(":"))))
        }
        _ => Err(invalid("too many colons")),
    }
}

/// The path below the current directory, without `.` and `..`; unchanged if there is no current directory.
pub(super) fn absolute(path: &str) -> String {
    let Ok(current) = env::current_dir() else { return path.to_owned() };
    let mut clean = std::path::PathBuf::from("/");
    for component in current.join(path).components() {
        match component {
            std::path::Component::ParentDir => {
                clean.pop();
            }
            std::path::Component::Normal(name) => clean.push(name),
            _ => {}
        }
    }
    clean.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_makes_it_a_bind() {
        assert_eq!(parse("/data"), Ok(Volume::Anonymous("/data".to_owned())));
        assert_eq!(parse("/a:/b:ro,z"), Ok(Volume::Bind("/a:/b:ro,z".to_owned())));
        assert_eq!(parse("name:/b"), Ok(Volume::Bind("name:/b".to_owned())));
    }

    #[test]
    fn a_dot_means_the_current_directory() {
        let current = env::current_dir().unwrap();
        let expected = format!("{}/x:/b", current.display());
        assert_eq!(parse("./y/../x:/b"), Ok(Volume::Bind(expected)));
    }

    #[test]
    fn colons_are_counted() {
        assert_eq!(parse("").unwrap_err(), "invalid empty volume spec");
        assert_eq!(parse("/a::/b").unwrap_err(), "invalid spec: /a::/b: empty section between colons");
        assert_eq!(parse("/a:/b:ro:x").unwrap_err(), "invalid spec: /a:/b:ro:x: too many colons");
    }
}
