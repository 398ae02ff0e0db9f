//! Paths as Docker's clients mean them, and as Go's `path/filepath` takes them apart. Pure.

use corten_spec::path::cleaned;

/// What stands last; `.` for nothing, `/` for slashes alone.
pub(super) fn base(path: &str) -> &str {
    if path.is_empty() {
        return ".";
    }
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() { "/" } else { trimmed.rsplit('/').next().unwrap_or(trimmed) }
}

/// The path from the root, `.` and `..` taken back lexically, and a slash or `/.` at its end kept: it says that a directory is meant.
pub(super) fn absolute(path: &str) -> String {
    let mut cleaned = cleaned(path);
    if base(path) == "." && !path.is_empty() {
        if !cleaned.ends_with('/') {
            cleaned.push('/');
        }
        cleaned.push('.');
    }
    if path.ends_with('/') && !cleaned.ends_with('/') {
        cleaned.push('/');
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_is_what_go_says() {
        for (path, expected) in
            [("", "."), ("/", "/"), ("//", "/"), ("a", "a"), ("/a/b", "b"), ("/a/b/", "b"), ("/a/.", ".")]
        {
            assert_eq!(base(path), expected, "{path}");
        }
    }

    #[test]
    fn what_stands_at_the_end_of_a_path_is_kept() {
        for (path, expected) in [
            ("a", "/a"),
            ("/a/../../b", "/b"),
            ("/a//b/", "/a/b/"),
            ("/a/.", "/a/."),
            ("/a/./", "/a/./"),
            (".", "/."),
            ("/", "/"),
            ("/..", "/"),
        ] {
            assert_eq!(absolute(path), expected, "{path}");
        }
    }
}
