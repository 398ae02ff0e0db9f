//! `context export`: a context as an archive.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;

use super::known;
use crate::contexts::{DEFAULT, Store, pack, validate};
use crate::failure::{Failure, Outcome, go_text};
use crate::flags::Parsed;
use crate::surroundings::Surroundings;

pub(super) fn run(around: &Surroundings, parsed: &Parsed) -> Outcome {
    let name = &parsed.arguments[0];
    if name != DEFAULT {
        validate(name)?;
    }
    let path = parsed.arguments.get(1).cloned().unwrap_or_else(|| format!("{name}.dockercontext"));
    let (metadata, tls) = known::find(around, &Store::new(&around.configuration()), name)?;
    let archive = pack(&metadata, &tls)?;
    if path == "-" {
        if io::stdout().is_terminal() {
            return Err(Failure::new("cowardly refusing to export to a terminal, specify a file path"));
        }
        let mut stdout = io::stdout().lock();
        stdout.write_all(&archive)?;
        return Ok(stdout.flush()?);
    }
    // There may be a key in it.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    let mut file = file.map_err(|error| Failure::new(go_text("open", &path, &error)))?;
    file.write_all(&archive)?;
    around.complain(&format!("Written file {path:?}"));
    Ok(())
}
