//! `unsafe` stands in `crates/sys` alone, and each use of it says why it is sound.
//!
//! Whether the argument holds, a reader has to say.

use super::{Finding, source::Source};

const HOME: &str = "crates/sys";

pub(crate) fn check(source: &Source) -> Vec<Finding> {
    let at_home = source.path.starts_with(HOME);
    let lines: Vec<&str> = source.text.lines().collect();
    let finding = |(index, line): (usize, &str)| {
        let use_of = uses(line)?;
        if !at_home {
            return Some(Finding::new(source.place(index), format!("`unsafe` outside `{HOME}`")));
        }
        let needs_reason = use_of == Use::Block && !has_reason(&lines, index);
        needs_reason
            .then(|| Finding::new(source.place(index), "`unsafe` without a `SAFETY:` comment before it"))
    };
    source.code.lines().enumerate().filter_map(finding).collect()
}

#[derive(Debug, PartialEq, Eq)]
enum Use {
    /// A block or an implementation: the place where somebody vouches.
    Block,
    /// A declaration: its callers vouch.
    Declaration,
}

fn uses(code: &str) -> Option<Use> {
    let mut words = code.split(|character: char| !character.is_alphanumeric() && character != '_');
    words.by_ref().find(|&word| word == "unsafe")?;
    match words.find(|word| !word.is_empty()) {
        Some("fn" | "extern" | "trait") => Some(Use::Declaration),
        _ => Some(Use::Block),
    }
}

/// Looks upward from the line of an `unsafe`, over the statement that it is part of, for the comment above.
fn has_reason(lines: &[&str], index: usize) -> bool {
    if lines[index].contains("SAFETY:") {
        return true;
    }
    let above = lines[..index].iter().rev().map(|line| line.trim());
    for line in above {
        let is_comment = line.starts_with("//");
        if is_comment && line.contains("SAFETY:") {
            return true;
        }
        let ends_another = line.is_empty() || line.ends_with(';') || line.ends_with('}');
        if !is_comment && ends_another {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<String> {
        check(&Source::new(path, text)).into_iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn unsafe_code_lives_in_one_crate() {
        let text = "//! x\n// SAFETY: none.\nunsafe { f() }";
        assert_eq!(
            findings("crates/engine/src/x.rs", text),
            ["crates/engine/src/x.rs:3: `unsafe` outside `crates/sys`"]
        );
        assert!(findings("crates/sys/src/x.rs", text).is_empty());
        assert!(findings("crates/engine/src/x.rs", "// unsafe is a word\nlet x = \"unsafe\";").is_empty());
    }

    #[test]
    fn every_block_says_why_it_is_sound() {
        assert!(
            findings(
                "crates/sys/src/x.rs",
                "// SAFETY: n is a number.\nlet x = f(\n    unsafe { g(n) },\n);"
            )
            .is_empty()
        );
        assert_eq!(
            findings("crates/sys/src/x.rs", "// SAFETY: n.\nlet a = b;\nlet x = unsafe { g(n) };").len(),
            1
        );
        assert!(findings("crates/sys/src/x.rs", "pub unsafe fn f() {}").is_empty());
    }
}
