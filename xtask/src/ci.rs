//! What CI runs, cheapest first.
//!
//! It installs nothing: `scripts/test` does, before it calls this.

use crate::{error::Result, process, test, tidy};

/// Format, tidy, clippy without a warning, then every test.
pub(crate) fn run() -> Result<()> {
    process::run_cargo(&["fmt", "--all", "--check"])?;
    tidy::run()?;
    process::run_cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"])?;
    test::run(&["--locked".to_owned()])
}
