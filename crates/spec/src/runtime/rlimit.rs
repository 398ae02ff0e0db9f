//! Resource limits by the short names that people give them.
//!
//! Which of them the kernel grants is the kernel's to say.

/// The limits of Linux (`getrlimit(2)`), as `ulimit` options name them.
const NAMES: [&str; 16] = [
    "as",
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

/// `RLIMIT_NOFILE` for `nofile`; `None` for what is no limit.
pub fn rlimit_kind(name: &str) -> Option<String> {
    NAMES.contains(&name).then(|| format!("RLIMIT_{}", name.to_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::rlimit_kind;

    #[test]
    fn names_are_short_and_in_lower_case() {
        assert_eq!(rlimit_kind("nofile").as_deref(), Some("RLIMIT_NOFILE"));
        assert_eq!(rlimit_kind("NOFILE"), None);
    }
}
