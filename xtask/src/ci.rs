//! What CI runs, cheapest first.
//!
//! It installs nothing: `scripts/test` does, before it calls this.

use crate::{error::Result, fuzz, process, test, tidy};

/// Enough to see that every target is built and stands its seeds.
const FUZZED: &str = "--inputs=5000";

/// Format, tidy, clippy without a warning, then every test, and a little of fuzzing.
pub(crate) fn run() -> Result<()> {
    process::run_cargo(&["fmt", "--all", "--check"])?;
    tidy::run()?;
    process::run_cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"])?;
    test::run(&["--locked".to_owned()])?;
    fuzz::run(&[FUZZED.to_owned()])
}
