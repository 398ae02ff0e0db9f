//! Paths inside a container, as Docker reads them. Pure.

/// From the root, `.` and `..` taken back lexically: `/` at least.
pub fn cleaned(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::cleaned;

    #[test]
    fn nothing_leads_above_the_root() {
        for (path, expected) in
            [("", "/"), ("a", "/a"), ("/a//b/./c/", "/a/b/c"), ("../../a/../b", "/b"), ("/..", "/")]
        {
            assert_eq!(cleaned(path), expected, "{path}");
        }
    }
}
