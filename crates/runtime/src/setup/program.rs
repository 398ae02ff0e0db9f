//! The step that finds the program.
//!
//! It runs in the container, with the user's rights and from the working directory.

use std::ffi::CString;
use std::io;

use super::Common;
use super::execute::Program;
use crate::failure::{Doing, Failure};
use crate::search;

/// Also where a reaping init is executed first: a program that is not there is told before anything runs.
pub(super) fn find(common: &mut Common<'_>) -> Result<(), Failure> {
    let name = common.plan.spec.args.first().map(String::as_str).unwrap_or_default();
    let found = search::look_up(name, common.plan.variable("PATH").unwrap_or_default())?;
    if common.program.is_none() {
        let path = CString::new(found).map_err(io::Error::from).doing(|| format!("exec: {name:?}"))?;
        common.program = Some(Program::Path(path));
    }
    Ok(())
}
