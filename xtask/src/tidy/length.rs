//! No file is longer than a reader can hold in mind.
//!
//! Tests beside the code are not counted, and neither are files that are nothing but a table.

use super::{Finding, source::Source};

const LIMIT: usize = 400;
/// Files that are one flat table: their length is that of what they list.
const TABLES: &[&str] = &["crates/seccomp/src/syscall/table.rs", "crates/cli/src/commands/tree.rs"];

pub(crate) fn check(source: &Source) -> Vec<Finding> {
    let lines = lines_without_tests(source);
    if lines <= LIMIT || TABLES.iter().any(|table| source.path.ends_with(table)) {
        return Vec::new();
    }
    vec![Finding::new(source.place(LIMIT), format!("{lines} lines without tests, and {LIMIT} is the limit"))]
}

/// Lines before the module of tests, which stands last by custom. A file of tests is counted whole.
fn lines_without_tests(source: &Source) -> usize {
    let lines: Vec<&str> = source.text.lines().collect();
    let tests = lines.windows(2).position(|pair| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod "));
    tests.filter(|_| !source.is_test()).unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, code: usize, tests: usize) -> usize {
        let text =
            format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", "//! x\n".repeat(code), "\n".repeat(tests));
        check(&Source::new(path, &text)).len()
    }

    #[test]
    fn tests_beside_the_code_do_not_count() {
        assert_eq!(findings("crates/x/src/y.rs", 400, 300), 0);
        assert_eq!(findings("crates/x/src/y.rs", 401, 0), 1);
    }

    #[test]
    fn a_file_of_tests_counts_whole() {
        assert_eq!(findings("crates/x/tests/y.rs", 200, 300), 1);
    }
}
