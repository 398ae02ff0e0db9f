//! What an argument of `cp` names: a path of a container, or one of this machine. And what is known of it.

/// One end of a copy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Side {
    /// Absolute, or as the container has it; what it ends with counts.
    pub(crate) path: String,
    pub(crate) exists: bool,
    pub(crate) is_directory: bool,
    /// What it is called in archives, where a link has another name than what it leads to.
    pub(crate) rebase_name: String,
}

/// The container, or an empty text for this machine, and the path. A colon does not make `./a:b` or `/a:b` a container's.
pub(crate) fn split_argument(argument: &str) -> (&str, &str) {
    match argument.split_once(':') {
        Some((container, path)) if !argument.starts_with('/') && !container.starts_with('.') => {
            (container, path)
        }
        _ => ("", argument),
    }
}

#[cfg(test)]
mod tests {
    use super::split_argument;

    #[test]
    fn a_colon_makes_a_container_unless_a_path_is_made_explicit() {
        for (argument, expected) in [
            ("box:/etc", ("box", "/etc")),
            ("box:etc:x", ("box", "etc:x")),
            ("/a:b", ("", "/a:b")),
            ("./a:b", ("", "./a:b")),
            (".a:b", ("", ".a:b")),
            (":/a", ("", "/a")),
            ("file", ("", "file")),
            ("-", ("", "-")),
        ] {
            assert_eq!(split_argument(argument), expected, "{argument}");
        }
    }
}
