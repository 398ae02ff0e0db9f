//! Engines as the tests begin with: empty, or with a shell to run.
//!
//! What a test needs beyond that, it does itself, in sight of the reader.

use corten_testkit::{Corten, images, requirement};

/// An engine with nothing in it, or `None` with a line that says why.
#[track_caller]
pub(crate) fn engine() -> Option<Corten> {
    requirement::root().then(|| Corten::new(env!("CARGO_BIN_EXE_corten")))
}

/// An engine that has loaded the image `busybox`, or `None` with a line that says why.
#[track_caller]
pub(crate) fn busybox() -> Option<Corten> {
    let corten = engine()?;
    let archive = images::busybox(corten.root().scratch())?;
    corten.load(&archive);
    Some(corten)
}
