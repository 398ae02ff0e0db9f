//! The Rust files of the workspace, read once for all checks.
//!
//! Generated files and target directories lie elsewhere and are not looked at.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::code;
use crate::{
    error::{Error, Result},
    workspace,
};

const ROOTS: &[&str] = &["crates", "bins", "bench", "xtask"];

pub(crate) struct Source {
    /// Relative to the root of the workspace.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    /// The text with comments and the insides of strings blanked out: same lines, same columns.
    pub(crate) code: String,
}

impl Source {
    pub(crate) fn new(path: impl Into<PathBuf>, text: &str) -> Source {
        Source { path: path.into(), code: code::without_comments_and_strings(text), text: text.to_owned() }
    }

    /// `path:line`, the line counted from one.
    pub(crate) fn place(&self, line_index: usize) -> String {
        format!("{}:{}", self.path.display(), line_index + 1)
    }

    /// Integration tests, and modules that hold nothing but tests.
    pub(crate) fn is_test(&self) -> bool {
        self.path.components().any(|part| part.as_os_str() == "tests") || self.path.ends_with("tests.rs")
    }
}

/// Every Rust file, in the order of their paths.
pub(crate) fn all() -> Result<Vec<Source>> {
    let mut paths = Vec::new();
    for directory in ROOTS {
        let directory = workspace::root().join(directory);
        if directory.is_dir() {
            collect(&directory, &mut paths)?;
        }
    }
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<Source> {
    let text = fs::read_to_string(path).map_err(Error::file("read", path))?;
    Ok(Source::new(workspace::relative(path), &text))
}

fn collect(directory: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(directory).map_err(Error::file("list", directory))? {
        let entry = entry.map_err(Error::file("list", directory))?;
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "target" {
            collect(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
    Ok(())
}
