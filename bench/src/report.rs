//! A result, for a person (Markdown, which is also what the terminal shows) and for a program (JSON with every sample).
//!
//! One file each per day and measurement: a later run of the day replaces the earlier one.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use crate::contender::Skipped;
use crate::error::{Error, Result};
use crate::machine::Machine;
use crate::table::Table;

/// A table with a title.
#[derive(Debug)]
pub struct Section {
    title: String,
    table: Table,
}

impl Section {
    /// Both.
    #[must_use]
    pub fn new(title: &str, table: Table) -> Section {
        Section { title: title.to_owned(), table }
    }
}

/// See the module.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Of the measurement.
    pub name: String,
    /// Where it was made.
    pub machine: Machine,
    /// How it was made, in a sentence.
    pub method: String,
    /// Every figure.
    pub data: Value,
    /// Who did not take part.
    pub skipped: Vec<Skipped>,
    /// How to read it.
    pub notes: Vec<String>,
    /// What is shown.
    #[serde(skip)]
    pub sections: Vec<Section>,
}

impl Report {
    /// Writes both files below `directory` and returns the path of the Markdown one.
    ///
    /// # Errors
    /// [`Error::File`]; [`Error::Json`].
    pub fn write(&self, directory: &Path) -> Result<PathBuf> {
        fs::create_dir_all(directory).map_err(Error::file("create", directory))?;
        let stem = format!("{}-{}", self.machine.day(), self.name);
        let text = directory.join(format!("{stem}.md"));
        fs::write(&text, self.to_string()).map_err(Error::file("write", &text))?;
        let json = directory.join(format!("{stem}.json"));
        fs::write(&json, serde_json::to_vec(self)?).map_err(Error::file("write", &json))?;
        Ok(text)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "# {}\n\n{}", self.name, self.machine.describe())?;
        writeln!(formatter, "{}", self.method)?;
        for Section { title, table } in &self.sections {
            write!(formatter, "\n## {title}\n\n{table}")?;
        }
        if !self.skipped.is_empty() {
            writeln!(formatter, "\n## Not measured\n")?;
        }
        for skipped in &self.skipped {
            writeln!(formatter, "- {}: skipped: {}", skipped.name, skipped.reason)?;
        }
        if !self.notes.is_empty() {
            writeln!(formatter)?;
        }
        self.notes.iter().try_for_each(|note| writeln!(formatter, "- {note}"))
    }
}
