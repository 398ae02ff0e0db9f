//! Whether SQLite finds its own file whole.

use crate::{Reader, Result};

impl Reader<'_> {
    /// What is damaged, one line each; empty when nothing is. Reads the whole file.
    pub fn damage(&self) -> Result<Vec<String>> {
        let lines = self.all("PRAGMA integrity_check(20)", (), |row| row.get::<_, String>(0))?;
        Ok(lines.into_iter().filter(|line| line != "ok").collect())
    }
}

#[cfg(test)]
mod tests {
    use crate::{StateError, Store};

    #[test]
    fn a_new_database_is_whole() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        assert_eq!(store.read(|t| t.damage()).unwrap_or_else(|error: StateError| panic!("{error}")), [""; 0]);
    }
}
