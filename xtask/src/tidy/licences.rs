//! Every dependency may be used under a licence that lets Corten be Apache-2.0.
//!
//! It trusts what a package says of itself in `Cargo.toml`; it reads no licence text.

use super::Finding;
use crate::metadata::Metadata;

/// SPDX identifiers, exceptions included.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    // A list of certificates: data.
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

pub(crate) fn check(metadata: &Metadata) -> Vec<Finding> {
    let finding = |package: &crate::metadata::Package| {
        let place = format!("{} {}", package.name, package.version);
        let Some(expression) = &package.licence else {
            return Some(Finding::new(place, "names no licence"));
        };
        let refused = !is_allowed(expression);
        refused.then(|| {
            Finding::new(place, format!("licence `{expression}` is not on the list of allowed ones"))
        })
    };
    metadata.packages.iter().filter_map(finding).collect()
}

/// Whether an SPDX expression can be met with allowed licences alone. The old form `A/B` means `A OR B`.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = Words { words: spaced.split_whitespace().collect(), at: 0 };
    words.alternatives() == Some(true) && words.at == words.words.len()
}

/// A reader of expressions: AND binds tighter than OR. `None` is an expression that cannot be read.
struct Words<'a> {
    words: Vec<&'a str>,
    at: usize,
}

impl<'a> Words<'a> {
    fn alternatives(&mut self) -> Option<bool> {
        let mut any = self.requirements()?;
        while self.take("OR") {
            any |= self.requirements()?;
        }
        Some(any)
    }

    fn requirements(&mut self) -> Option<bool> {
        let mut all = self.licence()?;
        while self.take("AND") {
            all &= self.licence()?;
        }
        Some(all)
    }

    fn licence(&mut self) -> Option<bool> {
        if self.take("(") {
            let inner = self.alternatives()?;
            return self.take(")").then_some(inner);
        }
        let name = self.next()?;
        if self.take("WITH") {
            let exception = self.next()?;
            return Some(ALLOWED.contains(&format!("{name} WITH {exception}").as_str()));
        }
        Some(ALLOWED.contains(&name))
    }

    fn next(&mut self) -> Option<&'a str> {
        let word = self.words.get(self.at).copied()?;
        self.at += 1;
        Some(word)
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.words.get(self.at) == Some(&word);
        self.at += usize::from(found);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_allowed_alternative_is_enough() {
        for expression in ["MIT", "MIT/Apache-2.0", "GPL-3.0 OR MIT", "(MIT OR GPL-2.0) AND Unicode-3.0"] {
            assert!(is_allowed(expression), "{expression}");
        }
        assert!(is_allowed("Apache-2.0 WITH LLVM-exception OR GPL-2.0"));
    }

    #[test]
    fn every_requirement_has_to_be_allowed() {
        for expression in ["GPL-3.0", "MIT AND GPL-2.0", "GPL-2.0 WITH LLVM-exception", "", "MIT OR", "(MIT"]
        {
            assert!(!is_allowed(expression), "{expression}");
        }
    }
}
