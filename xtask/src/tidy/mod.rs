//! The rules of the code base that no compiler checks, each in a file of its own.
//!
//! A check is a pure function from what was read (`Metadata`, `Source`) to findings. What clippy or rustfmt can say is
//! theirs to say.

mod banned;
mod code;
mod header;
mod layers;
mod length;
mod licences;
mod names;
mod reach;
mod source;
mod unsafety;

use std::fmt;

use crate::{
    error::{Error, Result},
    metadata::Metadata,
};
use source::Source;

const PACKAGE_CHECKS: &[fn(&Metadata) -> Vec<Finding>] = &[layers::check, reach::check, licences::check];
const SOURCE_CHECKS: &[fn(&Source) -> Vec<Finding>] =
    &[header::check, length::check, names::check, banned::check, unsafety::check];

/// One broken rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// A file with a line, or a package.
    place: String,
    text: String,
}

impl Finding {
    fn new(place: impl Into<String>, text: impl Into<String>) -> Finding {
        Finding { place: place.into(), text: text.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.text)
    }
}

/// Runs every check, and lists all findings before it fails.
pub(crate) fn run() -> Result<()> {
    let metadata = Metadata::load()?;
    let sources = source::all()?;
    let mut findings: Vec<Finding> = PACKAGE_CHECKS.iter().flat_map(|check| check(&metadata)).collect();
    for source in &sources {
        findings.extend(SOURCE_CHECKS.iter().flat_map(|check| check(source)));
    }
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    if !findings.is_empty() {
        return Err(Error::Tidy(findings.len()));
    }
    println!("tidy: {} packages and {} files keep the rules", metadata.packages.len(), sources.len());
    Ok(())
}
