//! The little of libtest's command line that `cargo test` and nextest use.
//!
//! Each test runs in this process, which has one thread.

use std::ffi::OsString;
use std::panic::catch_unwind;

/// A test and its name.
pub(crate) type Test = (&'static str, fn());

pub(crate) fn run(words: &[OsString], groups: &[&[Test]]) -> i32 {
    let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
    let tests = groups.iter().flat_map(|group| group.iter());
    if words.contains(&"--list") {
        let none = words.contains(&"--ignored");
        tests.filter(|_| !none).for_each(|(name, _)| println!("{name}: test"));
        return 0;
    }
    let exact = words.contains(&"--exact");
    let filters: Vec<&str> = words.iter().copied().filter(|word| !word.starts_with("--")).collect();
    let wanted = |name: &str| {
        filters.is_empty()
            || filters.iter().any(|filter| if exact { name == *filter } else { name.contains(filter) })
    };
    let mut failed = 0;
    for (name, test) in tests.filter(|(name, _)| wanted(name)) {
        let passed = catch_unwind(test).is_ok();
        println!("test {name} ... {}", if passed { "ok" } else { "FAILED" });
        failed += i32::from(!passed);
    }
    i32::from(failed > 0)
}
