//! Whether records, disk and kernel agree, walked both ways: every record has its object, every object its record.
//!
//! One file per kind of object. What is mended loses nothing that was acknowledged: a damaged file is put aside, and that is told.

mod containers;
mod files;
mod images;
mod leftovers;
mod volumes;

use std::fs;
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::System;
use crate::containers::Inner;
use crate::error::EngineError;
use crate::task::blocking;

/// One disagreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// A word or two.
    pub kind: &'static str,
    /// An id, a digest, a path.
    pub object: String,
    /// What is wrong with it, and where what was damaged has been put.
    pub detail: String,
}

/// What the walk found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// What is wrong and still is.
    pub problems: Vec<Problem>,
    /// What was wrong and has been mended.
    pub repaired: Vec<Problem>,
    /// What could not be looked at, and is not wrong for that.
    pub notes: Vec<Problem>,
}

/// How long what has just ended may take to be gone.
const LEAVING: Duration = Duration::from_secs(2);

/// How often is looked whether it is.
const POLL: Duration = Duration::from_millis(10);

impl System {
    /// Walks. With `layers`, reads all files of unpacked layers, too. With `repair`, mends what can be mended without losing anything that anybody refers to.
    ///
    /// # Errors
    /// When the walk itself fails.
    pub async fn check(&self, repair: bool, layers: bool) -> Result<CheckReport, EngineError> {
        let inner = self.containers.inner.clone();
        blocking(move || {
            let mut walk = Walk { inner: &inner, repair, report: CheckReport::default() };
            walk.database()?;
            walk.events();
            walk.containers()?;
            walk.volumes()?;
            walk.untold()?;
            walk.images()?;
            if layers {
                walk.layers()?;
            }
            walk.run_directories()?;
            walk.cgroups()?;
            walk.monitors()?;
            Ok(walk.report)
        })
        .await
    }
}

struct Walk<'a> {
    inner: &'a Inner,
    repair: bool,
    report: CheckReport,
}

impl Walk<'_> {
    fn record(&mut self, found: Problem, mended: bool) {
        if mended { self.report.repaired.push(found) } else { self.report.problems.push(found) }
    }

    /// Records something damaged, mended by `mend` where it is to be: what that returns is where the damaged part is kept now.
    fn mend(&mut self, mut found: Problem, mend: impl FnOnce() -> Result<String, EngineError>) {
        let mended = self.repair.then(mend);
        match &mended {
            Some(Ok(kept)) if !kept.is_empty() => found.detail = format!("{}; {kept}", found.detail),
            Some(Err(error)) => {
                found.detail = format!("{}; cannot mend it: {}", found.detail, corten_error::chain(error));
            }
            _ => {}
        }
        self.record(found, matches!(mended, Some(Ok(_))));
    }
}

fn problem(kind: &'static str, object: &str, detail: &str) -> Problem {
    Problem { kind, object: object.to_owned(), detail: detail.to_owned() }
}

/// What `look` still finds after a while.
fn until_none<T>(look: impl Fn() -> Result<Vec<T>, EngineError>) -> Result<Vec<T>, EngineError> {
    let deadline = Instant::now() + LEAVING;
    loop {
        let found = look()?;
        if found.is_empty() || Instant::now() >= deadline {
            return Ok(found);
        }
        thread::sleep(POLL);
    }
}

pub(super) fn names(directory: &Path) -> Result<Vec<String>, EngineError> {
    let failed = |source: io::Error| EngineError::OpenDirectory { path: directory.to_owned(), source };
    fs::read_dir(directory)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()).map_err(failed))
        .collect()
}
