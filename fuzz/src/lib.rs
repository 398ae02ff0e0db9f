//! What the fuzz targets share. `cargo xtask fuzz` builds and runs them.

pub mod tar;

/// The names in a directory, in their order.
///
/// # Panics
/// When it cannot be read.
pub fn names(directory: &std::path::Path) -> Vec<String> {
    let entries =
        std::fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
