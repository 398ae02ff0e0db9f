//! Paths as Go's `path/filepath` takes them apart, and as `docker cp` reads what they end with. Pure.

/// The shortest equal path, by words alone.
pub(crate) fn clean(path: &str) -> String {
    let is_rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if is_rooted => {}
            part => parts.push(part),
        }
    }
    match (is_rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

/// What stands last; `.` for nothing, `/` for slashes alone.
pub(crate) fn base(path: &str) -> &str {
    if path.is_empty() {
        return ".";
    }
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() { "/" } else { trimmed.rsplit('/').next().unwrap_or(trimmed) }
}

/// What stands before the last slash, cleaned.
pub(crate) fn directory(path: &str) -> String {
    clean(path.rfind('/').map_or("", |slash| &path[..=slash]))
}

pub(crate) fn join(directory: &str, path: &str) -> String {
    clean(&format!("{directory}/{path}"))
}

/// The path from `/`, cleaned, with the end that says that a directory is meant.
pub(crate) fn absolute(path: &str, working_directory: &str) -> String {
    let whole = if path.starts_with('/') { clean(path) } else { join(working_directory, path) };
    with_end_of(whole, path)
}

/// Whether a path ends with a slash.
pub(crate) fn has_slash(path: &str) -> bool {
    path.ends_with('/')
}

/// Whether a path says that what is in a directory is meant.
pub(crate) fn is_content(path: &str) -> bool {
    base(path) == "."
}

/// A cleaned path with the `/` or `/.` that the original ends with.
pub(crate) fn with_end_of(mut cleaned: String, original: &str) -> String {
    if !is_content(&cleaned) && is_content(original) {
        if !has_slash(&cleaned) {
            cleaned.push('/');
        }
        cleaned.push('.');
    }
    if !has_slash(&cleaned) && has_slash(original) {
        cleaned.push('/');
    }
    cleaned
}

/// The directory that a path is in, and its name there: `.` where what is in a directory is meant.
pub(crate) fn split_entry(path: &str) -> (String, String) {
    let mut cleaned = clean(path);
    if is_content(path) {
        cleaned.push_str("/.");
    }
    (directory(&cleaned), base(&cleaned).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_and_keep_their_end() {
        for (path, expected) in [
            ("a", "/w/a"),
            ("a/", "/w/a/"),
            ("a/.", "/w/a/."),
            (".", "/w/."),
            ("..", "/"),
            ("/a/../b//c/", "/b/c/"),
            ("/", "/"),
            ("", "/w/."),
        ] {
            assert_eq!(absolute(path, "/w"), expected, "{path}");
        }
        assert_eq!([clean("../a/.."), clean(""), clean("a/../..")], ["..", ".", ".."]);
    }

    #[test]
    fn an_entry_is_in_a_directory() {
        for (path, expected) in [
            ("/a/b", ("/a", "b")),
            ("/a/b/", ("/a", "b")),
            ("/a/b/.", ("/a/b", ".")),
            ("/a", ("/", "a")),
            ("/", ("/", "/")),
            ("a", (".", "a")),
        ] {
            let (directory, name) = split_entry(path);
            assert_eq!((directory.as_str(), name.as_str()), expected, "{path}");
        }
    }
}
