//! Tables for people and for Markdown: the same text is both.
//!
//! Cells are text already; the first column stands left, the others right.

use std::fmt;

/// A heading and rows of equal length.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    heading: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Without rows.
    #[must_use]
    pub fn new(heading: &[&str]) -> Table {
        Table { heading: heading.iter().map(|&cell| cell.to_owned()).collect(), rows: Vec::new() }
    }

    /// Adds a row; cells that are missing are empty.
    pub fn push(&mut self, mut row: Vec<String>) {
        row.resize(self.heading.len(), String::new());
        self.rows.push(row);
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().chain([&self.heading]).map(|row| row[column].chars().count());
        // What the rule needs.
        cells.max().unwrap_or(0).max(3)
    }

    fn write(&self, formatter: &mut fmt::Formatter<'_>, row: &[String]) -> fmt::Result {
        for (column, cell) in row.iter().enumerate() {
            let width = self.width(column);
            match column {
                0 => write!(formatter, "| {cell:<width$} "),
                _ => write!(formatter, "| {cell:>width$} "),
            }?;
        }
        writeln!(formatter, "|")
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(formatter, &self.heading)?;
        for column in 0..self.heading.len() {
            // A colon is Markdown's sign for a column that stands right.
            let end = if column == 0 { '-' } else { ':' };
            write!(formatter, "|-{}{end}", "-".repeat(self.width(column)))?;
        }
        writeln!(formatter, "|")?;
        self.rows.iter().try_for_each(|row| self.write(formatter, row))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["what", "ms", "×"]);
        table.push(vec!["floor".to_owned(), "3.1".to_owned(), "1".to_owned()]);
        table.push(vec!["a long name".to_owned(), "12345.6".to_owned()]);
        expect![[r"
            | what        |      ms |   × |
            |-------------|--------:|----:|
            | floor       |     3.1 |   1 |
            | a long name | 12345.6 |     |
        "]]
        .assert_eq(&table.to_string());
    }
}
