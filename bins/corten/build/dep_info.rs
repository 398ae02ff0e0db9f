//! Reads the dependency files that cargo writes beside a program: which sources went into it.
//!
//! Only what cargo writes is understood, not make files in general.

use std::path::PathBuf;

/// The sources in the text `target: source source …`, where a space inside a path stands behind a backslash.
pub(crate) fn sources(text: &str) -> Vec<PathBuf> {
    let Some((_, list)) = text.split_once(": ") else { return Vec::new() };
    let mut paths = vec![String::new()];
    let mut characters = list.trim_end().chars();
    while let Some(character) = characters.next() {
        match (character, paths.last_mut()) {
            (' ', _) => paths.push(String::new()),
            ('\\', Some(path)) => path.extend(characters.next()),
            (other, Some(path)) => path.push(other),
            (_, None) => {}
        }
    }
    paths.into_iter().filter(|path| !path.is_empty()).map(PathBuf::from).collect()
}
