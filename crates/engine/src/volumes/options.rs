//! What the `local` driver can be told (`type`, `o`, `device`), and where a volume's files are then. Pure.

use std::collections::BTreeMap;

use crate::containers::check_tmpfs_option;
use crate::error::EngineError;

/// Where the files of a volume are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Backing {
    /// In the volume's own directory.
    Directory,
    /// In a directory of the host's.
    Bind {
        /// Its absolute path.
        device: String,
        /// With what is mounted below it.
        recursive: bool,
        /// Nobody can change it through the volume.
        read_only: bool,
    },
    /// In memory, for as long as a container runs that has it.
    Tmpfs {
        /// Mount options.
        options: String,
    },
}

/// Options that need others.
const REQUIRED: [(&str, &[&str]); 3] =
    [("device", &["type"]), ("o", &["device", "type"]), ("type", &["device"])];

pub(super) fn check(name: &str, options: Option<&BTreeMap<String, String>>) -> Result<(), EngineError> {
    backing(options).map(drop).map_err(|error| match error {
        EngineError::Invalid(why) => EngineError::Invalid(format!("create {name}: {why}")),
        EngineError::NotImplemented(why) => EngineError::NotImplemented(format!("create {name}: {why}")),
        error => error,
    })
}

/// Where the files of a volume with these options are.
pub(crate) fn backing(options: Option<&BTreeMap<String, String>>) -> Result<Backing, EngineError> {
    let Some(options) = options.filter(|options| !options.is_empty()) else { return Ok(Backing::Directory) };
    let invalid = |why: String| Err(EngineError::Invalid(why));
    if let Some(unknown) = options.keys().find(|key| !["device", "o", "size", "type"].contains(&key.as_str()))
    {
        return invalid(format!("invalid option: \"{unknown}\""));
    }
    if options.contains_key("size") {
        return invalid("quota size requested but no quota support".to_owned());
    }
    let needed =
        REQUIRED.iter().filter(|(given, _)| options.contains_key(*given)).flat_map(|(_, needed)| *needed);
    if let Some(missing) = needed.into_iter().find(|key| !options.contains_key(**key)) {
        return invalid(format!("missing required option: \"{missing}\""));
    }
    let text = |key: &str| options.get(key).map_or("", String::as_str);
    let words: Vec<&str> = text("o").split(',').filter(|word| !word.is_empty()).collect();
    match text("type") {
        "tmpfs" => tmpfs(&words),
        "none" | "bind" | "" if words.contains(&"bind") || words.contains(&"rbind") => {
            bind(text("device"), &words)
        }
        other => Err(EngineError::NotImplemented(format!(
            "volumes of type `{other}` are not built yet: `tmpfs` is, and `none` with `o=bind`"
        ))),
    }
}

fn tmpfs(words: &[&str]) -> Result<Backing, EngineError> {
    for word in words {
        check_tmpfs_option(word, "a volume")?;
    }
    Ok(Backing::Tmpfs { options: words.join(",") })
}

fn bind(device: &str, words: &[&str]) -> Result<Backing, EngineError> {
    if !device.starts_with('/') {
        return Err(EngineError::Invalid(format!("device `{device}` is not an absolute path")));
    }
    let known = ["bind", "private", "rbind", "ro", "rprivate", "rw"];
    if let Some(word) = words.iter().find(|word| !known.contains(word)) {
        return Err(EngineError::NotImplemented(format!("option `{word}` of a volume is not built yet")));
    }
    Ok(Backing::Bind {
        device: device.to_owned(),
        recursive: words.contains(&"rbind"),
        read_only: words.contains(&"ro"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Result<Backing, String> {
        let options = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        backing(Some(&options)).map_err(|error| error.to_string())
    }

    #[test]
    fn options_say_where_the_files_are() {
        assert_eq!(of(&[]), Ok(Backing::Directory));
        assert_eq!(
            of(&[("type", "tmpfs"), ("device", "tmpfs"), ("o", "size=1m,uid=7")]),
            Ok(Backing::Tmpfs { options: "size=1m,uid=7".to_owned() })
        );
        assert_eq!(
            of(&[("type", "none"), ("device", "/srv"), ("o", "rbind,ro")]),
            Ok(Backing::Bind { device: "/srv".to_owned(), recursive: true, read_only: true })
        );
    }

    #[test]
    fn mistakes_are_refused_with_dockers_texts() {
        assert_eq!(of(&[("colour", "red")]).unwrap_err(), "invalid option: \"colour\"");
        assert_eq!(of(&[("type", "tmpfs")]).unwrap_err(), "missing required option: \"device\"");
        assert_eq!(of(&[("device", "/x")]).unwrap_err(), "missing required option: \"type\"");
        assert_eq!(of(&[("size", "1g")]).unwrap_err(), "quota size requested but no quota support");
    }

    #[test]
    fn what_cannot_be_mounted_is_refused_by_name() {
        for pairs in [
            [("type", "nfs"), ("device", ":/x"), ("o", "addr=1.2.3.4")],
            [("type", "none"), ("device", "/x"), ("o", "bind,dirsync")],
            [("type", "ext4"), ("device", "/dev/sdz"), ("o", "")],
        ] {
            assert!(of(&pairs).unwrap_err().contains("not built yet"), "{pairs:?}");
        }
        assert!(of(&[("type", "tmpfs"), ("device", "tmpfs"), ("o", "huge=always")]).is_err());
    }
}
