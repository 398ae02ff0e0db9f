//! Paths of operations: `/containers/{id}/json` has one segment where its parameter stands, `/images/{name*}/json` one or more. Pure.

/// What stands in `path` where `pattern` has its parameter; nothing where it has none. `None`: it is another path.
pub(super) fn capture<'p>(pattern: &str, path: &'p [String]) -> Option<&'p [String]> {
    let segments = |text: &'_ str| text.split('/').filter(|segment| !segment.is_empty()).count();
    let Some((before, rest)) = pattern.split_once('{') else {
        return is(pattern, path).then(|| &path[..0]);
    };
    let (parameter, after) = rest.split_once('}')?;
    let (before_count, after_count) = (segments(before), segments(after));
    let length = path.len().checked_sub(before_count + after_count)?;
    let fits = if parameter.ends_with('*') { length >= 1 } else { length == 1 };
    let (start, end) = (before_count, before_count + length);
    let found = fits && is(before, &path[..start]) && is(after, &path[end..]);
    found.then(|| &path[start..end])
}

/// Whether a path has exactly these segments.
fn is(pattern: &str, path: &[String]) -> bool {
    pattern.split('/').filter(|segment| !segment.is_empty()).eq(path.iter())
}

#[cfg(test)]
mod tests {
    use super::capture;

    #[test]
    fn a_parameter_is_one_segment_or_with_a_star_several() {
        let check = |pattern: &str, path: &str, expected: Option<&str>| {
            let path: Vec<String> = path.split('/').skip(1).map(str::to_owned).collect();
            let found = capture(pattern, &path).map(|segments| segments.join("/"));
            assert_eq!(found.as_deref(), expected, "{pattern} and {path:?}");
        };
        check("/containers/json", "/containers/json", Some(""));
        check("/containers/json", "/containers/json/x", None);
        check("/containers/{id}/json", "/containers/json", None);
        check("/containers/{id}/json", "/containers/x/json", Some("x"));
        check("/containers/{id}/json", "/containers/x/y/json", None);
        check("/containers/{id}/attach/ws", "/containers/x/attach/ws", Some("x"));
        check("/containers/{id}", "/containers", None);
        check("/images/{name*}/json", "/images/host/a/b/json", Some("host/a/b"));
        check("/images/{name*}/json", "/images/json", None);
        check("/images/{name*}/json", "/images/json/json", Some("json"));
        check("/images/{name*}", "/images/a/b", Some("a/b"));
        check("/images/{name*}", "/containers/a", None);
    }
}
