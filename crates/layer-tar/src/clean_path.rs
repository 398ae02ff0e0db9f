//! Paths of archive members, made relative and free of `.` and `..`.
//!
//! It does not follow links; [`crate::parents`] does.

use crate::error::{LayerTarError, shown};
use crate::limits::Limits;

/// The kernel's, with its NUL: no system call takes a longer one.
pub(crate) const PATH_MAX: usize = 4095;

/// The path from the layer's root: no leading or trailing slash, no empty, `.` or `..` components. The root is empty.
///
/// `..` is taken back lexically, as Docker does; leaving the root that way is an error.
pub(crate) fn clean(path: &[u8], limits: &Limits) -> Result<Vec<u8>, LayerTarError> {
    let problem = |problem| LayerTarError::Path { path: shown(path), problem };
    if path.is_empty() {
        return Err(problem("it is empty"));
    }
    if path.contains(&0) {
        return Err(problem("it contains NUL"));
    }
    let mut cleaned = Vec::with_capacity(path.len());
    let mut depth = 0;
    for component in components(path) {
        if component == b".." {
            depth -= usize::from(depth > 0);
            if !pop(&mut cleaned) {
                return Err(LayerTarError::Outside { path: shown(path) });
            }
        } else {
            depth += 1;
            push(&mut cleaned, component);
        }
    }
    if cleaned.len() > PATH_MAX {
        return Err(problem("it is too long"));
    }
    if depth > limits.depth {
        return Err(LayerTarError::Depth { path: shown(path), depth, limit: limits.depth });
    }
    Ok(cleaned)
}

/// The components of a path that are not empty and not `.`.
pub(crate) fn components(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/').filter(|component| !component.is_empty() && *component != b".")
}

/// Appends a component to a clean path.
pub(crate) fn push(path: &mut Vec<u8>, component: &[u8]) {
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(component);
}

/// Removes the last component of a clean path; false when it is the root already.
pub(crate) fn pop(path: &mut Vec<u8>) -> bool {
    if path.is_empty() {
        return false;
    }
    path.truncate(split(path).0.len());
    true
}

/// Parent and last component of a clean path.
pub(crate) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => (&[], path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: Result<&str, &str>) {
        let cleaned = clean(path.as_bytes(), &Limits { depth: 5, ..Limits::default() });
        let cleaned = cleaned.map(|path| String::from_utf8(path).unwrap()).map_err(|error| error.to_string());
        assert_eq!(cleaned.as_deref().map_err(String::as_str), expected, "{path}");
    }

    #[test]
    fn paths_become_relative_and_plain() {
        check("./a//b/./c/", Ok("a/b/c"));
        check("/etc/passwd", Ok("etc/passwd"));
        check("./", Ok(""));
        check("a/../b", Ok("b"));
        check("a/b/..", Ok("a"));
    }

    #[test]
    fn paths_that_leave_the_layer_are_refused() {
        check("../a", Err("invalid path `../a`: it leads out of the layer"));
        check("a/../../b", Err("invalid path `a/../../b`: it leads out of the layer"));
        check("/..", Err("invalid path `/..`: it leads out of the layer"));
        check(
            "a/b/c/d/e/f",
            Err("path `a/b/c/d/e/f` is too deep: it has 6 components, and at most 5 are allowed"),
        );
        check("", Err("invalid path `/`: it is empty"));
    }
}
