//! What a command says when a call has failed under it, or whoever served it has gone.

use crate::fault::Struck;

/// Of a disk without room, of a broken one, of too many files and too little memory. Some are SQLite's words where it cannot make a file
/// beside the database: it keeps the kernel's to itself.
const REASONS: [&str; 10] = [
    "no space left on device",
    "disk is full",
    "input/output error",
    "disk i/o error",
    "readonly database",
    "unable to open database file",
    "too many open files",
    "cannot allocate memory",
    "out of memory",
    "enomem",
];

/// tokio panics where it cannot make its channel for signals, before a command has begun with anything.
const NO_SIGNALS: &str = "failed to create UnixStream";

/// Whether it names one of those.
pub(super) fn is_named(text: &str) -> bool {
    let text = text.to_lowercase();
    REASONS.iter().any(|reason| text.contains(reason))
}

/// A command that fails says why, and so does none that is not struck. What keeps a session from beginning is told on standard output.
pub(super) fn said(struck: &Struck) -> Result<(), String> {
    let told = [String::from_utf8_lossy(&struck.stdout), struck.stderr.as_str().into()].concat();
    if struck.hung || (told.contains("panicked") && !told.contains(NO_SIGNALS)) {
        return Err(if struck.hung { "it hung" } else { "it panicked" }.to_owned());
    }
    match (struck.code, &struck.hit) {
        (0, _) | (137, Some(_)) => Ok(()),
        (_, None) => Err("it failed, and nothing was in its way".to_owned()),
        (_, Some(_)) if is_named(&told) => Ok(()),
        (_, Some(_)) => Err("it does not say what was wrong with the machine".to_owned()),
    }
}

/// A command that is not struck itself and has to do with somebody who is: it may fail, and has to say something.
pub(super) fn said_by_others(struck: &Struck) -> Result<(), String> {
    if struck.hit.is_none() || struck.hung {
        return said(struck);
    }
    let told = [String::from_utf8_lossy(&struck.stdout), struck.stderr.as_str().into()].concat();
    match struck.code {
        0 | 137 => Ok(()),
        _ if told.contains("panicked") => Err("it panicked".to_owned()),
        _ if told.trim().is_empty() => Err("it does not say why it failed".to_owned()),
        _ => Ok(()),
    }
}
