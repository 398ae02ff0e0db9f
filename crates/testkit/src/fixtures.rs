//! Image archives that somebody may have put beside the project, to try real things on.
//!
//! No test depends on them: it says that it was skipped and why, and passes.

use std::{env, path::PathBuf};

/// Names the directory that holds `images/*.oci.tar`.
const VARIABLE: &str = "CORTEN_FIXTURES";

/// The archive `images/NAME.oci.tar`, or a line that says why the test goes without it.
#[must_use]
pub fn image(name: &str) -> Option<PathBuf> {
    let found = env::var_os(VARIABLE)
        .map(|directory| PathBuf::from(directory).join("images").join(format!("{name}.oci.tar")))
        .filter(|path| path.exists());
    if found.is_none() {
        println!("skipped: no fixtures (`{name}.oci.tar` below ${VARIABLE}/images)");
    }
    found
}
