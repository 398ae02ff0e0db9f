//! A file is named for what is in it: names that mean "whatever" are banned.
//!
//! Whether a better name is a good one, a reader has to say.

use super::{Finding, source::Source};

const BANNED: &[&str] = &["util", "utils", "common", "helper", "helpers", "misc"];

pub(crate) fn check(source: &Source) -> Vec<Finding> {
    let parts = source.path.with_extension("");
    let banned = parts.iter().filter_map(|part| part.to_str()).find(|part| BANNED.contains(part));
    let finding =
        |name| Finding::new(source.place(0), format!("`{name}` does not say what is in this module"));
    banned.map(finding).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_named_for_what_they_hold() {
        let findings = |path: &str| check(&Source::new(path, "//! x")).len();
        assert_eq!(findings("crates/x/src/utils.rs"), 1);
        assert_eq!(findings("crates/x/src/helpers/sheep.rs"), 1);
        assert_eq!(findings("crates/x/src/sheep.rs"), 0);
        assert_eq!(findings("crates/api-types/src/common_name.rs"), 0);
    }
}
